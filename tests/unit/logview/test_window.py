"""What a log pane holds: it follows, keeps still under a reader, and filters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.tui.logview import window as module
from sugarkube_tui.tui.logview.filters import Filter, Level
from sugarkube_tui.tui.logview.window import Window


def write(log: Log, count: int, kind: Kind = Kind.OUTPUT, step: str = "one", size: int = 0) -> None:
    for _ in range(count):
        log.write(LogEntry(0.0, kind, step, f"{log.total}" + "x" * size))


def texts(window: Window) -> list[str]:
    return [window[number].text for number in window.numbers]


def fed(window: Window, log: Log) -> Window:
    window.feed(log)
    return window


def test_it_follows_the_end_and_drops_what_the_log_drops() -> None:
    log, window = Log(lines=5), Window()
    write(log, 4)
    assert texts(fed(window, log)) == ["0", "1", "2", "3"]
    write(log, 3)
    assert window.feed(log) == 2
    assert texts(window) == ["2", "3", "4", "5", "6"]
    write(log, 100)
    assert window.feed(log) == 5
    assert texts(window) == ["102", "103", "104", "105", "106"]


def test_what_is_read_stays_while_the_log_drops_it() -> None:
    log, window = Log(lines=5), Window()
    write(log, 5)
    fed(window, log).keep_still()
    for _ in range(10):
        write(log, 3)
        assert window.feed(log) == 0
    assert texts(window)[:5] == ["0", "1", "2", "3", "4"]
    assert texts(window) == [str(number) for number in range(35)]
    assert window.unseen == 30
    window.go_on()
    assert texts(fed(window, log)) == ["30", "31", "32", "33", "34"]
    assert window.unseen == 0


def test_lines_that_came_too_quickly_to_be_held_are_counted_and_never_leave_a_gap() -> None:
    log, window = Log(lines=5), Window()
    write(log, 5)
    fed(window, log).keep_still()
    write(log, 2)
    window.feed(log)
    write(log, 50)
    window.feed(log)
    write(log, 1)
    assert texts(fed(window, log)) == [str(number) for number in range(7)]
    assert window.unseen == 53


def test_what_comes_while_it_keeps_still_is_held_up_to_a_bound(monkeypatch) -> None:
    monkeypatch.setattr(module, "MORE_LINES", 3)
    log, window = Log(), Window()
    write(log, 2)
    fed(window, log).keep_still()
    write(log, 10)
    assert texts(fed(window, log)) == ["0", "1", "2", "3", "4"]
    assert window.unseen == 10
    write(log, 1)
    assert len(fed(window, log).numbers) == 5
    assert window.unseen == 11


def test_a_bound_of_bytes_holds_as_well(monkeypatch) -> None:
    monkeypatch.setattr(module, "MORE_BYTES", 5_000)
    log, window = Log(), Window()
    write(log, 2)
    fed(window, log).keep_still()
    write(log, 10, size=1_000)
    assert len(fed(window, log).numbers) == 2 + 4
    assert window.unseen == 10


def test_a_filter_hides_lines_and_counts_only_what_it_would_show() -> None:
    log, window = Log(), Window()
    write(log, 3, Kind.OUTPUT, "one")
    write(log, 1, Kind.COMMAND, "one")
    write(log, 2, Kind.ERROR, "two")
    fed(window, log)
    window.show(Filter(Level.COMMANDS))
    assert (texts(window), window.hidden) == (["3"], 5)
    window.show(Filter(Level.TROUBLE, "two"))
    assert (texts(window), window.hidden) == (["4", "5"], 4)
    window.show(Filter(Level.TROUBLE, "one"))
    assert texts(window) == []
    window.show(Filter(step="one"))
    assert texts(window) == ["0", "1", "2", "3"]
    window.keep_still()
    write(log, 5, Kind.OUTPUT, "two")
    write(log, 1, Kind.OUTPUT, "one")
    assert fed(window, log).unseen == 1


def test_another_filter_counts_anew_what_was_counted_only(monkeypatch) -> None:
    monkeypatch.setattr(module, "MORE_LINES", 3)
    log, window = Log(lines=20), Window()
    write(log, 2)
    fed(window, log).keep_still()
    write(log, 10)
    write(log, 2, Kind.ERROR)
    assert fed(window, log).unseen == 12
    window.show(Filter(Level.TROUBLE))
    assert window.unseen == 2
    window.show(Filter())
    assert window.unseen == 12
    write(log, 30)
    assert fed(window, log).unseen == 42
    window.show(Filter(Level.TROUBLE))  # the errors were dropped before anybody could see them
    assert window.unseen == 0
    window.show(Filter())
    assert window.unseen == 42


def test_another_log_is_begun_anew_however_long_it_is() -> None:
    log, window = Log(), Window()
    write(log, 5)
    fed(window, log).keep_still()
    again = Log()
    write(again, 9)
    assert window.feed(again) == 5
    assert not window.still
    assert texts(window) == [str(number) for number in range(9)]


def test_the_steps_are_told_in_their_order() -> None:
    log, window = Log(), Window()
    for step in ("", "one", "two", "one"):
        write(log, 2, step=step)
    assert fed(window, log).steps == ["", "one", "two"]


def test_the_levels_are_gone_through_and_come_round() -> None:
    level, seen = Level.ALL, []
    for _ in range(5):
        seen.append(level.words)
        level = level.following
    assert seen == ["everything", "no output", "commands only", "warnings and errors", "everything"]
    assert Filter(Level.COMMANDS, "Install k3s").words == "commands only, Install k3s"


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["feed", "still", "on", "all", "commands"]))))
def test_whatever_happens_it_shows_a_gapless_piece_of_the_log(moves: list[tuple[int, str]]) -> None:
    log, window = Log(lines=10), Window()
    for count, move in moves:
        write(log, count, Kind.COMMAND if count % 2 else Kind.OUTPUT)
        match move:
            case "still":
                window.keep_still()
            case "on":
                window.go_on()
            case "all" | "commands":
                window.show(Filter(Level.ALL if move == "all" else Level.COMMANDS))
        held = texts(window)
        still = window.still
        window.feed(log)
        shown = [
            window[number].text
            for number in range(window.first, window.end)
            if window.filter.passes(window[number])
        ]
        assert texts(window) == shown == [str(number) for number in window.numbers]
        if still:
            assert texts(window)[: len(held)] == held
        else:
            assert (window.first, window.end) == (log.first, log.total)
