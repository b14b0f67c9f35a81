"""The parts of a log that can be copied or saved."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from textual.selection import Selection

from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.rows import shown_text
from sugarkube_tui.tui.logview.stamp import Stamp
from sugarkube_tui.tui.logview.window import Window


@dataclass(frozen=True, slots=True)
class Parts:
    """Excerpts of what a window shows.

    Attributes:
        title: what the log is called.
        stamp: writes the time before every line; None: the time is not shown.
    """

    title: str
    window: Window
    stamp: Stamp | None = None

    def whole(self) -> Excerpt:
        """All lines that are shown."""
        shown = self.window.filter.words
        return self._excerpt(f"{self.title} ({shown})" if shown else self.title, self.window.numbers)

    def picked(self, picking: Picking) -> Excerpt:
        """The lines that were chosen by keys."""
        return self._excerpt(self.title, picking.of(self.window.numbers))

    def selected(self, selection: Selection) -> Excerpt:
        """What the mouse has selected; it may begin and end within a line."""
        return Excerpt(self.title, tuple(selected_lines(self.window, selection)))

    def step_at(self, number: int) -> Excerpt:
        """The step that an entry belongs to, as far as it is shown."""
        window = self.window
        step = window[number].step
        numbers = (other for other in window.numbers if window[other].step == step)
        return self._excerpt(f"{self.title}, {step}" if step else self.title, numbers)

    def _excerpt(self, what: str, numbers: Iterable[int]) -> Excerpt:
        entries = (self.window[number] for number in numbers)
        if self.stamp is None:
            return Excerpt(what, tuple(map(shown_text, entries)))
        return Excerpt(what, tuple(f"{self.stamp(entry.at)} {shown_text(entry)}" for entry in entries))


def selected_lines(window: Window, selection: Selection) -> list[str]:
    """The text of a selection whose offsets are numbers of entries and characters of their lines."""
    numbers = window.numbers
    low = 0 if selection.start is None else bisect_left(numbers, selection.start.y)
    high = len(numbers) if selection.end is None else bisect_right(numbers, selection.end.y)
    lines = []
    for number in numbers[low:high]:
        start, end = selection.get_span(number) or (0, 0)
        lines.append(shown_text(window[number])[start : None if end == -1 else end])
    return lines
