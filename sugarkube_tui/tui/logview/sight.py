"""How far to scroll, so that a row can be seen."""

from __future__ import annotations


def nearest(offset: int, row: int, height: int) -> int:
    """The offset at which a row is in view, moved as little as is needed.

    Args:
        offset: the rows that are scrolled out now.
        height: the rows that can be seen.
    """
    return max(min(offset, row), row - height + 1)


def well_placed(offset: int, row: int, height: int) -> int:
    """The offset at which a row is in view, but not the last one; it is kept, or else a third of the view is
    above the row."""
    if offset <= row < offset + height - 1:
        return offset
    return max(0, row - height // 3)
