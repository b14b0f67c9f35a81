"""The full-screen program: one session, and the screens that show it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.command import Provider

from sugarkube_tui.engine.ports import World
from sugarkube_tui.store.settings import Notify
from sugarkube_tui.tui import collector
from sugarkube_tui.tui.beginning import Memory, Start
from sugarkube_tui.tui.fitting import Fit, FittedApp
from sugarkube_tui.tui.keys import PALETTE
from sugarkube_tui.tui.screens import screen_of
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.session import Session
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.keeping import Found
from sugarkube_tui.tui.widgets.too_small import LEAST_HEIGHT, LEAST_WIDTH
from sugarkube_tui.tui.workstation import Workstation

if TYPE_CHECKING:
    from sugarkube_tui.tui.attention import Attention
    from sugarkube_tui.tui.logview.excerpt import Excerpt

STYLES = Path(__file__).parent / "styles"
LATER_STYLES = ("access", "questions", "review", "run", "log", "verify")
"""Read behind the first frame."""
NARROW = 78
WIDE = 110
LOW = 22
HIGH = 30
"""Columns and rows from which there is room for more than the least."""
ATTENTION_S = 0.5
"""Seconds between two looks at what title and notifications should say."""


def _commands() -> type[Provider]:
    from sugarkube_tui.tui.palette import Commands

    return Commands


class SugarkubeApp(FittedApp):
    """The wizard.

    Args:
        start: what the operator gave.
        memory: what outlives this start.
        fit: settings, keys and terminal.
        workstation: what the diagnostics tell of it.

    Returns (by `run`):
        0 when a cluster was formed and proved, 1 when not, else what `leave_now` was told.
    """

    TITLE = "sugarkube"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    # Textual's own binding would take its key from fields, too.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+p", "command_palette", show=False, id=PALETTE.id)]
    CSS_PATH: ClassVar[list[str | PurePath]] = ["styles/base.tcss", "styles/scan.tcss"]

    def __init__(
        self, world: World, start: Start, memory: Memory, fit: Fit, workstation: Workstation
    ) -> None:
        super().__init__(fit)
        self.session = Session(world, start, memory)
        self._plan = start.plan
        self.workstation = workstation
        self._attention: Attention | None = None
        self._title = ""
        self.HORIZONTAL_BREAKPOINTS = [
            (0, "-tiny"),
            (LEAST_WIDTH, "-slim"),
            (NARROW, "-narrow"),
            (WIDE, "-wide"),
        ]
        self.VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_HEIGHT, "-squat"), (LOW, "-low"), (HIGH, "-high")]

    def get_default_screen(self) -> WizardScreen:
        """The scan: pushed onto an empty screen, it would not be in the first frame."""
        scan = screen_of(Stage.SCAN)
        scan._push_result_callback(scan, None)  # Textual leaves it out here, and switching screens takes it
        return scan

    async def on_mount(self) -> None:
        self.set_interval(ATTENTION_S, self._attend)
        self.call_after_refresh(self._on_first_frame)

    def _on_first_frame(self) -> None:
        collector.go_on()
        for name in LATER_STYLES:
            self.stylesheet.read(STYLES / f"{name}.tcss")
        self._begin(self.session.keeping.find())
        self.session.scan.start()  # it loads its libraries: not before there is something to see

    def _begin(self, found: Found | None) -> None:
        """With the plan that was named, else with the one that an earlier start has left, else afresh."""
        if found is not None and found.process is not None:
            from sugarkube_tui.tui.dialogs.resume import RunningElsewhere

            self.push_screen(RunningElsewhere(found.plan, found.process), lambda _: self._begin(None))
        elif (plan := self._plan or (found.plan if found is not None else None)) is not None:
            from sugarkube_tui.tui.dialogs.resume import Resume

            self.push_screen(Resume(self.session, plan, asking=self._plan is None), self._go_on_if)

    def _go_on_if(self, resumed: bool | None) -> None:
        if resumed:
            self.go(Stage.ACCESS)

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
            self.send(self.terminal.title(f"sugarkube: {text}"))
        if news and self.settings.notify is Notify.BELL:
            self.send(self.terminal.bell())
        elif news and self.settings.notify is Notify.DESKTOP:
            self.send(self.terminal.notification(news))

    # -- the way through

    def go(self, stage: Stage) -> None:
        """Show a stage's screen; it draws itself from the session."""
        self.switch_screen(screen_of(stage))

    def show_help(self, group: str) -> None:
        """Show what has the focus, and its keys and the screen's.

        Args:
            group: the screen's or dialog's name in the registry of keys.
        """
        from sugarkube_tui.tui.dialogs.help import Help
        from sugarkube_tui.tui.guidance import guidance

        self.push_screen(Help(guidance(group, self.screen.focused, self.keymap)))

    def action_diagnose(self) -> None:
        from sugarkube_tui.tui.dialogs.diagnostics import Diagnostics

        self.push_screen(Diagnostics(self.session.world.lan, self.workstation))

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by the best means there is; what came of it is told."""
        from sugarkube_tui.tui.logview.excerpt import Excerpt

        self._clipboard = text
        self.copy(Excerpt("the selection", tuple(text.splitlines())))

    def copy(self, excerpt: Excerpt) -> None:
        """Copy lines by the best means there is; what came of it is told."""
        from sugarkube_tui.tui.copying import copy_and_tell

        self.run_worker(copy_and_tell(self, excerpt), group="copy")

    async def action_quit(self) -> None:
        leaving = self.session.leaving
        if leaving is None or not leaving.phase.active:
            self._leave()
            return
        from sugarkube_tui.tui.dialogs.confirm import Confirm

        if isinstance(self.screen, Confirm):
            return
        self.push_screen(
            Confirm(
                "A run is going on",
                f"{self._open_questions()}"
                "Leaving stops it now. No file is left half-written, and what is done stays done; a command "
                "that a node has begun may still end there by itself.\n\n"
                f"{leaving.way_on}",
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
        leaving = self.session.leaving
        self.leave_now(1 if leaving is not None and leaving.undone else 0)

    def leave_now(self, code: int) -> None:
        """Leave with this exit status, without a question: a run is stopped, the answers are kept."""
        leaving = self.session.leaving
        self.exit(code, return_code=code, message=Text(leaving.last_words) if leaving is not None else None)

    def finish(self) -> None:
        """The wizard is through."""
        self._leave()

    async def on_unmount(self) -> None:
        await self.session.close()
