"""The line at the bottom: which keys work now."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static


class Offer(NamedTuple):
    """A key on the bar."""

    key: str
    shown: str
    description: str
    tooltip: str


class KeyBar(Static):
    """The keys that the screen offers; the mouse presses them.

    One widget, unlike Textual's footer, which has one for each key, and makes them anew after the first frame
    and at every move of the focus: each time costs as much as drawing a frame.
    """

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.offers: list[Offer] = []
        self._edges = [0]
        """The cell at which each of them begins, and the last one ends."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._offer)
        self._offer(self.screen)

    def _offer(self, screen: Screen[object]) -> None:
        offers: dict[str, Offer] = {}
        for _, binding, _, tooltip in screen.active_bindings.values():
            if binding.show:  # of several keys for one action, the first one
                shown = self.app.get_key_display(binding)
                tip = tooltip or binding.description
                offers.setdefault(binding.action, Offer(binding.key, shown, binding.description, tip))
        if (new := list(offers.values())) != self.offers:
            self.offers = new
            self._draw()

    def _draw(self) -> None:
        bar, self._edges = Content(), [0]
        for offer in self.offers:
            key, words = "bold $footer-key-foreground", "$footer-description-foreground"
            bar += Content.assemble((f" {offer.shown} ", key), (f"{offer.description} ", words))
            self._edges.append(bar.cell_length)
        self.update(bar, layout=False)

    def _under(self, x: int) -> Offer | None:
        place = bisect_right(self._edges, x) - 1
        return self.offers[place] if place < len(self.offers) else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        offer = self._under(event.x)
        self.tooltip = offer.tooltip if offer is not None else None

    def on_click(self, event: events.Click) -> None:
        offer = self._under(event.x)
        if offer is not None:
            self.app.simulate_key(offer.key)
