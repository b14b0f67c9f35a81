"""The full-screen program: one session, and the screens that show it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.theme import Theme

from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.engine.ports import Given, Login, World
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.tui.guidance import guidance
from sugarkube_tui.tui.keys import written
from sugarkube_tui.tui.screens import screen_of
from sugarkube_tui.tui.screens.dialogs import Confirm, Help
from sugarkube_tui.tui.session import Session
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.too_small import LEAST_HEIGHT, LEAST_WIDTH

if TYPE_CHECKING:
    from sugarkube_tui.tui.state.run import OpenJournal

WIDE = 110
HIGH = 30
"""Columns and rows from which there is room for more than the least."""

THEME = Theme(
    name="sugarkube",
    primary="#6cb6c9",
    secondary="#8aa0c8",
    accent="#d9a55b",
    success="#7fbf7f",
    warning="#e0b354",
    error="#e0706c",
    foreground="#d5dbe0",
    background="#14181c",
    surface="#191e23",
    panel="#222930",
    dark=True,
)


class SugarkubeApp(App[int]):
    """The wizard.

    Args:
        variables: the environment's variables; tokens are read from them.
        login: what the login form begins with.
        open_journal: takes the environment; gives a sink that keeps the run's events, and its
            directory for display.
        consents: which networks may be swept.
        hosts: typed on the command line.
        given: hosts that a file names, such as ~/.ssh/config.

    Returns (by `run`):
        0 when a cluster was formed and proved, else 1.
    """

    TITLE = "sugarkube"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "styles/base.tcss",
        "styles/scan.tcss",
        "styles/access.tcss",
        "styles/questions.tcss",
        "styles/review.tcss",
        "styles/run.tcss",
        "styles/verify.tcss",
    ]

    def __init__(
        self,
        world: World,
        defaults: Defaults,
        *,
        variables: Mapping[str, str],
        login: Login,
        open_journal: OpenJournal,
        consents: Consents,
        given: Iterable[Given] = (),
    ) -> None:
        super().__init__()
        self.session = Session(
            world,
            defaults,
            variables=variables,
            login=login,
            open_journal=open_journal,
            consents=consents,
            given=given,
        )
        self.register_theme(THEME)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_WIDTH, "-narrow"), (WIDE, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_HEIGHT, "-low"), (HIGH, "-high")]
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = THEME.name

    async def on_mount(self) -> None:
        self.session.scan.start()
        await self.push_screen(screen_of(Stage.SCAN))

    def go(self, stage: Stage) -> None:
        """Show a stage's screen; it draws itself from the session."""
        self.switch_screen(screen_of(stage))

    def show_help(self, group: str) -> None:
        """Show what has the focus, and its keys and the screen's.

        Args:
            group: the screen's or dialog's name in the registry of keys.
        """
        self.push_screen(Help(guidance(group, self.screen.focused, self._keymap)))

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or written((binding.key,))

    async def action_quit(self) -> None:
        if not self.session.run.phase.active:
            self._leave()
            return
        if isinstance(self.screen, Confirm):
            return
        self.push_screen(
            Confirm(
                "A run is going on",
                f"{self._open_questions()}"
                "Leaving stops it now. No file is left half-written, and what is done stays done; a command "
                "that a node has begun may still end there by itself.\n\n"
                "The same choices later go on from what is true on the nodes.",
                "stop the run and leave",
                "stay; the run goes on",
            ),
            self._leave_if,
        )

    def _open_questions(self) -> str:
        asking = self.session.run.asking
        if not asking:
            return ""
        verb = "waits" if len(asking) == 1 else "wait"
        return f"{', '.join(asking)} {verb} for your answer; what else can go on does.\n\n"

    def _leave_if(self, confirmed: bool | None) -> None:
        if confirmed:
            self._leave()

    def _leave(self) -> None:
        code = 1 if self.session.left_undone else 0
        self.exit(code, return_code=code, message=Text(self.session.last_words) or None)

    def finish(self) -> None:
        """The wizard is through."""
        self._leave()

    async def on_unmount(self) -> None:
        await self.session.close()
