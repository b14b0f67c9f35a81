"""The wizard's screens, one for each stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sugarkube_tui.tui.stages import Stage

if TYPE_CHECKING:
    from sugarkube_tui.tui.screens.base import WizardScreen


def screen_of(stage: Stage) -> WizardScreen:
    """A new screen for this stage.

    Its module, and with it the part of the engine that it needs, is loaded here and not before: the first
    frame must not wait for the other stages.
    """
    match stage:
        case Stage.SCAN:
            from sugarkube_tui.tui.screens.scan import ScanScreen

            return ScanScreen()
        case Stage.ACCESS:
            from sugarkube_tui.tui.screens.access import AccessScreen

            return AccessScreen()
        case Stage.ENVIRONMENT:
            from sugarkube_tui.tui.screens.environment import EnvironmentScreen

            return EnvironmentScreen()
        case Stage.SERVERS:
            from sugarkube_tui.tui.screens.servers import ServersScreen

            return ServersScreen()
        case Stage.ADDRESS:
            from sugarkube_tui.tui.screens.address import AddressScreen

            return AddressScreen()
        case Stage.REVIEW:
            from sugarkube_tui.tui.screens.review import ReviewScreen

            return ReviewScreen()
        case Stage.RUN:
            from sugarkube_tui.tui.screens.run import RunScreen

            return RunScreen()
        case Stage.VERIFY:
            from sugarkube_tui.tui.screens.verify import VerifyScreen

            return VerifyScreen()
