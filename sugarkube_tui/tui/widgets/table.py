"""Tables of live rows: aligned columns, one highlighted row, stable while rows come and go.

Cells are `Content`, so names from the LAN are never parsed as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.words import MUTED

GAP = 2
SCROLLBAR = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        width: cells at least.
        grow: its share of the cells that are left over.
        wide: only shown when there is room; of several, the last ones go first.
        short: the title where the whole one does not fit.
    """

    title: str
    width: int
    grow: int = 0
    wide: bool = False
    short: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[Content, ...]


class Rows(OptionList, inherit_bindings=False):
    """The rows, without a key for Enter: that one belongs to the screen."""

    KEY_GROUP: ClassVar[str] = "Table"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        style = super().get_visual_style(*component_classes, partial=partial)
        # Textual leaves `text-style: reverse` out, by which a theme without shades highlights a row.
        reverse = any(self.get_component_styles(name).text_style.reverse for name in component_classes)
        return style + Style(reverse=True) if reverse else style

    def on_resize(self) -> None:
        self.scroll_to_highlight()


class Table(Vertical):
    """Column titles above rows.

    Args:
        empty: what is said when there are no rows.
        gap: cells between columns.

    Attributes:
        rows: the rows' widget, which has the focus.
    """

    class Highlighted(Message):
        """Another row is highlighted."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            return self.table

    class Picked(Message):
        """The mouse was used on a row that was highlighted already."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        gap: int = GAP,
        widget_id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=widget_id, classes=classes)
        self._gap = gap
        self._columns = tuple(columns)
        self._rows: tuple[Row, ...] = ()
        self._drawn: tuple[int, tuple[Row, ...]] | None = None
        self._empty = empty
        self._wanted = ""
        self._titles = Static(classes="titles", markup=False)
        self.rows = Rows(markup=False)
        self._message = Static(classes="empty", markup=False)

    def compose(self) -> ComposeResult:
        yield self._titles
        yield self.rows
        yield self._message

    @property
    def highlighted(self) -> str:
        """The highlighted row's key; empty when there is none."""
        option = self.rows.highlighted_option
        return (option.id or "") if option is not None else ""

    def take_focus(self) -> None:
        self.rows.focus()

    def highlight(self, key: str) -> None:
        """Highlight this row, now or when it comes."""
        self._wanted = key
        index = next((index for index, row in enumerate(self._rows) if row.key == key), None)
        if index is not None and self._drawn is not None:
            self.rows.highlighted = index

    def show(self, rows: Sequence[Row], *, empty: str | None = None) -> None:
        """Show these rows; the highlight stays on its row."""
        self._rows = tuple(rows)
        if empty is not None:
            self._empty = empty
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id is not None:
            self._wanted = event.option_id
            self.post_message(self.Highlighted(self, event.option_id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Picked(self, event.option_id))

    def head(self, index: int, width: int) -> Content:
        """A column's title, in so many cells."""
        column = self._columns[index]
        fits = len(column.title) <= width or not column.short
        return Content.assemble((column.title if fits else column.short[:width], MUTED))

    def _draw(self) -> None:
        width = self.content_size.width - SCROLLBAR
        if width <= 0:
            return
        if self._drawn == (width, self._rows) and self._rows:
            return
        known = [row.key for row in self._drawn[1]] if self._drawn is not None else []
        self._drawn = (width, self._rows)
        widths = self._widths(width)
        titles = [self.head(index, width) for index, width in enumerate(widths)]
        self._titles.update(_line(titles, widths, self._gap))
        self._message.display = not self._rows and bool(self._empty)
        self._message.update(Content(self._empty))
        rows = self.rows
        rows.display = bool(self._rows)
        prompts = [_line(row.cells, widths, self._gap) for row in self._rows]
        if known == [row.key for row in self._rows]:
            for index, prompt in enumerate(prompts):
                rows.replace_option_prompt_at_index(index, prompt)
            return
        wanted = self._wanted
        rows.set_options(Option(prompt, id=row.key) for row, prompt in zip(self._rows, prompts, strict=True))
        if self._rows:
            keys = [row.key for row in self._rows]
            rows.highlighted = keys.index(wanted) if wanted in keys else 0

    def _widths(self, total: int) -> list[int]:
        gap = self._gap
        widths = [column.width for column in self._columns]
        for index in range(len(widths) - 1, -1, -1):
            if self._columns[index].wide and sum(width + gap for width in widths if width) - gap > total:
                widths[index] = 0
        left = total - sum(width + gap for width in widths if width) + gap
        shares = sum(column.grow for column, width in zip(self._columns, widths, strict=True) if width)
        if left > 0 and shares:
            for index, column in enumerate(self._columns):
                if widths[index] and column.grow:
                    widths[index] += left * column.grow // shares
        return widths


def _line(cells: Sequence[Content], widths: Sequence[int], gap: int) -> Content:
    parts = [
        cell.truncate(width, ellipsis=True, pad=True)
        for cell, width in zip(cells, widths, strict=True)
        if width
    ]
    return Content(" " * gap).join(parts)
