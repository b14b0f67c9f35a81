"""What has the focus, and what the keys do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.guidance import Section
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.pane import Pane


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
