"""The rows of a log on the screen: only those that can be seen are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from sugarkube_tui.engine.log import Kind
from sugarkube_tui.tui.logview.drawing import Mark, Row, strip_of
from sugarkube_tui.tui.logview.parts import selected_lines
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.rows import Rows, cut, shown_text
from sugarkube_tui.tui.logview.search import Search
from sugarkube_tui.tui.logview.stamp import Stamp
from sugarkube_tui.tui.logview.window import Window


class LogRows(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws the entries of a window, what is marked in them, and how many came unseen.

    Args:
        stamp: writes an entry's time.

    Attributes:
        window: what it shows.
        search: whose hits are marked; None: nothing is searched.
        hit: the number of the hit that was jumped to.
        picking: the lines that are being chosen by keys.
        timed: the time stands before every line.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--time",
        *(f"log--{kind}" for kind in Kind),
        "log--hit",
        "log--current",
        "log--picked",
        "log--pill",
    }

    class Changed(Message):
        """It follows or keeps still, shows other lines, or counts others."""

    def __init__(self, stamp: Stamp, timed: bool) -> None:
        super().__init__()
        self.window = Window()
        self.search: Search | None = None
        self.hit: int | None = None
        self.picking: Picking | None = None
        self.timed = timed
        self._rows = Rows()
        self._stamp = stamp

    # -- which rows

    @property
    def wrapping(self) -> bool:
        return self._rows.wrapped is not None

    @property
    def top(self) -> int | None:
        """The number of the first entry that can be seen."""
        return self._number_at(self.scroll_offset.y)

    @property
    def bottom(self) -> int | None:
        """The number of the last entry that can be seen."""
        last = min(self._rows.height, self.scroll_offset.y + self.scrollable_content_region.height) - 1
        return self._number_at(max(0, last))

    def _number_at(self, row: int) -> int | None:
        numbers = self.window.numbers
        line, _ = self._rows.at(row)
        return numbers[min(line, len(numbers) - 1)] if numbers else None

    @property
    def _lead_width(self) -> int:
        return len(self._stamp(0.0)) + 1 if self.timed else 0

    @property
    def _text_width(self) -> int:
        return max(1, self.scrollable_content_region.width - self._lead_width)

    def _append_rows(self) -> None:
        self._rows.extend([self.window[number] for number in self.window.numbers[self._rows.lines :]])
        width = 0 if self.wrapping else self._rows.widest + self._lead_width
        self.virtual_size = Size(width, self._rows.height)

    # -- drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        strip = self._line(self.scroll_offset.y + y, width)
        pill = self._pill
        if pill and y == self.scrollable_content_region.height - 1:
            style = self.get_component_rich_style("log--pill")
            room = max(0, width - len(pill))
            strip = Strip.join([strip.crop(0, room), Strip([Segment(pill, style)], len(pill))])
        return strip

    def _line(self, row: int, width: int) -> Strip:
        base = self.rich_style
        line, part = self._rows.at(row)
        if line >= len(self.window.numbers):
            return Strip.blank(width, base)
        number = self.window.numbers[line]
        entry = self.window[number]
        text = shown_text(entry)
        start, end = cut(text, self._rows.wrapped)[part] if self._rows.wrapped is not None else (0, len(text))
        style = base + self.get_component_rich_style(f"log--{entry.kind}", partial=True)
        stamp = self._stamp(entry.at) if part == 0 else ""
        return strip_of(
            Row(
                number,
                text,
                start,
                end,
                0 if self.wrapping else self.scroll_offset.x,
                f"{stamp:<{self._lead_width}}" if self.timed else "",
                base + self.get_component_rich_style("log--time", partial=True),
                style,
                list(self._marks(number, text)),
            ),
            width,
        )

    def _marks(self, number: int, text: str) -> Iterator[Mark]:
        if self.picking is not None and self.picking.holds(number):
            yield Mark(0, len(text), self._partial("log--picked"))
        # Only what was searched: of other lines, nobody knows how long an expression takes.
        if self.search is not None and self.search.place(number):
            style = self._partial("log--current" if number == self.hit else "log--hit")
            for start, end in self.search.spans(text):
                yield Mark(start, end, style)
        if (selection := self.text_selection) is not None and (
            span := selection.get_span(number)
        ) is not None:
            start, end = span
            style = self.screen.get_component_rich_style("screen--selection")
            yield Mark(start, len(text) if end == -1 else end, style)

    def _partial(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    @property
    def _pill(self) -> str:
        """What is new below; a click follows it."""
        return f" ↓ +{self.window.unseen} new " if self.window.unseen else ""

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """What the mouse has selected: its offsets are numbers of entries and characters."""
        return "\n".join(selected_lines(self.window, selection)), "\n"
