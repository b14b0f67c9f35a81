"""A log, drawn from a ring buffer; only what is visible and new is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import BindingType
from textual.widgets import Log

from sugarkube_tui.engine import log
from sugarkube_tui.tui.keys import bindings

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SIGNS = {"✔": "green", "▶": "cyan", "✖": "bold red", "▲": "yellow", "◷": "yellow", "→": "bold yellow"}


class _Signs(Highlighter):
    """Colours the sign at a line's beginning, and the titles of steps."""

    def highlight(self, text: Text) -> None:
        line = text.plain
        if line.startswith("── "):
            text.stylize("bold")
        sign = line.lstrip()[:1]
        if sign in _SIGNS:
            start = line.index(sign)
            text.stylize(_SIGNS[sign], start, start + 1)


class LogPane(Log, inherit_bindings=False):
    """Follows the end until the reader scrolls up; then it stays, and counts what is new."""

    KEY_GROUP: ClassVar[str] = "Log"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self) -> None:
        super().__init__(max_lines=log.LOG_LINES, auto_scroll=True)
        self.highlight = True
        self.highlighter = _Signs()
        self._shown = 0
        self.following = True
        self.unseen = 0

    def feed(self, logged: log.Log) -> None:
        """Draw the lines that are new since the last time."""
        if logged.total < self._shown:  # it has begun anew
            self.clear()
            self._shown = 0
        self.unseen = logged.total - self._shown
        if not self.following or self.unseen == 0:
            return
        new = [entry.text for entry in logged.since(self._shown)]
        self._shown, self.unseen = logged.total, 0
        self.write_lines(new, scroll_end=True)
        self.scroll_end(animate=False, immediate=True, x_axis=False)

    def follow(self, following: bool) -> None:
        """Follow the end, or stay where the reader is."""
        self.following = following
        if following:
            self.scroll_end(animate=False, x_axis=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        # Going up is reading; coming back to the end is following again.
        if new_value < old_value and self.max_scroll_y > new_value and self._is_reader():
            self.following = False
        elif new_value >= self.max_scroll_y:
            self.following = True

    def _is_reader(self) -> bool:
        """The scroll comes from keys or mouse, not from a resize that clamps the offset."""
        return self.has_focus or self.mouse_hover

    @classmethod
    def _process_line(cls, line: str) -> str:
        return _CONTROL.sub("�", line.expandtabs())

    def _update_size(self, updates: int, lines: Iterable[str]) -> None:  # type: ignore[override]
        # The base class measures in a thread of its own per call; a batch of lines is quicker than that.
        width = max((cell_len(self._process_line(line)) for line in lines), default=0)
        self._update_maximum_width(updates, width)
