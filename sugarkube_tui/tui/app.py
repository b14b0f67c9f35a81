"""The full-screen program: one session, and the screens that show it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter, NoColor

from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.engine.ports import Given, Login, World
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.store.plans import KeptPlan
from sugarkube_tui.store.settings import Animations, Glyphs, Notify, Settings, ThemeName
from sugarkube_tui.tui.ascii import Ascii
from sugarkube_tui.tui.guidance import guidance
from sugarkube_tui.tui.keys import Keymap, written
from sugarkube_tui.tui.screens import screen_of
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.screens.dialogs import Confirm, Help
from sugarkube_tui.tui.session import Session
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.terminal import Terminal
from sugarkube_tui.tui.themes import THEMES, variables_of
from sugarkube_tui.tui.widgets.too_small import LEAST_HEIGHT, LEAST_WIDTH

if TYPE_CHECKING:
    from sugarkube_tui.tui.attention import Attention
    from sugarkube_tui.tui.state.run import OpenJournal

WIDE = 110
HIGH = 30
"""Columns and rows from which there is room for more than the least."""
ATTENTION_S = 0.5
"""Seconds between two looks at what title and notifications should say."""


class SugarkubeApp(App[int]):
    """The wizard.

    Args:
        variables: the environment's variables; tokens are read from them.
        login: what the login form begins with.
        open_journal: takes the environment; gives a sink that keeps the run's events, and its
            directory for display.
        consents: which networks may be swept.
        kept: where the plan is kept as it grows, and found again.
        given: hosts that a file names, such as ~/.ssh/config.
        settings: what the operator prefers.
        keymap: other keys than the built-in ones, as `read_keymap` gives them.
        terminal: where it runs.
        plan: a saved plan to begin with; its choices are the defaults already.
        history: the file with the durations of earlier runs; None keeps none.

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
        kept: KeptPlan,
        given: Iterable[Given] = (),
        settings: Settings,
        keymap: Keymap,
        terminal: Terminal,
        plan: SavedPlan | None = None,
        history: Path | None = None,
    ) -> None:
        super().__init__()
        self._plan = plan
        self.session = Session(
            world,
            defaults,
            variables=variables,
            login=login,
            open_journal=open_journal,
            consents=consents,
            kept=kept,
            given=given,
            history=history,
        )
        self.keymap = keymap
        self.terminal = terminal
        self.settings = settings
        self._attention: Attention | None = None
        self._title = ""
        self._filters_used = self._choose_filters()
        for theme in THEMES.values():
            self.register_theme(theme)
        self._choose_theme()
        self._choose_animations()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (LEAST_WIDTH, "-narrow"), (WIDE, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_HEIGHT, "-low"), (HIGH, "-high")]

    async def on_mount(self) -> None:
        self.set_keymap(self.keymap)
        self._write(self.terminal.save_title())
        self.set_interval(ATTENTION_S, self._attend)
        self.session.scan.start()
        await self.push_screen(screen_of(Stage.SCAN))
        if self._plan is not None:
            self._take_up(self._plan, asking=False)
        elif (found := self.session.keeping.find()) is not None:
            if found.process is None:
                self._take_up(found.plan, asking=True)
            else:
                from sugarkube_tui.tui.screens.resume import RunningElsewhere

                self.push_screen(RunningElsewhere(found.plan, found.process))

    def _take_up(self, plan: SavedPlan, *, asking: bool) -> None:
        """Go on with a saved plan, if the operator wants to."""
        from sugarkube_tui.tui.screens.resume import Resume

        self.push_screen(Resume(self.session, plan, asking=asking), self._go_on_if)

    def _go_on_if(self, resumed: bool | None) -> None:
        if resumed:
            self.go(Stage.ACCESS)

    # -- as the operator and the terminal want it

    def _choose_theme(self) -> None:
        if self.no_color:
            self.use_theme(ThemeName.ANSI)
        elif self.settings.theme is not None:
            self.use_theme(self.settings.theme)
        elif "TEXTUAL_THEME" not in os.environ:
            self.use_theme(ThemeName.DARK)

    def use_theme(self, name: ThemeName) -> None:
        self.theme = THEMES[name].name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme)

    def _choose_animations(self) -> None:
        wanted = self.settings.animations
        if wanted is Animations.AUTO and self.terminal.remote and "TEXTUAL_ANIMATIONS" not in os.environ:
            wanted = Animations.OFF
        if wanted is not Animations.AUTO:
            self.animation_level = "full" if wanted is Animations.ON else "none"

    def _choose_filters(self) -> list[LineFilter]:
        """What every line goes through, after Textual's own filters."""
        ascii_only = self.settings.glyphs is Glyphs.ASCII or (
            self.settings.glyphs is Glyphs.AUTO and not self.terminal.shows_signs
        )
        return [*([NoColor()] if self.no_color else []), *([Ascii()] if ascii_only else [])]

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's own way without colour still sends shades of grey.
        theirs = [] if self.no_color else super().get_line_filters()
        return [*theirs, *self._filters_used]

    # -- beyond the screen

    def _attend(self) -> None:
        """Keep the terminal's title, and call whoever is away."""
        stage = next((one.STAGE for one in self.screen_stack if isinstance(one, WizardScreen)), Stage.SCAN)
        text, news = stage.value, ""
        if self.session.has_run:
            from sugarkube_tui.tui.attention import Attention

            if self._attention is None:
                self._attention = Attention(self.session.run)
            news = self._attention.news()
            if stage is Stage.RUN or self.session.run.phase.active:
                text = self._attention.title()
        if text != self._title:
            self._title = text
            self._write(self.terminal.title(f"sugarkube: {text}"))
        if news and self.settings.notify is Notify.BELL:
            self._write(self.terminal.bell())
        elif news and self.settings.notify is Notify.DESKTOP:
            self._write(self.terminal.notification(news))

    def _write(self, sequence: str) -> None:
        if sequence and self._driver is not None:
            self._driver.write(sequence)

    # -- the way through

    def go(self, stage: Stage) -> None:
        """Show a stage's screen; it draws itself from the session."""
        self.switch_screen(screen_of(stage))

    def show_help(self, group: str) -> None:
        """Show what has the focus, and its keys and the screen's.

        Args:
            group: the screen's or dialog's name in the registry of keys.
        """
        self.push_screen(Help(guidance(group, self.screen.focused, self.keymap)))

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
        self._write(self.terminal.restore_title())
        await self.session.close()
