"""Drives the wizard by keys and waits on conditions; the tests and the pictures share it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import OptionList

from sugarkube_tui.cluster.choices import defaults_from_variables
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.engine.events import Event
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import Given, Login, World
from sugarkube_tui.engine.report import Report
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.settings import Settings
from sugarkube_tui.tui.app import SugarkubeApp
from sugarkube_tui.tui.beginning import Memory, Start
from sugarkube_tui.tui.fitting import Fit
from sugarkube_tui.tui.keymap import read_keymap
from sugarkube_tui.tui.screens.base import DRAWS_PER_S, WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.journal import OpenJournal
from sugarkube_tui.tui.terminal import Terminal
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.workstation import Workstation

PATIENCE_S = 60.0
RUNS = "~/.local/state/sugarkube-tui/runs/20260301T101500.000-sugar_dev"


PATHS = {"state": Path("~/.local/state/sugarkube-tui")}


async def no_agent() -> None:
    """An agent that is not there."""


@dataclass(frozen=True)
class Watched:
    """A journal that hands each event on, and shows a directory that is not there."""

    on_event: Callable[[Event], None]
    directory: Path | None = Path(RUNS)
    problem: Evidence | None = None

    def __call__(self, event: Event) -> None:
        self.on_event(event)

    def finish(self, report: Report) -> Path | None:
        """Keep no report."""
        return None


def wizard(
    world: World,
    *,
    variables: dict[str, str] | None = None,
    consents: Consents | None = None,
    kept: KeptPlan | None = None,
    given: tuple[Given, ...] = (),
    plan: SavedPlan | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    open_journal: OpenJournal | None = None,
    settings: Settings | None = None,
) -> SugarkubeApp:
    """A wizard on this world, with only these variables."""
    settings = settings or Settings()
    variables = variables or {}
    return SugarkubeApp(
        world,
        Start(defaults_from_variables(variables), variables, Login(user_is_default=True), given, plan),
        Memory(
            consents or Consents(None),
            kept or KeptPlan(None),
            open_journal or (lambda environment: Watched(on_event)),
        ),
        Fit(settings, read_keymap(settings.keys, "settings.toml"), Terminal.of(variables, "utf-8")),
        Workstation(PATHS, no_agent),
    )


class Driver:
    """Presses keys and waits until something is so, never for a time.

    Args:
        pilot: of the running app.
    """

    def __init__(self, app: SugarkubeApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition, while the app goes on.

        Raises:
            TimeoutError: it did not come; the message shows the screen.
        """
        began = time.monotonic()
        while not condition():
            if self.app._exception is not None:
                raise self.app._exception
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError(f"waited for {what}; the screen shows\n{self.text()}")
            await asyncio.sleep(0.02)

    async def shows(self, *phrases: str) -> None:
        """Wait until the screen shows all of these, however wide its columns are."""

        def are_shown() -> bool:
            text = " ".join(self.text().split())
            return all(" ".join(phrase.split()) in text for phrase in phrases)

        await self.until(are_shown, f"{phrases}")

    async def stage(self, stage: Stage) -> None:
        """Wait until this stage's screen is there and has been drawn."""

        def is_there() -> bool:
            screen = self.app.screen
            return isinstance(screen, WizardScreen) and screen.STAGE is stage and screen.is_mounted

        await self.until(is_there, f"the screen {stage}")
        await self.pilot.pause()

    async def hosts(self, number: int) -> None:
        """Wait until so many hosts were found and every advertised API was asked."""
        scan = self.app.session.scan
        await self.until(lambda: len(scan.hosts) >= number, f"{number} hosts")

        def adverts() -> Iterable[OptionList]:
            """The table's rows, even where there is no room for them."""
            return self.app.screen.query("#adverts Rows").results(OptionList)

        await self.until(
            lambda: any("answers" in str(option.prompt) for rows in adverts() for option in rows.options),
            "an advertised API to answer",
        )

    async def still(self) -> None:
        """Wait until the screen has nothing left to draw."""
        before = ""
        while (now := self.text()) != before or self._logs_are_behind():
            before = now
            await self.pilot.pause(2 / DRAWS_PER_S)

    def _logs_are_behind(self) -> bool:
        return any(log.is_behind for screen in self.app.screen_stack for log in screen.query(LogLines))

    async def log_in(self) -> None:
        """From the access screen, as it comes, to the environment screen."""
        await self.until(lambda: self.app.session.access.all_in, "all hosts to be in")
        await self.shows("Enter goes on")
        await self.press("enter")
        await self.stage(Stage.ENVIRONMENT)

    async def review(self) -> None:
        """From the environment screen to a finished review, with every answer as it is offered."""
        for stage in (Stage.SERVERS, Stage.ADDRESS, Stage.REVIEW):
            await self.press("enter")
            await self.stage(stage)
        await self.until(lambda: not self.app.session.review.looking, "the look")
        await self.pilot.pause(0.1)

    def text(self) -> str:
        """The screen as plain text, without trailing blanks."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
