"""A table with a cursor over the cells of the highlighted row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.table import SCROLLBAR, Column, Row, Table

CURSOR = "reverse underline"
"""The line is for themes in which the whole row is reversed."""


class Grid(Table):
    """Left and right move the cursor.  Columns have no gap between them: a cell begins with a place for
    a mark, and the cursor covers what follows.

    Args:
        columns: all of one width but the first and the last ones, which the cursor leaves out.
    """

    KEY_GROUP: ClassVar[str] = "Grid"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    class Moved(Message):
        """The cursor is in another column."""

    class Opened(Message):
        """A cell was clicked twice."""

    def __init__(self, columns: Sequence[Column], *, empty: str = "", widget_id: str | None = None) -> None:
        super().__init__(columns, empty=empty, gap=0, widget_id=widget_id)
        self.column = 0
        """Which of the cells the cursor is on, from 0."""
        self._cells = len(columns) - 2
        self._given: tuple[Row, ...] = ()

    @property
    def room(self) -> int:
        """Columns that a cell has after its mark."""
        return max(1, self._widths(self.content_size.width - SCROLLBAR)[1] - 1)

    def show(self, rows: Sequence[Row], *, empty: str | None = None) -> None:
        self._given = tuple(rows)
        super().show([self._with_cursor(row) for row in rows], empty=empty)

    def _with_cursor(self, row: Row) -> Row:
        if row.key != self.highlighted:
            return row
        cells = list(row.cells)
        index = self.column + 1
        # In one colour: reversed, several of them would look like several things.
        cell = Content(cells[index].plain).truncate(self.room + 1, pad=True)
        cells[index] = cell.stylize(CURSOR, 1)
        return replace(row, cells=tuple(cells))

    def head(self, index: int, width: int) -> Content:
        head = super().head(index, width)
        return head.stylize("bold") if index == self.column + 1 else head

    def action_move(self, by: int) -> None:
        self._go(self.column + by)

    def on_click(self, event: events.Click) -> None:
        """The mouse takes the cursor along."""
        widths = self._widths(self.content_size.width - SCROLLBAR)
        column = (event.screen_x - self.content_region.x - widths[0]) // max(1, widths[1])
        if 0 <= column < self._cells:
            self._go(column)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.show(self._given)

    def _go(self, column: int) -> None:
        column = min(max(0, column), self._cells - 1)
        if column != self.column:
            self.column = column
            self.show(self._given)
            self.post_message(self.Moved())
