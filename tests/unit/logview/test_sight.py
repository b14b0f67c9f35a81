"""How far is scrolled, and how long a screenful stays."""

from __future__ import annotations

import pytest

from sugarkube_tui.tui.logview.flood import STAYS_S, Flood
from sugarkube_tui.tui.logview.sight import nearest, well_placed


@pytest.mark.parametrize(
    ("offset", "row", "height", "to"),
    [(0, 0, 10, 0), (5, 14, 10, 5), (5, 15, 10, 6), (5, 4, 10, 4), (100, 3, 10, 3), (3, 100, 10, 91)],
)
def test_as_little_is_scrolled_as_is_needed(offset: int, row: int, height: int, to: int) -> None:
    assert nearest(offset, row, height) == to


@pytest.mark.parametrize(
    ("offset", "row", "height", "to"),
    [(0, 0, 9, 0), (5, 12, 9, 5), (5, 13, 9, 10), (5, 2, 9, 0), (100, 50, 9, 47)],
)
def test_what_is_gone_to_has_something_around_it(offset: int, row: int, height: int, to: int) -> None:
    assert well_placed(offset, row, height) == to


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_only_a_whole_screenful_is_held_back_and_only_for_a_while(chance: float) -> None:
    now = 100.0
    flood = Flood(lambda: now, lambda: chance)
    assert not flood.holds_back(50, 10)  # nothing was shown before
    assert flood.holds_back(50, 10)
    assert not flood.holds_back(10, 10)
    now += STAYS_S * 0.9
    assert flood.holds_back(11, 10)
    now += STAYS_S * (0.2 + chance / 2)
    assert not flood.holds_back(11, 10)
    assert flood.holds_back(11, 10)
