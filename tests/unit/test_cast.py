"""The cast of the demo: small, without long pauses, and what a player understands."""

from __future__ import annotations

import json

from rich.style import Style

from screenshots.cast import IDLE_S, Piece, cast, written

PLAIN, BOLD = Style(), Style(bold=True)


def test_a_pause_is_no_longer_than_two_seconds() -> None:
    header, *played = map(json.loads, cast([(0.5, "a"), (60.5, "b"), (61.0, "c")]).splitlines())
    assert header["version"] == 2
    assert (header["width"], header["height"]) == (100, 30)
    assert header["idle_time_limit"] == IDLE_S
    assert [(at, text) for at, kind, text in played[1:-1] if kind == "o"] == [
        (0.5, "a"),
        (2.5, "b"),
        (3.0, "c"),
    ]


def test_of_a_row_only_what_has_changed_is_written_where_it_belongs() -> None:
    old = (Piece("│ ", PLAIN), Piece("waits", PLAIN), Piece(" │", PLAIN))
    new = (Piece("│ ", PLAIN), Piece("ready", PLAIN), Piece(" │", PLAIN))
    assert written(7, new, old) == "\x1b[7;3Hready"
    assert written(7, new, ()) == "\x1b[7;1H│ ready │"


def test_a_change_of_style_alone_is_a_change() -> None:
    old, new = (Piece("ready", PLAIN),), (Piece("ready", BOLD),)
    assert written(1, new, old) == "\x1b[1;1H\x1b[1mready\x1b[0m"
