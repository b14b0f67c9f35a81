"""Which of the commands for after a run is copied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.engine.report import NextStep
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.table import Column, Row, Table


class CopyCommand(Dialog[NextStep | None]):
    """What can be done next, and the highlighted one's command.

    Returns:
        the one whose command is to be copied; None: none.
    """

    KEY_GROUP = "Copy command"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, steps: Sequence[NextStep]) -> None:
        super().__init__()
        self._steps = {str(number): step for number, step in enumerate(steps)}

    def heading(self) -> Content:
        return Content("Copy a command")

    def body(self) -> Iterable[Widget]:
        yield Table([Column("To", 30, grow=1)], widget_id="steps")
        yield Static(id="command", classes="hint", markup=False)
        yield Static("Enter copies it   Esc closes", classes="hint")

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.show([Row(key, (words.plain(step.what),)) for key, step in self._steps.items()])
        table.take_focus()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self.query_one("#command", Static).update(words.plain(f"$ {self._steps[event.key].command}"))

    def on_table_picked(self, event: Table.Picked) -> None:
        self.action_take()

    def action_take(self) -> None:
        self.dismiss(self._steps.get(self.query_one(Table).highlighted))

    def action_close(self) -> None:
        self.dismiss(None)
