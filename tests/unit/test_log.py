"""A log in memory: what it keeps, and what its numbers mean."""

from __future__ import annotations

import pytest

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import ActionStarted, Printed, StepFinished, StepStarted, Warned
from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.engine.outcome import Evidence, Result


def line(number: int, text: str = "") -> LogEntry:
    return LogEntry(float(number), Kind.OUTPUT, "step", text or str(number))


def written(log: Log, count: int) -> Log:
    for number in range(count):
        log.write(line(number))
    return log


class TestLog:
    def test_it_keeps_the_last_lines(self):
        log = written(Log(lines=3), 10)
        assert [entry.text for entry in log] == ["7", "8", "9"]
        assert (log.total, log.first, len(log)) == (10, 7, 3)

    def test_it_keeps_no_more_bytes_than_it_may_but_always_the_last_line(self):
        log = Log(lines=1000, size=10_000)
        for number in range(20):
            log.write(line(number, "x" * 2_000))
        assert len(log) == 4
        log.write(line(20, "y" * 50_000))
        assert [entry.text[0] for entry in log] == ["y"]

    def test_a_number_keeps_its_meaning_when_older_entries_are_dropped(self):
        log = written(Log(lines=3), 5)
        assert log[4].text == "4"
        log.write(line(5))
        assert log[4].text == "4"
        for number in (0, 2, 6):
            with pytest.raises(IndexError):
                log[number]

    def test_it_tells_what_is_new_as_far_as_it_is_kept(self):
        log = written(Log(lines=3), 5)
        assert [entry.text for entry in log.since(4)] == ["4"]
        assert [entry.text for entry in log.since(0)] == ["2", "3", "4"]
        assert list(log.since(5)) == []

    def test_what_is_taken_is_kept_no_longer_and_is_still_counted(self):
        log = written(Log(lines=3, size=200), 5)
        assert [entry.text for entry in log.take()] == ["2", "3", "4"]
        assert (len(log), log.total, log.first) == (0, 5, 5)
        assert len(written(log, 3)) == 3


class TestBoard:
    def test_every_line_knows_its_kind_and_its_step(self):
        board = Board()
        for event in (
            Printed(0.5, "pi", ("before any step",)),
            StepStarted(1.0, "pi", "k3s", "Install k3s", 1),
            ActionStarted(2.0, "pi", "k3s", "write /etc/x", ("+a", "+b\n+c")),
            Printed(3.0, "pi", ("hello",)),
            Warned(4.0, "pi", "it is hot\nvery", "cool it"),
            StepFinished(5.0, "pi", "k3s", "Install k3s", Result.FAILED, 1.0, Evidence("broken", "one\ntwo")),
        ):
            board.fold(event)
        assert [(entry.at, entry.kind.value, entry.step, entry.text) for entry in board.nodes["pi"].log] == [
            (0.5, "output", "", "before any step"),
            (1.0, "step", "Install k3s", "── Install k3s"),
            (2.0, "command", "Install k3s", "▶ write /etc/x"),
            (2.0, "command", "Install k3s", "  +a"),
            (2.0, "command", "Install k3s", "  +b"),
            (2.0, "command", "Install k3s", "  +c"),
            (3.0, "output", "Install k3s", "hello"),
            (4.0, "warning", "Install k3s", "▲ it is hot"),
            (4.0, "warning", "Install k3s", "  very"),
            (4.0, "warning", "Install k3s", "  → cool it"),
            (5.0, "error", "Install k3s", "✖ broken"),
            (5.0, "error", "Install k3s", "  one"),
            (5.0, "error", "Install k3s", "  two"),
        ]
