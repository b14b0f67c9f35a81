"""Go to a node by its name: the quickest way when there are more of them than digits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.live_rows import LiveRows
from sugarkube_tui.tui.words import Mood

HINT = "↑ ↓ choose   Enter goes there   Esc cancels"
NOTHING = words.state(Mood.WARN, "no node's name has these letters   Esc cancels")


def matching(names: Sequence[str], typed: str) -> list[str]:
    """The names that what was typed can mean: those that begin or end with it before those that hold it."""
    typed = typed.strip().lower()
    found = [name for name in names if typed in name.lower()]
    return sorted(
        found, key=lambda name: not (name.lower().startswith(typed) or name.lower().endswith(typed))
    )


class GoToNode(Dialog[str]):
    """Takes some letters of a name; gives the node's whole name, empty for none."""

    KEY_GROUP = "Go to"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = tuple(names)
        self._found = list(names)
        self._place = 0

    def heading(self) -> Content:
        return Content("Go to node")

    def body(self) -> Iterable[Widget]:
        yield Field(placeholder="some letters of its name", id="name", compact=True)
        yield LiveRows("found", can_focus=False)
        yield Static(HINT, classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._found = matching(self._names, event.value)
        self._place = 0
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(self._found[self._place] if self._found else "")

    def on_live_rows_chosen(self, event: LiveRows.Chosen) -> None:
        self.dismiss(self._found[event.index])

    def action_move(self, by: int) -> None:
        self._place = max(0, min(len(self._found) - 1, self._place + by))
        self._show()

    def action_cancel(self) -> None:
        self.dismiss("")

    def _show(self) -> None:
        def row(index: int) -> Content:
            here = index == self._place
            return Content.assemble(
                ("▸ " if here else "  ", "$text-accent"),
                words.strong(self._found[index]) if here else words.plain(self._found[index]),
            )

        self.query_one(LiveRows).show(len(self._found), row, self._place)
        self.query_one(".hint", Static).update(HINT if self._found else NOTHING)
