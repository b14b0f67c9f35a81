"""Which step's lines a log shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.widgets.table import Column, Row, Table

ALL = "all"


class ChooseStep(Dialog[Filter | None]):
    """The steps that a log has lines of.

    Returns:
        the filter with the chosen step; None: as it was.
    """

    KEY_GROUP = "Steps"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, shown: Filter, steps: Sequence[str]) -> None:
        super().__init__()
        self._filter = shown
        self._steps = {ALL: None, **{str(number): step for number, step in enumerate(steps)}}

    def heading(self) -> Content:
        return Content("Show the lines of")

    def body(self) -> Iterable[Widget]:
        yield Table([Column("Step", 30, grow=1)], widget_id="steps")
        yield Static("Enter shows them   Esc leaves it as it is", classes="hint")

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.show([Row(key, (_title(step),)) for key, step in self._steps.items()])
        table.highlight(next((key for key, step in self._steps.items() if step == self._filter.step), ALL))
        table.take_focus()

    def on_table_picked(self, event: Table.Picked) -> None:
        self.action_take()

    def action_take(self) -> None:
        key = self.query_one(Table).highlighted
        self.dismiss(replace(self._filter, step=self._steps[key]) if key else None)

    def action_close(self) -> None:
        self.dismiss(None)


def _title(step: str | None) -> Content:
    if step is None:
        return Content("all steps")
    return words.plain(step) if step else words.muted("before the first step")
