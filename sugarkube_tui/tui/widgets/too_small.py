"""Covers the screen when the terminal is too small to work in safely."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.widgets import Static

LEAST_WIDTH = 60
LEAST_HEIGHT = 16


def is_too_small(screen: DOMNode) -> bool:
    """Whether nothing can be read on this screen."""
    return screen.has_class("-tiny") or screen.has_class("-flat")


class TooSmall(Static):
    """Shown by the screen's size classes; keys that change something are off meanwhile."""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_resize(self) -> None:
        size = self.app.size
        way_out = "Esc goes back" if self.screen.is_modal else "q quits"
        self.update(
            f"▲ This terminal is too small\n\n{size.width}×{size.height} now, {LEAST_WIDTH}×{LEAST_HEIGHT} "
            f"at least, 80×24 is good\n\nMake it larger, or {way_out}.\nWhat is running goes on."
        )
