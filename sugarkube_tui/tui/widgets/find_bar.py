"""Where a search term is typed, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.search import Term


class FindBar(Horizontal):
    """A dumb bar: it tells what is typed, and shows what it is told.

    Attributes:
        term: what was searched for last; it is offered again.
    """

    KEY_GROUP: ClassVar[str] = "Find"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    @dataclass
    class Typed(Message):
        """The term has changed."""

        term: Term

    class Taken(Message):
        """Enter: go to what was found."""

    class Left(Message):
        """Escape: no search any more."""

    def __init__(self) -> None:
        super().__init__()
        self.term = Term("")
        self.display = False

    def compose(self) -> ComposeResult:
        yield Static(id="sign", markup=False)
        yield Input(compact=True, placeholder="search", id="term")
        yield Static(id="found", markup=False)

    def open(self) -> None:
        """Ask for a term; the last one is there to be taken or typed over."""
        self.display = True
        self._draw_sign()
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = self.term.text
        self.screen.set_focus(field)  # at once: the next key is already part of the term
        field.select_all()

    def show(self, found: Content) -> None:
        """Tell what came of it."""
        self.query_one("#found", Static).update(found)

    def close(self) -> None:
        self.display = False

    def _draw_sign(self) -> None:
        self.query_one("#sign", Static).update("regex /" if self.term.regex else "/")

    def action_regex(self) -> None:
        self.term = Term(self.term.text, not self.term.regex)
        self._draw_sign()
        self.post_message(self.Typed(self.term))

    def action_end_search(self) -> None:
        self.post_message(self.Left())

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.term = Term(event.value, self.term.regex)
        self.post_message(self.Typed(self.term))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Taken())

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if not self.term.text:
            self.close()
