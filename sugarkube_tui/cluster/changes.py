"""Changes: what an action leaves behind on a node, for the report."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from sugarkube_tui.cluster.actions import (
    Action,
    ControlUnit,
    InstallK3s,
    InstallPackages,
    Reboot,
    StepClock,
    Upload,
    WaitUntil,
    WriteFile,
)


class Changed(StrEnum):
    """The kinds of things that are changed on a node."""

    FILES = "files"
    PACKAGES = "packages"
    K3S = "k3s"
    SERVICES = "services"
    CLOCK = "clock"
    REBOOTS = "reboots"
    NOTHING = "nothing"


def change_of(action: Action) -> tuple[Changed, tuple[str, ...]]:
    """What kind of thing an action changes, and which ones."""
    match action:
        case WriteFile() | Upload():
            return Changed.FILES, (action.path,)
        case InstallPackages():
            return Changed.PACKAGES, action.names
        case InstallK3s():
            return Changed.K3S, (action.title.removeprefix("install "),)
        case ControlUnit():
            return Changed.SERVICES, (f"{action.unit}: {action.verb}",)
        case StepClock():
            return Changed.CLOCK, (f"corrected with {action.service}",)
        case Reboot():
            return Changed.REBOOTS, (action.reason,)
        case WaitUntil():
            return Changed.NOTHING, ()
        case _:
            assert_never(action)
