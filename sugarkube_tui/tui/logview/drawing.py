"""Drawing one row of a log as a strip of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from sugarkube_tui.tui.logview.rows import cells, cut


class Mark(NamedTuple):
    """A style for some of a line's characters, from `start` up to `end`."""

    start: int
    end: int
    style: Style


@dataclass(frozen=True, slots=True)
class Row:
    """A row to draw.

    Attributes:
        number: the entry's number; the mouse's selection is told in numbers and characters.
        text: the whole line, clean.
        start, end: the characters that belong to this row.
        skip: cells at the row's left that are scrolled out.
        lead: what stands before it, such as the time.
        marks: later ones win.
    """

    number: int
    text: str
    start: int
    end: int
    skip: int
    lead: str
    lead_style: Style
    style: Style
    marks: Sequence[Mark]


def strip_of(row: Row, width: int) -> Strip:
    """The row as exactly `width` cells."""
    segments = [Segment(row.lead, row.lead_style)] if row.lead else []
    start, end, gap = _visible(row, max(0, width - len(row.lead)))
    if gap:  # half of a wide character is scrolled out
        segments.append(Segment(" " * gap, row.style))
    for begin, until in pairwise(_edges(row.marks, start, end)):
        style = row.style
        for mark in row.marks:
            if mark.start <= begin and until <= mark.end:
                style += mark.style
        where = Style(meta={"offset": (begin, row.number)})
        segments.append(Segment(row.text[begin:until], style + where))
    return Strip(segments).adjust_cell_length(width, row.style)


def _visible(row: Row, width: int) -> tuple[int, int, int]:
    """The characters that can be seen, and the cells that stay empty before them."""
    text = row.text[row.start : row.end]
    if text.isascii():
        start = min(row.end, row.start + row.skip)
        return start, min(row.end, start + width), 0
    start, gap = row.start, 0
    if row.skip:
        place = cut(text, row.skip)[0][1]
        if cells(text[:place]) < row.skip:  # a wide character stands across the edge
            place = min(place + 1, len(text))
        start += place
        gap = max(0, cells(text[:place]) - row.skip)
    rest = row.text[start : row.end]
    return start, start + (cut(rest, width - gap)[0][1] if width > gap else 0), gap


def _edges(marks: Iterable[Mark], start: int, end: int) -> list[int]:
    edges = {start, end}
    for mark in marks:
        edges.update((min(max(mark.start, start), end), min(max(mark.end, start), end)))
    return sorted(edges)
