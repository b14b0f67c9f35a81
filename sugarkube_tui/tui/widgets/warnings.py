"""What is wrong here, in a few rows: whole sentences while they fit, and where the rest can be read."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from sugarkube_tui.tui import words
from sugarkube_tui.tui.widgets.pane import wrapped


def fitting(lines: Sequence[Content], width: int, rows: int, elsewhere: str) -> list[Content]:
    """As many whole lines as have room; of the first one, at least its beginning.

    Args:
        width: cells of a row.
        rows: at most.
        elsewhere: what tells of all lines, such as `e reads`.
    """
    whole = [wrapped(line, width) for line in lines]
    if sum(map(len, whole)) <= rows:
        return [row for line in whole for row in line]
    shown: list[Content] = []
    told = 0
    for line in whole:
        if len(shown) + len(line) > rows - 1:
            break
        shown += line
        told += 1
    if told == 0:
        cut = whole[0][: max(1, rows - 1)]
        shown = [*cut[:-1], Content.assemble(cut[-1], " …").truncate(width, ellipsis=True)]
    more = len(lines) - max(1, told)
    rest = "all of it" if not more else f"{'' if told else 'this, and '}{more} more"
    return [*shown, words.muted(f"  {elsewhere} {rest}")]


class Warnings(Static):
    """Hidden as long as there is nothing to tell."""

    def __init__(self, widget_id: str) -> None:
        super().__init__(id=widget_id, markup=False)
        self.display = False
        self._shown = Content()

    def show(self, lines: Sequence[Content], width: int, rows: int, elsewhere: str) -> None:
        """Show as much as fits; see `fitting`."""
        room = width - self.styles.padding.width
        content = words.lines(fitting(lines, room, rows, elsewhere)) if lines and room > 0 else Content()
        self.display = bool(content)
        if not content.is_same(self._shown):
            self._shown = content
            self.update(content)
