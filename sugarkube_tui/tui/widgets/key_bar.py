"""The line at the bottom: which keys work now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer


class KeyBar(Footer):
    """Textual's footer, in the first frame already, and built anew only when other keys are offered.

    Textual builds it after the first frame, and again at every move of the focus; each time costs as much as
    drawing a frame.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._bindings_ready = True
        self._offered: list[tuple[Binding, bool]] = []

    def compose(self) -> ComposeResult:
        self._offered = self._offers()
        yield from super().compose()

    def bindings_changed(self, screen: Screen[object]) -> None:
        if self._offers() != self._offered:
            super().bindings_changed(screen)

    def _offers(self) -> list[tuple[Binding, bool]]:
        active = self.screen.active_bindings.values()
        return [(one.binding, one.enabled) for one in active if one.binding.show]
