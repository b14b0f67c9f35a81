"""Covers the screen when the terminal is too small to work in safely."""

from __future__ import annotations

from textual.widgets import Static

LEAST_WIDTH = 60
LEAST_HEIGHT = 16


class TooSmall(Static):
    """Shown by the screen's size classes; keys that change something are off meanwhile."""

    def __init__(self) -> None:
        super().__init__(markup=False)

    def on_resize(self) -> None:
        size = self.app.size
        self.update(
            f"▲ This terminal is too small\n\n{size.width}×{size.height} now, {LEAST_WIDTH}×{LEAST_HEIGHT} "
            "at least, 80×24 is good\n\nMake it larger, or q quits.\nWhat is running goes on."
        )
