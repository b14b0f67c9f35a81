"""Where lines are on the screen, wrapped and not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sugarkube_tui.engine.log import Kind, LogEntry
from sugarkube_tui.tui.logview.rows import Rows, cells, cut, shown_text, sideways


def entry(text: str) -> LogEntry:
    return LogEntry(0.0, Kind.OUTPUT, "", text)


def rows_of(texts: list[str], width: int | None) -> Rows:
    rows = Rows(width)
    rows.extend([entry(text) for text in texts])
    return rows


def test_without_wrapping_every_line_is_one_row() -> None:
    rows = rows_of(["a" * 30, "", "b"], None)
    assert rows.height == 3
    assert [rows.at(row) for row in range(3)] == [(0, 0), (1, 0), (2, 0)]
    assert rows.widest == 30


def test_a_wrapped_line_takes_the_rows_it_needs_and_an_empty_one_takes_one() -> None:
    rows = rows_of(["a" * 25, "", "b" * 10, "c" * 11], 10)
    assert rows.height == 3 + 1 + 1 + 2
    assert [rows.top(line) for line in range(4)] == [0, 3, 4, 5]
    assert [rows.at(row) for row in range(7)] == [(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (3, 0), (3, 1)]


def test_lines_that_are_dropped_move_the_others_up() -> None:
    rows = rows_of(["a" * 25, "b", "c" * 15], 10)
    rows.drop(1)
    assert (rows.height, rows.lines) == (3, 2)
    assert [rows.at(row) for row in range(3)] == [(0, 0), (1, 0), (1, 1)]
    rows.extend([entry("d")])
    assert rows.at(3) == (2, 0)
    rows.drop(3)
    assert rows.height == 0
    rows.extend([entry("e" * 11)])
    assert (rows.height, rows.top(0), rows.at(1)) == (2, 0, (0, 1))


@given(st.text(max_size=60), st.integers(1, 20))
def test_a_text_is_cut_without_loss_into_pieces_that_fit(text: str, width: int) -> None:
    text = shown_text(entry(text))
    pieces = cut(text, width)
    assert "".join(text[start:end] for start, end in pieces) == text
    for start, end in pieces:
        assert cell_len(text[start:end]) <= width or end - start == 1
    assert cells(text) == cell_len(text)


@given(st.lists(st.text(max_size=40), max_size=12), st.integers(1, 15), st.integers(0, 12))
def test_rows_and_lines_agree(texts: list[str], width: int, dropped: int) -> None:
    rows = rows_of(texts, width)
    dropped = min(dropped, len(texts))
    rows.drop(dropped)
    expected = [
        (line, part)
        for line, text in enumerate(texts[dropped:])
        for part in range(len(cut(shown_text(entry(text)), width)))
    ]
    assert [rows.at(row) for row in range(rows.height)] == expected


@pytest.mark.parametrize(
    ("offset", "start", "end", "wanted"),
    [
        (0, 5, 15, 0),
        (0, 30, 40, 0),
        (25, 30, 40, 0),
        (0, 38, 45, 5),
        (10, 38, 45, 10),
        (90, 50, 60, 50),
        (0, 50, 120, 50),
    ],
)
def test_a_place_in_a_line_is_brought_into_view_from_its_beginning_or_by_as_little_as_is_needed(
    offset: int, start: int, end: int, wanted: int
) -> None:
    assert sideways(offset, start, end, width=40) == wanted
