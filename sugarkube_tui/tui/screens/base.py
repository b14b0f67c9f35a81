"""What all of the wizard's screens share: frame, drawing, going on and going back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.tui import words
from sugarkube_tui.tui.session import Session
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.fixed import Fixed
from sugarkube_tui.tui.widgets.key_bar import KeyBar
from sugarkube_tui.tui.widgets.notice import Notice
from sugarkube_tui.tui.widgets.stepper import Stepper
from sugarkube_tui.tui.widgets.too_small import TooSmall, is_too_small

if TYPE_CHECKING:
    from sugarkube_tui.tui.app import SugarkubeApp

DRAWS_PER_S = 12
ALWAYS_ALLOWED = ("app.quit", "help")


class WizardScreen(Screen[None]):
    """One stage.  Subclasses say what is in it (`body`), draw it from the session (`draw`), and what
    Enter does (`action_proceed`)."""

    STAGE: ClassVar[Stage]
    LEAD: ClassVar[str] = ""
    """What the operator is asked, in one line."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn = -1
        self._problem: Evidence | None = None

    @property
    def wizard(self) -> SugarkubeApp:
        return cast("SugarkubeApp", self.app)

    @property
    def session(self) -> Session:
        return self.wizard.session

    def key_of(self, binding: str) -> str:
        """How a binding's key is printed, for sentences."""
        return self.wizard.key_names[binding]

    # -- frame

    def compose(self) -> ComposeResult:
        yield Stepper(self.STAGE)
        yield Fixed(self.LEAD, widget_id="lead")
        with Container(id="body"):
            yield from self.body()
        yield Notice(widget_id="notice")
        yield KeyBar()
        yield TooSmall()

    @abstractmethod
    def body(self) -> Iterable[Widget]:
        """The widgets between title and footer."""

    def lead(self, text: Content | str) -> None:
        self.query_one("#lead", Fixed).show(text if isinstance(text, Content) else Content(text))

    def status(self) -> Content:
        """What is told at the top's right end."""
        return words.muted(self.lan)

    @property
    def lan(self) -> str:
        """Which LAN this is, where it is not the real one."""
        world = self.session.world
        return f"demo: {world.tour.name}" if world.tour else "demo LAN" if world.simulated else ""

    # -- drawing

    def on_mount(self) -> None:
        self.ready()
        self._redraw()
        self.set_interval(1 / DRAWS_PER_S, self._tick)

    def ready(self) -> None:
        """Called once before the first drawing."""

    @abstractmethod
    def draw(self) -> None:
        """Show the session's present state."""

    def always_draws(self) -> bool:
        """Something on the screen changes with time alone."""
        return False

    def _tick(self) -> None:
        if self.is_current and (self._drawn != self.session.changes.revision or self.always_draws()):
            self._redraw()

    @property
    def is_left(self) -> bool:
        """Another screen has taken its place, or the program ends: what it was made of is going."""
        ends = not self.display  # Textual's word for a screen that is being removed
        return ends or self not in self.app.screen_stack

    def _redraw(self) -> None:
        if self.is_left:
            return
        self._drawn = self.session.changes.revision
        self.draw()
        self.query_one(Stepper).show(self.status(), self.session.progress(self.STAGE))
        self.query_one("#notice", Notice).show_problem(self._problem or self.session.trouble)
        self.refresh_bindings()

    def labels(self) -> Mapping[str, str]:
        """What actions are called that do another thing now than usual."""
        return {}

    def in_footer(self) -> Sequence[str] | None:
        """The actions that the footer offers now, the likely one first; None: the usual ones."""
        return None

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """All that work now, as the footer shows them and calls them."""
        active = super().active_bindings
        labels, order = self.labels(), self.in_footer()

        def offered(one: ActiveBinding) -> ActiveBinding:
            binding = one.binding
            shows = binding.show if order is None else binding.action in order
            label = labels.get(binding.action, "") if one.node is self else ""
            return one._replace(
                binding=replace(binding, show=shows, description=label or binding.description)
            )

        found = {name: offered(one) for name, one in active.items()}
        if order is None:
            return found
        return dict(sorted(found.items(), key=lambda item: _place(order, item[1].binding.action)))

    def tell(self, problem: SugarkubeError | Evidence | None) -> None:
        """Show a problem until it is settled; None: it is."""
        self._problem = evidence_of(problem) if isinstance(problem, SugarkubeError) else problem
        self.query_one("#notice", Notice).show_problem(self._problem or self.session.trouble)

    # -- going on and back

    @property
    def too_small(self) -> bool:
        return is_too_small(self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # What cannot be read must not be decided.
        return not self.too_small or action in ALWAYS_ALLOWED

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not self.too_small:
            self.action_proceed()

    @abstractmethod
    def action_proceed(self) -> None:
        """Take the screen's answer and go on, or tell why not."""

    def action_back(self) -> None:
        if (stage := self.STAGE.before) is not None:
            self.wizard.go(stage)

    def go_on(self) -> None:
        if (stage := self.session.keeping.answered(self.STAGE)) is not None:
            self.wizard.go(stage)

    def action_help(self) -> None:
        self.wizard.show_help(self.STAGE.value)


def _place(order: Sequence[str], action: str) -> int:
    return order.index(action) if action in order else len(order)
