"""Small dialogs over a screen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Input, Static

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.typed import TypedHost, parse_host
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.tui import words
from sugarkube_tui.tui.guidance import Section
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.notice import Notice
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.too_small import TooSmall, is_too_small

if TYPE_CHECKING:
    from sugarkube_tui.tui.app import SugarkubeApp


CHANGES_NOTHING = ("close", "cancel", "help")


class Dialog(ModalScreen[ScreenResultType]):
    """What is asked or told over a screen.  `KEY_GROUP` is its name in the registry of keys; subclasses say
    what stands in the frame (`heading`) and within it (`body`)."""

    KEY_GROUP: ClassVar[str]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as frame:
            frame.border_title = self.heading()
            yield from self.body()
        yield TooSmall()

    @abstractmethod
    def heading(self) -> Content:
        """What it is about."""

    @abstractmethod
    def body(self) -> Iterable[Widget]:
        """The widgets below one another; the last one says what the keys do."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # What cannot be read must not be decided; the way out is always open.
        changes_nothing = action in CHANGES_NOTHING or parameters == (False,)
        return changes_nothing or not is_too_small(self)

    @property
    def wizard(self) -> SugarkubeApp:
        return cast("SugarkubeApp", self.app)

    def action_help(self) -> None:
        self.wizard.show_help(self.KEY_GROUP)


class Confirm(Dialog[bool]):
    """A question that is answered with one key; Enter never says yes to what cannot be undone."""

    KEY_GROUP = "Confirm"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, title: str, text: str, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def heading(self) -> Content:
        return Content(self._title)

    def body(self) -> Iterable[Widget]:
        yield Static(self._text, markup=False)
        yield Static(
            Content.assemble(
                ("y", "bold $text-accent"),
                f"  {self._yes}\n",
                ("n", "bold $text-accent"),
                f"  {self._no}",
            ),
            classes="answers",
        )

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class AddHost(Dialog[TypedHost | None]):
    """Takes a host as it is typed; None when none is to be added."""

    KEY_GROUP = "Add host"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def heading(self) -> Content:
        return Content("Add a host")

    def body(self) -> Iterable[Widget]:
        yield Static("Name or IP address, for example sugarkube4.local or 192.168.1.23", markup=False)
        yield Static("With a login of its own: pi@sugarkube4.local:2222", classes="hint", markup=False)
        yield Field(placeholder="[user@]name-or-address[:port]", id="host", compact=True)
        yield Notice()
        yield Static("Enter adds it   Esc cancels", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            typed = parse_host(event.value, "Host")
        except InvalidInput as error:
            self.query_one(Notice).show_problem(evidence_of(error))
            return
        self.dismiss(typed)

    def action_cancel(self) -> None:
        self.dismiss(None)


class Help(Dialog[None]):
    """The help for what has the focus, and all keys that work there."""

    KEY_GROUP = "Help"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self._sections = sections

    def heading(self) -> Content:
        return Content(f"Help: {self._sections[0].title}")

    def body(self) -> Iterable[Widget]:
        yield Pane("", "sections")
        yield Static("↑ ↓ scroll   Esc closes", classes="hint")

    def on_mount(self) -> None:
        width = max(len(key) for section in self._sections for key, _ in section.rows)
        parts: list[Content | str] = []
        for number, section in enumerate(self._sections):
            if number:  # the first one's title is the dialog's
                parts.append(words.strong(section.title))
            parts += section.text.splitlines()
            if section.text and section.rows:
                parts.append("")
            parts += [
                Content.assemble((key.ljust(width), "bold $text-accent"), f"  {says}")
                for key, says in section.rows
            ]
            parts.append("")
        pane = self.query_one(Pane)
        pane.show(parts[:-1])
        pane.focus()

    def action_close(self) -> None:
        self.dismiss(None)
