"""A question that is answered with yes or no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings


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
        keys = self.wizard.key_names
        yield Static(
            Content.assemble(
                (keys["confirm.yes"], "bold $text-accent"),
                f"  {self._yes}\n",
                (keys["confirm.no"], "bold $text-accent"),
                f"  {self._no}",
            ),
            classes="answers",
        )

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
