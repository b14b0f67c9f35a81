"""The timeline: spans without gaps, and what fills each cell of a row."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.timeline import HICCUP_S, Track, cells, scale

W, R, D, A, O = Spent.REMOTE, Spent.REBOOT, Spent.WAITING, Spent.ASKING, Spent.OVERHEAD  # noqa: E741


def track(*changes: tuple[float, Spent], end: float | None = None) -> Track:
    made = Track()
    for at, kind in changes:
        made.spend(kind, at)
    if end is not None:
        made.end(end)
    return made


def test_each_cell_shows_what_filled_most_of_it() -> None:
    made = track((0, W), (6, D), (20, W), end=30)
    assert list(cells(made.spans, 10, 99)) == [W, D, W]


def test_reboots_and_questions_are_seen_however_short() -> None:
    made = track((0, W), (3, R), (4, W), (15, A), (16, D), end=20)
    assert list(cells(made.spans, 10, 99)) == [R, A]


def test_what_goes_on_reaches_until_now() -> None:
    made = track((0, W), (5, D))
    assert list(cells(made.spans, 5, 20)) == [W, D, D, D]


def test_a_hiccup_between_two_spans_of_one_kind_is_no_span() -> None:
    made = track((0, W), (5, O), (5 + HICCUP_S / 2, W), end=9)
    assert [(span.kind, span.began, span.ended) for span in made.spans] == [(W, 0, 9)]


def test_it_knows_whom_it_waited_for_and_how_long() -> None:
    made = track((0, W), (10, D))
    made.wait_for(("first",), 10)
    made.wait_for(("second", "third"), 25)
    made.spend(W, 30)
    assert made.waited_for(40) == {"first": 15, "second": 5, "third": 5}
    assert made.totals(40) == {W: 20, R: 0, D: 20, A: 0, O: 0}


@pytest.mark.parametrize(
    ("seconds", "room", "per_cell"), [(50, 60, 1), (61, 60, 2), (600, 60, 10), (90_000, 20, 4500)]
)
def test_the_scale_is_round_and_everything_fits(seconds: float, room: int, per_cell: float) -> None:
    assert scale(seconds, room) == per_cell
    assert scale(seconds, room) * room >= seconds


@given(st.lists(st.tuples(st.floats(0, 50), st.sampled_from(list(Spent))), max_size=40), st.floats(0.5, 60))
def test_spans_have_no_gaps_and_cells_cover_the_time(
    steps: list[tuple[float, Spent]], per_cell: float
) -> None:
    made, at = Track(), 0.0
    for took, kind in steps:
        made.spend(kind, at)
        at += took
    spans = made.spans
    assert all(one.ended == other.began for one, other in pairwise(spans))
    drawn = list(cells(spans, per_cell, at))
    if spans:
        assert sum(made.totals(at).values()) == pytest.approx(at - spans[0].began, abs=1e-6)
        assert len(drawn) * per_cell >= at - 1e-6
    else:
        assert drawn == []
