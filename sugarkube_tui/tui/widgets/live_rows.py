"""Rows that change all the time: only those that can be seen are made, and drawn when they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from sugarkube_tui.tui.keys import bindings


class LiveRows(ScrollView):
    """A list with one current row, which stays in view when it changes."""

    DEFAULT_CSS = "LiveRows { overflow-x: hidden; }"
    KEY_GROUP = "Live rows"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    class Chosen(Message):
        """Another row is to be the current one."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, widget_id: str, *, can_focus: bool) -> None:
        super().__init__(id=widget_id)
        self.can_focus = can_focus
        self._count = 0
        self._current = -1
        self._row: Callable[[int], Content] = lambda index: Content("")
        self._drawn: tuple[int, list[Content]] = (0, [])

    def show(self, count: int, row: Callable[[int], Content], current: int) -> None:
        """Draw the rows that can be seen.

        Args:
            row: makes a row, given its number from 0.
            current: number of the row to keep in view.
        """
        self._row = row
        if count != self._count:
            self._count = count
            self.virtual_size = Size(self.scrollable_content_region.width, count)
            self.refresh(layout=True)
        if current != self._current:
            self._current = current
            self._reveal()
        first, rows = self.scroll_offset.y, self._visible()
        before = self._drawn
        self._drawn = (first, rows)
        if first != before[0] or len(rows) != len(before[1]):
            self.refresh()
            return
        width = self.size.width
        for line, (new, old) in enumerate(zip(rows, before[1], strict=True)):
            if not new.is_same(old):
                self.refresh(Region(0, line, width, 1))

    def _visible(self) -> list[Content]:
        first = self.scroll_offset.y
        height = self.scrollable_content_region.height
        return [self._row(index) for index in range(first, min(self._count, first + height))]

    def _reveal(self) -> None:
        height, first = self.scrollable_content_region.height, self.scroll_offset.y
        if height <= 0 or self._current < 0:
            return
        if self._current < first:
            self.scroll_to(y=self._current, animate=False, immediate=True)
        elif self._current >= first + height:
            self.scroll_to(y=self._current - height + 1, animate=False, immediate=True)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count)
        self._reveal()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._count

    def render_line(self, y: int) -> Strip:
        first, rows = self._drawn
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        place = index - first
        if 0 <= place < len(rows):
            content = rows[place]
        elif index < self._count:
            content = self._row(index)
        else:
            return Strip.blank(width, self.rich_style)
        strips = Visual.to_strips(
            self, content.truncate(width, ellipsis=True), width, 1, self.visual_style, pad=True
        )
        return strips[0] if strips else Strip.blank(width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        index = self.scroll_offset.y + event.y - self.gutter.top
        if 0 <= index < self._count:
            self.post_message(self.Chosen(index))

    def action_move(self, by: int) -> None:
        if self._count:
            self.post_message(self.Chosen(min(self._count - 1, max(0, self._current + by))))

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        self.action_move(-self._count)

    def action_last(self) -> None:
        self.action_move(self._count)
