"""Telling: events with their time, without secrets, to everybody who listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sugarkube_tui.cluster.secrets import Redactor
from sugarkube_tui.engine.events import Event, EventSink, Printed, Spent, redacted
from sugarkube_tui.engine.ports import Clock

Told = TypeVar("Told", bound=Event)


class Teller:
    """The one place that events leave the engine by; before `begin` nobody is told."""

    def __init__(self, clock: Clock, redactor: Redactor) -> None:
        self._clock = clock
        self._sinks: tuple[EventSink, ...] = ()
        self._start = clock.now()
        self.redactor = redactor

    def begin(self, sinks: Sequence[EventSink]) -> None:
        """Tell these, and count the time, from now on."""
        self._sinks = tuple(sinks)
        self._start = self._clock.now()

    @property
    def at(self) -> float:
        """Seconds since the run began."""
        return self._clock.now() - self._start

    def tell(self, event: Told) -> Told:
        """Tell it to everybody; returns what was told, which is without secrets."""
        event = redacted(event, self.redactor)
        for sink in self._sinks:
            sink(event)
        return event

    def log(self, node: str, *lines: str) -> None:
        self.tell(Printed(self.at, node, lines))


class Stopwatch:
    """Where a node's time went: seconds by `Spent`; what nobody claims is our own overhead.

    Args:
        tell: is told what the time goes into from now on, once the stopwatch was begun.
    """

    def __init__(self, clock: Clock, tell: Callable[[Spent], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._begun = False
        self._running = 0
        self._reset()

    def begin(self) -> None:
        """Count from nothing again."""
        self._begun = True
        self._reset()

    def _reset(self) -> None:
        self._began = self._clock.now()
        self._spent = dict.fromkeys(Spent, 0.0)

    @contextmanager
    def spending(self, kind: Spent) -> Iterator[None]:
        """Claims the time of the block; blocks inside another one do not count twice."""
        self._running += 1
        began = self._clock.now()
        if self._begun and self._running == 1:
            self._tell(kind)
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0:
                self._spent[kind] += self._clock.now() - began
                if self._begun:
                    self._tell(Spent.OVERHEAD)

    def totals(self) -> dict[str, float]:
        elapsed = self._clock.now() - self._began
        claimed = sum(self._spent.values())
        return {
            **{kind.value: s for kind, s in self._spent.items()},
            Spent.OVERHEAD.value: max(0.0, elapsed - claimed),
        }
