"""A scrolling pane of text, wrapped so that what belongs together stays under one another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region
from textual.widgets import Static

from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings

_HEAD = re.compile(r" *(?:[✔▶◷▲✖?·→◆■□│$] +)?(?:\S+(?: \S+){0,2} {2,})?")
"""What a wrapped line's continuation is indented by: blanks, a sign, and the name of a value."""
_DEEPEST = 24


def wrapped(line: Content, width: int) -> list[Content]:
    """A line as rows of at most `width` cells, the further ones hanging below the first one's text."""
    if line.cell_length <= width:
        return [line]
    match = _HEAD.match(line.plain)
    indent = match.end() if match is not None else 0
    if indent > min(_DEEPEST, width // 2):
        indent = len(line.plain) - len(line.plain.lstrip(" "))
    if indent >= width - 4:
        indent = 0
    first, *rest = line[indent:].wrap(width - indent)
    return [
        Content.assemble(line[:indent], first) if indent else first,
        *(Content.assemble(" " * indent, row) for row in rest),
    ]


class Pane(VerticalScroll, inherit_bindings=False):
    """A box with a title; its text scrolls by keys when it has the focus."""

    KEY_GROUP: ClassVar[str] = "Pane"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, title: str, widget_id: str, classes: str = "") -> None:
        super().__init__(id=widget_id, classes=f"box {classes}")
        self.border_title = Content(title)
        self._parts: tuple[Content, ...] = ()
        self._drawn: tuple[int, tuple[Content, ...]] | None = None

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def show(self, parts: Sequence[Content | str], title: str | None = None) -> None:
        """Show these lines; names from the LAN are fine in all of them."""
        self._parts = tuple(part if isinstance(part, Content) else words.plain(part) for part in parts)
        if title is not None:
            self.border_title = words.plain(title)
        self._draw()

    def reveal(self, index: int) -> None:
        """Scroll as far as is needed to see one of the lines."""
        width = self.scrollable_content_region.width
        if width <= 0 or not 0 <= index < len(self._parts):
            return
        heights = [len(wrapped(part, width)) for part in self._parts[: index + 1]]
        place = Region(0, sum(heights[:-1]), width, heights[-1])
        self.call_after_refresh(self.scroll_to_region, place, animate=False)

    def on_resize(self) -> None:
        self._draw()

    def _is_drawn(self, width: int) -> bool:
        """As it is now, colours included: `==` would only compare the text."""
        if self._drawn is None or self._drawn[0] != width or len(self._drawn[1]) != len(self._parts):
            return False
        return all(map(Content.is_same, self._drawn[1], self._parts))

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or self._is_drawn(width):
            return
        self._drawn = (width, self._parts)
        rows = [row for part in self._parts for row in wrapped(part, width)]
        self.query_one(Static).update(Content("\n").join(rows))
