"""Searching a log, in slices that are over soon, whatever the expression."""

from __future__ import annotations

import re
import signal
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from sugarkube_tui.tui.logview.rows import shown_text
from sugarkube_tui.tui.logview.window import Window

SLICE_S = 0.008
"""How long the search may go on before the screen gets its turn."""
LINE_S = 0.03
"""Seconds of processor time that a regular expression may take for one line; then it is given up."""
_BATCH = 64
"""Lines that are searched before anybody looks at a clock, unless they take too long together."""


@dataclass(frozen=True, slots=True)
class Term:
    """What is searched for."""

    text: str
    regex: bool = False

    @property
    def any_case(self) -> bool:
        """Case does not matter unless an upper-case letter was typed; `\\S` and its like are none."""
        text = re.sub(r"\\.", "", self.text) if self.regex else self.text
        return text == text.lower()


class BadPattern(Exception):
    """A regular expression that does not hold; the text says why, in the operator's words."""


class TooSlow(Exception):
    """A regular expression took too long for one line."""


def compiled(term: Term) -> re.Pattern[str]:
    """The pattern of a term.

    Raises:
        BadPattern: it is no regular expression.
    """
    flags = re.IGNORECASE if term.any_case else 0
    try:
        return re.compile(term.text if term.regex else re.escape(term.text), flags)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(f"no regular expression: {error}") from error


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt the block after so much processor time: that others are at work is not its fault.

    Python's `re` can search for ages and lets nobody else run meanwhile, but it looks for signals.
    Only the main thread gets them; in another one nothing is interrupted.

    Raises:
        TooSlow: it was interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TooSlow

    before = signal.signal(signal.SIGVTALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Search:
    """The lines of a window in which a term occurs, found slice by slice.

    Attributes:
        hits: the numbers of the entries in which it occurs, ascending, as far as was searched.
        problem: why it was given up; empty when it was not.
    """

    def __init__(self, term: Term, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Raises:
            BadPattern: the term is no regular expression.
        """
        self.term = term
        self.hits: list[int] = []
        self.problem = ""
        self._pattern = compiled(term)
        self._next = 0
        self._batch = _BATCH
        self._clock = clock

    def is_done(self, window: Window) -> bool:
        return bool(self.problem) or self._next >= window.end

    def restart(self) -> None:
        """Search everything again: other lines are shown."""
        self.hits, self._next = [], 0

    def advance(self, window: Window, budget: float = SLICE_S) -> None:
        """Search on, for about so many seconds."""
        if self._next > window.end:  # another log
            self.restart()
        del self.hits[: bisect_left(self.hits, window.first)]
        self._next = max(self._next, window.first)
        if self.is_done(window):
            return
        numbers = window.numbers
        index = bisect_left(numbers, self._next)
        until = self._clock() + budget
        while index < len(numbers):
            batch = numbers[index : index + self._batch]
            try:
                with self._guarded():
                    hits = [number for number in batch if self._occurs(shown_text(window[number]))]
            except TooSlow:
                if len(batch) > 1:  # each may have the time by itself
                    self._batch = 1
                    return
                self._give_up()
                return
            self.hits += hits
            index += len(batch)
            self._next = batch[-1] + 1
            if self._clock() >= until:
                return
        self._next = window.end

    def _occurs(self, text: str) -> bool:
        """Whether it does; an expression is tried to the end of the line, as to mark its hits it will be."""
        if not self.term.regex:
            return self._pattern.search(text) is not None
        return sum(1 for _ in self._pattern.finditer(text)) > 0

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it occurs in a line: begin and end, in characters; none for empty matches."""
        try:
            with self._guarded():
                return [match.span() for match in self._pattern.finditer(text) if match.end() > match.start()]
        except TooSlow:
            return []

    def after(self, number: int) -> int | None:
        """The first hit after an entry."""
        place = bisect_right(self.hits, number)
        return self.hits[place] if place < len(self.hits) else None

    def before(self, number: int) -> int | None:
        """The last hit before an entry."""
        place = bisect_left(self.hits, number)
        return self.hits[place - 1] if place else None

    def place(self, number: int | None) -> int:
        """Which of the hits an entry is, from 1; 0 when it is none."""
        if number is None:
            return 0
        place = bisect_left(self.hits, number)
        return place + 1 if place < len(self.hits) and self.hits[place] == number else 0

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if not self.term.regex:
            yield
            return
        with at_most(LINE_S):
            yield

    def _give_up(self) -> None:
        self.problem = "this expression takes too long; make it simpler"
        self.hits = []
