"""The lines of a log on the screen: only the rows that can be seen are drawn."""

from __future__ import annotations

import random
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from sugarkube_tui.engine.log import Kind, Log
from sugarkube_tui.tui.logview.drawing import Mark, Row, strip_of
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.logview.parts import selected_lines
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.rows import Rows, cells, cut, shown_text, sideways
from sugarkube_tui.tui.logview.search import Search
from sugarkube_tui.tui.logview.stamp import Stamp
from sugarkube_tui.tui.logview.window import Window

FLOOD_S = 0.4
"""How long a screenful stays when lines come more quickly than they can be read."""


class LogLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Follows the end of a log until the reader moves up; then it keeps still, and counts what is new.

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
        self._log = Log()
        self._moving = False
        self._fed_until = 0.0
        self._late: Timer | None = None

    # -- what is shown

    @property
    def following(self) -> bool:
        return not self.window.still

    @property
    def wrapping(self) -> bool:
        return self._rows.wrapped is not None

    def feed(self, log: Log) -> None:
        """Show what is new since the last time."""
        if self._is_flooded(log):
            if self._late is None:  # who feeds may have nothing to say any more
                self._late = self.set_timer(FLOOD_S, self._feed_late)
            return
        if log is not self._log:
            self._begin(log)
        unseen, end = self.window.unseen, self.window.end
        self._rows.drop(self.window.feed(log))
        self._append_rows()
        if self.following:
            self._to_end()
        if self.window.end != end or self.window.unseen != unseen:
            self.refresh()
            self.post_message(self.Changed())

    def _begin(self, log: Log) -> None:
        """Nothing that was found or chosen in another log means anything in this one."""
        self._log = log
        self.picking = self.hit = None
        if self.search is not None:
            self.search.restart()
        if self.text_selection is not None:
            self.screen.clear_selection()

    @property
    def is_behind(self) -> bool:
        """Lines of a flood are still to be drawn."""
        return self._late is not None

    def _feed_late(self) -> None:
        self._late = None
        self.feed(self._log)

    def _is_flooded(self, log: Log) -> bool:
        """All of a screenful is new again, too soon for anybody to have read it."""
        now = time.monotonic()
        if log is self._log and log.total - self.window.end > self.size.height and now < self._fed_until:
            return True
        # Not all panes of a screen at the same time.
        self._fed_until = now + FLOOD_S * (1 + random.random() / 2)
        return False

    def follow(self) -> None:
        """Go to the end, and stay there."""
        self.picking = None
        self.window.go_on()
        self.feed(self._log)
        self._changed()

    def keep_still(self) -> None:
        """Stay at what is shown now, whatever comes."""
        if self.following:
            self.window.keep_still()
            self._changed()

    def show(self, wanted: Filter) -> None:
        """Show what this filter lets through; the line at the top stays there where it can."""
        top = self.top
        self.window.show(wanted)
        self.picking = None
        if self.search is not None:
            self.search.restart()
        self._lay_out(top)

    def wrap(self, wrapping: bool) -> None:
        self._rows = Rows(self._text_width if wrapping else None)
        self._lay_out(self.top)

    def show_times(self, timed: bool) -> None:
        self.timed = timed
        if self.wrapping:
            self.wrap(True)
        else:
            self._lay_out(self.top)

    def find(self, search: Search | None) -> None:
        """Mark other hits, or none."""
        self.search, self.hit = search, None
        self.refresh()

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

    # -- where it stands

    def jump(self, number: int) -> None:
        """Keep still, with this entry, and what was found in it, in view."""
        self.keep_still()
        self.hit = number
        line = bisect_left(self.window.numbers, number)
        height = self.scrollable_content_region.height
        top = self._rows.top(line)
        x = y = None
        if not self.scroll_offset.y <= top < self.scroll_offset.y + height - 1:
            y = max(0, top - height // 3)
        text = shown_text(self.window[number])
        spans = self.search.spans(text) if self.search is not None else []
        if spans and not self.wrapping:
            start, end = (cells(text[:place]) for place in spans[0])
            x = sideways(self.scroll_offset.x, start, end, self._text_width)
        with self._by_program():
            self.scroll_to(x, y, animate=False)
        self._changed()

    def move(self, rows: int) -> None:
        """By so many rows; while lines are chosen, their end moves."""
        if self.picking is None:
            self.scroll_relative(y=rows, animate=False)
            return
        self.picking = self.picking.moved(self.window.numbers, rows)
        row = self._rows.top(bisect_left(self.window.numbers, self.picking.cursor))
        last = self.scroll_offset.y + self.scrollable_content_region.height - 1
        with self._by_program():
            if row < self.scroll_offset.y:
                self.scroll_to(y=row, animate=False)
            elif row > last:
                self.scroll_relative(y=row - last, animate=False)
        self._changed()

    def pick(self, picking: Picking | None) -> None:
        """Choose lines, which keeps it still, or end that."""
        if picking is not None:
            self.keep_still()
        self.picking = picking
        self._changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._moving:
            return
        # Going up is reading; coming back to the end is following again.  A clamped offset is neither.
        if new_value < old_value and new_value < self.max_scroll_y:
            self.keep_still()
        elif new_value > old_value and new_value >= self.max_scroll_y and not self.following:
            self.follow()

    @contextmanager
    def _by_program(self) -> Iterator[None]:
        self._moving = True
        try:
            yield
        finally:
            self._moving = False

    def _to_end(self) -> None:
        with self._by_program():
            self.scroll_to(y=self.max_scroll_y, animate=False)

    # -- rows

    @property
    def _lead_width(self) -> int:
        return len(self._stamp(0.0)) + 1 if self.timed else 0

    @property
    def _text_width(self) -> int:
        return max(1, self.scrollable_content_region.width - self._lead_width)

    def on_resize(self, event: events.Resize) -> None:
        if self.wrapping and self._rows.wrapped != self._text_width:
            self.wrap(True)
        elif self.following:
            self._to_end()
        self.post_message(self.Changed())

    def _append_rows(self) -> None:
        self._rows.extend([self.window[number] for number in self.window.numbers[self._rows.lines :]])
        width = 0 if self.wrapping else self._rows.widest + self._lead_width
        self.virtual_size = Size(width, self._rows.height)

    def _lay_out(self, top: int | None) -> None:
        self._rows = Rows(self._rows.wrapped)
        with self._by_program():
            self._append_rows()
            if top is not None and not self.following:
                self.scroll_to(y=self._rows.top(bisect_left(self.window.numbers, top)), animate=False)
        if self.following:
            self._to_end()
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Changed())

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
        if self.search is not None:
            style = self._partial("log--current" if number == self.hit else "log--hit")
            given_up = bool(self.search.problem)
            for start, end in self.search.spans(text):
                yield Mark(start, end, style)
            if self.search.problem and not given_up:  # to find all of a line takes longer than to find one
                self.post_message(self.Changed())
        if (selection := self.text_selection) is not None and (
            span := selection.get_span(number)
        ) is not None:
            start, end = span
            style = self.screen.get_component_rich_style("screen--selection")
            yield Mark(start, len(text) if end == -1 else end, style)

    def _partial(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)

    # -- the mouse

    @property
    def _pill(self) -> str:
        """What is new below; a click follows it."""
        return f" ↓ +{self.window.unseen} new " if self.window.unseen else ""

    def on_click(self, event: events.Click) -> None:
        width, height = self.scrollable_content_region.size
        if self._pill and event.y == height - 1 and width - len(self._pill) <= event.x < width:
            event.stop()
            self.follow()

    def get_selection(self, selection: Selection) -> tuple[str, str]:
        """What the mouse has selected: its offsets are numbers of entries and characters."""
        return "\n".join(selected_lines(self.window, selection)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        if selection is not None:
            self.keep_still()
        self.refresh()
