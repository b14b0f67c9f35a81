"""One of several: the highlighted row is the choice, and says so with a mark."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message

from sugarkube_tui.tui import words
from sugarkube_tui.tui.widgets.table import Column, Row, Table


class Choose(Table):
    """A table whose first column marks the highlighted row.

    Args:
        chosen: the key that is chosen at first.
    """

    class Changed(Message):
        """Something else was chosen."""

        def __init__(self, choose: Choose, key: str) -> None:
            super().__init__()
            self.choose = choose
            self.key = key

        @property
        def control(self) -> Choose:
            return self.choose

    def __init__(self, columns: Sequence[Column], chosen: str, *, widget_id: str | None = None) -> None:
        super().__init__((Column("", 1), *columns), widget_id=widget_id)
        self.chosen = chosen
        self._options: tuple[Row, ...] = ()
        self.highlight(chosen)

    def show_options(self, rows: Sequence[Row]) -> None:
        """Show what can be chosen; cells without the mark."""
        self._options = tuple(rows)
        self._mark()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        event.stop()
        if event.key != self.chosen:
            self.chosen = event.key
            self._mark()
            self.post_message(self.Changed(self, event.key))

    def _mark(self) -> None:
        self.show([Row(row.key, (self._sign(row.key), *row.cells)) for row in self._options])

    def _sign(self, key: str) -> Content:
        return Content.assemble(("●", "$text-accent")) if key == self.chosen else words.muted("○")
