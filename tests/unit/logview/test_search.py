"""Searching: what is found, and that no expression can hold the screen up."""

from __future__ import annotations

import signal
import time

import pytest

from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.tui.logview.filters import Filter, Level
from sugarkube_tui.tui.logview.search import LINE_S, SLICE_S, BadPattern, Search, Term
from sugarkube_tui.tui.logview.window import Window


def window_of(*texts: str, kind: Kind = Kind.OUTPUT, lines: int = 5_000) -> tuple[Log, Window]:
    log, window = Log(lines=lines), Window()
    write(log, *texts, kind=kind)
    window.feed(log)
    return log, window


def write(log: Log, *texts: str, kind: Kind = Kind.OUTPUT) -> None:
    for text in texts:
        log.write(LogEntry(0.0, kind, "", text))


def done(search: Search, window: Window) -> Search:
    while not search.is_done(window):
        search.advance(window)
    return search


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (Term("etcd"), [0, 1]),
        (Term("Etcd"), [1]),
        (Term("a.c"), [2]),
        (Term("a.c", regex=True), [2, 3]),
        (Term(r"^\S+$", regex=True), [0, 1, 2, 3]),
        (Term(r"^\w+ \w+$", regex=True), [4]),
        (Term("[x"), [5]),
    ],
)
def test_case_matters_only_if_a_capital_was_typed_and_signs_only_in_expressions(
    term: Term, found: list[int]
) -> None:
    _, window = window_of("etcd", "Etcd", "a.c", "abc", "Two words", "bad [x here too")
    assert done(Search(term), window).hits == found


@pytest.mark.parametrize("text", ["[x", "(", "*", "a{99999999999}", "(?P<n>", "\\"])
def test_a_bad_expression_is_told(text: str) -> None:
    with pytest.raises(BadPattern, match="no regular expression"):
        Search(Term(text, regex=True))


def test_it_goes_from_hit_to_hit_and_knows_its_place() -> None:
    _, window = window_of("a", "b", "a", "b", "a")
    search = done(Search(Term("a")), window)
    assert (search.after(-1), search.after(0), search.after(3), search.after(4)) == (0, 2, 4, None)
    assert (search.before(5), search.before(2), search.before(0)) == (4, 0, None)
    assert [search.place(number) for number in (0, 1, 2, 4, None)] == [1, 0, 2, 3, 0]


def test_new_lines_are_searched_and_dropped_ones_forgotten() -> None:
    log, window = window_of("a 0", "b", "a 1", lines=3)
    search = done(Search(Term("a")), window)
    write(log, "a 2", "b")
    window.feed(log)
    assert done(search, window).hits == [2, 3]


def test_only_lines_that_are_shown_are_found() -> None:
    log, window = window_of("a 0", "a 1")
    write(log, "a 2", kind=Kind.COMMAND)
    window.feed(log)
    window.show(Filter(Level.COMMANDS))
    assert done(Search(Term("a")), window).hits == [2]


def test_a_long_log_is_searched_in_slices() -> None:
    _, window = window_of(*("x" * 400 for _ in range(4_000)))
    search = Search(Term("y"), clock=iter(range(1_000_000)).__next__)
    search.advance(window, budget=10)
    assert not search.is_done(window)
    assert done(search, window).hits == []


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|a)*b", "(.*)*x", "((a*)*)*b"])
def test_an_expression_that_takes_for_ever_is_given_up_within_a_slice(expression: str) -> None:
    _, window = window_of(*("a" * 400 + "!" for _ in range(200)))
    search = Search(Term(expression, regex=True))
    longest = 0.0
    while not search.is_done(window):
        began = time.process_time()
        search.advance(window)
        longest = max(longest, time.process_time() - began)
    assert "takes too long" in search.problem
    assert longest < 5 * (LINE_S + SLICE_S)  # without a bound it is hours
    assert search.spans("a" * 400 + "!") == []
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_an_expression_that_is_only_slow_is_searched_to_the_end() -> None:
    _, window = window_of(*("ab" * 100 for _ in range(70)))
    search = done(Search(Term(r"a.*b.*c", regex=True)), window)
    assert (search.problem, search.hits) == ("", [])


def test_hits_within_a_line_are_found_and_empty_ones_are_none() -> None:
    assert Search(Term("ab")).spans("abxab") == [(0, 2), (3, 5)]
    assert Search(Term("x*", regex=True)).spans("axxb") == [(1, 3)]
