"""Where a log's lines are on the screen: one row each, or as many as a wrapped line needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from rich.cells import cell_len, get_character_cell_size

from sugarkube_tui.cluster.text import LINE_LIMIT, clean_line
from sugarkube_tui.engine.log import LogEntry

DRAWN_LIMIT = LINE_LIMIT + 100
"""Characters of a line that are drawn: one that was cut at the edge says so, and is not cut again."""


def shown_text(entry: LogEntry) -> str:
    """A line as it may be drawn, whatever is in it."""
    # The selector of emoji widens the character before it in some terminals only.
    return clean_line(entry.text, DRAWN_LIMIT).replace("\ufe0f", "")


def cells(text: str) -> int:
    """How many cells a text takes up."""
    return len(text) if text.isascii() else cell_len(text)


def sideways(offset: int, start: int, end: int, width: int) -> int:
    """How far to scroll to the right, so that cells `start` to `end` of a line are in view.

    From the line's beginning where they can be seen from there; else as little as is needed.

    Args:
        offset: the cells that are scrolled out now.
        width: the cells that can be seen.
    """
    if end <= width:
        return 0
    return max(0, min(max(offset, end - width), start))


def cut(text: str, width: int) -> list[tuple[int, int]]:
    """A text in pieces of at most `width` cells: where each begins and ends, in characters; at least one."""
    width = max(1, width)
    if text.isascii():
        return [(start, min(len(text), start + width)) for start in range(0, len(text), width)] or [(0, 0)]
    pieces = []
    start = used = 0
    for place, character in enumerate(text):
        size = get_character_cell_size(character)
        if used + size > width and place > start:
            pieces.append((start, place))
            start, used = place, 0
        used += size
    return [*pieces, (start, len(text))]


class Rows:
    """The rows of the lines that are shown, in order.

    Attributes:
        wrapped: the width at which lines are wrapped, in cells; None: they are not.
        widest: cells of the widest line so far, where lines are not wrapped.
        lines: how many lines there are.
    """

    def __init__(self, wrapped: int | None = None) -> None:
        self.wrapped = wrapped
        self.widest = 0
        self._ends: list[int] = []
        """The row after each line's last one, counted from the first line ever; empty when not wrapped."""
        self._gone = 0
        self.lines = 0

    def extend(self, entries: Sequence[LogEntry]) -> None:
        """Add lines at the end."""
        self.lines += len(entries)
        if self.wrapped is not None:
            self._wrap(entries, self.wrapped)
            return
        widest = self.widest
        for entry in entries:
            text = entry.text
            if len(text) <= widest and text.isascii() and "\t" not in text:
                continue  # it is no wider than it is long: most lines need not be measured
            widest = max(widest, cells(shown_text(entry)))
        self.widest = widest

    def _wrap(self, entries: Sequence[LogEntry], width: int) -> None:
        end = self._ends[-1] if self._ends else self._gone
        for entry in entries:
            text = shown_text(entry)
            height = -(-len(text) // max(1, width)) if text.isascii() else len(cut(text, width))
            end += max(1, height)
            self._ends.append(end)

    def drop(self, lines: int) -> None:
        """Forget the first lines."""
        self.lines -= lines
        if lines and self._ends:
            self._gone = self._ends[lines - 1]
            del self._ends[:lines]

    @property
    def height(self) -> int:
        if self.wrapped is None:
            return self.lines
        return (self._ends[-1] if self._ends else self._gone) - self._gone

    def top(self, line: int) -> int:
        """The first row of a line; both are counted from 0."""
        if self.wrapped is None or line == 0:
            return line
        return self._ends[line - 1] - self._gone

    def at(self, row: int) -> tuple[int, int]:
        """The line in a row, and which of the line's rows it is."""
        if self.wrapped is None:
            return row, 0
        line = bisect_right(self._ends, row + self._gone)
        return line, row - self.top(line)
