"""Choosing lines by keys."""

from __future__ import annotations

from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.logview.picking import Picking

SHOWN = (3, 5, 8, 9)


def test_the_cursor_moves_over_the_lines_that_are_shown_and_stops_at_the_ends() -> None:
    picking = Picking(8, 8)
    assert picking.moved(SHOWN, -1).of(SHOWN) == (5, 8)
    assert picking.moved(SHOWN, -10).of(SHOWN) == (3, 5, 8)
    assert picking.moved(SHOWN, 10).of(SHOWN) == (8, 9)
    assert picking.moved((), 1) == picking


def test_either_end_can_be_moved() -> None:
    picking = Picking(5, 8).swapped.moved(SHOWN, -1)
    assert picking.of(SHOWN) == (3, 5, 8)
    assert (picking.low, picking.high, picking.holds(4), picking.holds(9)) == (3, 8, True, False)


def test_an_excerpt_names_its_file_after_what_it_is() -> None:
    excerpt = Excerpt("../pi 4, Install k3s", ("a", "b"))
    assert excerpt.file_name == "pi-4-Install-k3s.txt"
    assert excerpt.text == "a\nb\n"
    assert excerpt.told == "2 lines of ../pi 4, Install k3s"
    assert Excerpt("///", ("a",)).file_name == "log.txt"
