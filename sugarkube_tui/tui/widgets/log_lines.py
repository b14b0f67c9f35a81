"""The lines of a log, and where their reader is: at the end, or still at something that is read."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

from textual import events
from textual.selection import Selection
from textual.timer import Timer

from sugarkube_tui.engine.log import Log
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.logview.flood import STAYS_S, Flood
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.rows import Rows, cells, shown_text, sideways
from sugarkube_tui.tui.logview.search import Search
from sugarkube_tui.tui.logview.sight import nearest, well_placed
from sugarkube_tui.tui.logview.stamp import Stamp
from sugarkube_tui.tui.widgets.log_rows import LogRows


class LogLines(LogRows):
    """Follows the end of a log until the reader moves up; then it keeps still, and counts what is new."""

    def __init__(self, stamp: Stamp, timed: bool) -> None:
        super().__init__(stamp, timed)
        self._log = Log()
        self._moving = False
        self._flood = Flood()
        self._late: Timer | None = None

    # -- what is shown

    @property
    def following(self) -> bool:
        return not self.window.still

    def feed(self, log: Log) -> None:
        """Show what is new since the last time."""
        if self._is_flooded(log):
            if self._late is None:  # who feeds may have nothing to say any more
                self._late = self.set_timer(STAYS_S, self._feed_late)
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
        lines = log.total - self.window.end if log is self._log else 0
        return self._flood.holds_back(lines, self.size.height)

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
        top = self.top
        self._rows = Rows(self._text_width if wrapping else None)
        self._lay_out(top)

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

    # -- where it stands

    def jump(self, number: int) -> None:
        """Keep still, with this entry, and what was found in it, in view."""
        self.keep_still()
        self.hit = number
        line = bisect_left(self.window.numbers, number)
        y = well_placed(self.scroll_offset.y, self._rows.top(line), self.scrollable_content_region.height)
        x = None
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
        self._reveal(self.picking.cursor)
        self._changed()

    def _reveal(self, number: int) -> None:
        """Scroll as little as brings this entry into view."""
        row = self._rows.top(bisect_left(self.window.numbers, number))
        y = nearest(self.scroll_offset.y, row, self.scrollable_content_region.height)
        with self._by_program():
            self.scroll_to(y=y, animate=False)

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

    def on_resize(self, event: events.Resize) -> None:
        if self.wrapping and self._rows.wrapped != self._text_width:
            self.wrap(True)
        elif self.following:
            self._to_end()
        if self.picking is not None:
            self._reveal(self.picking.cursor)
        self.post_message(self.Changed())

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

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        width, height = self.scrollable_content_region.size
        if self._pill and event.y == height - 1 and width - len(self._pill) <= event.x < width:
            event.stop()
            self.follow()

    def selection_updated(self, selection: Selection | None) -> None:
        if selection is not None:
            self.keep_still()
        self.refresh()
