"""Warnings in a few rows: whole while they fit, and never silently cut."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.tui.widgets.warnings import fitting

LONG = Content("▲ " + " ".join(["word"] * 20))


def test_what_fits_is_told_whole() -> None:
    assert [row.plain for row in fitting([Content("▲ one"), Content("▲ two")], 20, 2, "e reads")] == [
        "▲ one",
        "▲ two",
    ]


def test_a_long_one_is_wrapped_when_there_are_rows_for_it() -> None:
    rows = fitting([LONG], 40, 3, "e reads")
    assert " ".join(row.plain.strip() for row in rows) == LONG.plain
    assert max(row.cell_length for row in rows) <= 40


def test_what_has_no_room_is_counted() -> None:
    rows = fitting([Content("▲ one"), Content("▲ two"), Content("▲ three")], 20, 2, "e reads")
    assert [row.plain for row in rows] == ["▲ one", "  e reads 2 more"]


def test_of_one_that_has_no_room_its_beginning_is_shown_and_where_it_is_whole() -> None:
    first, last = fitting([LONG, LONG], 40, 2, "e reads")
    assert first.plain.startswith("▲ word word") and first.plain.endswith("…")
    assert first.cell_length <= 40
    assert last.plain == "  e reads this, and 1 more"
    assert fitting([LONG], 40, 2, "e reads")[-1].plain == "  e reads all of it"
