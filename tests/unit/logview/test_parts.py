"""What is copied or saved of a log."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.selection import SELECT_ALL, Selection

from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.logview.parts import Parts, selected_lines
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.stamp import clock_stamp
from sugarkube_tui.tui.logview.window import Window

LINES = (("", "hello"), ("Packages", "one"), ("k3s", "two"), ("Packages", "three\x1b[31m"))


@pytest.fixture
def window() -> Window:
    log, window = Log(), Window()
    for number, (step, text) in enumerate(LINES):
        log.write(LogEntry(60.0 + number, Kind.OUTPUT, step, text))
    window.feed(log)
    return window


def test_the_whole_is_what_is_shown_and_says_what_is_not(window: Window) -> None:
    assert Parts("pi", window).whole().lines == ("hello", "one", "two", "three")
    window.show(Filter(step="k3s"))
    whole = Parts("pi", window).whole()
    assert (whole.what, whole.lines) == ("pi (k3s)", ("two",))


def test_a_step_is_all_its_lines_wherever_they_are(window: Window) -> None:
    step = Parts("pi", window).step_at(1)
    assert (step.what, step.lines) == ("pi, Packages", ("one", "three"))
    before = Parts("pi", window).step_at(0)
    assert (before.what, before.lines) == ("pi", ("hello",))


def test_times_are_copied_where_they_are_shown(window: Window) -> None:
    picked = Parts("pi", window, clock_stamp).picked(Picking(2, 1))
    assert picked.lines == ("01:01.00 one", "01:02.00 two")


@pytest.mark.parametrize(
    ("selection", "lines"),
    [
        (SELECT_ALL, ["hello", "one", "two", "three"]),
        (Selection(Offset(1, 1), Offset(2, 2)), ["ne", "tw"]),
        (Selection(Offset(1, 3), None), ["hree"]),
        (Selection(None, Offset(4, 0)), ["hell"]),
        (Selection(Offset(0, 2), Offset(1, 2)), ["t"]),
        (Selection(Offset(0, 7), Offset(1, 9)), []),
    ],
)
def test_the_mouse_selects_from_a_character_to_another(
    window: Window, selection: Selection, lines: list[str]
) -> None:
    assert selected_lines(window, selection) == lines


def test_what_is_hidden_is_not_selected(window: Window) -> None:
    window.show(Filter(step="Packages"))
    assert selected_lines(window, Selection(Offset(0, 2), Offset(3, 3))) == ["thr"]
