"""Timeline: what each node's time went into, when, and what it waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sugarkube_tui.engine.events import Spent

HICCUP_S = 0.25
"""Seconds of our own overhead between two spans of one kind that are not worth a span."""
ALWAYS_SEEN = (Spent.ASKING, Spent.REBOOT)
"""Kinds that mark their whole cell, however short they are."""


@dataclass(slots=True)
class Span:
    """A stretch of one node's time.

    Attributes:
        began, ended: seconds since the run began; None while it goes on.
        others: names of the nodes that it waited for.
    """

    kind: Spent
    began: float
    ended: float | None = None
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class Track:
    """One node's spans, without gaps, in order."""

    spans: list[Span] = field(default_factory=list)

    def spend(self, kind: Spent, at: float) -> None:
        """From now on its time goes into this."""
        spans = self.spans
        self.end(at)
        if spans and spans[-1].began >= at:
            spans.pop()
        if len(spans) >= 2 and self._is_hiccup(spans[-2], spans[-1], kind, at):
            spans.pop()
        if spans and spans[-1].kind is kind and not spans[-1].others:
            spans[-1].ended = None
        else:
            spans.append(Span(kind, at))

    @staticmethod
    def _is_hiccup(before: Span, last: Span, kind: Spent, at: float) -> bool:
        short = last.kind is Spent.OVERHEAD and at - last.began <= HICCUP_S
        return short and before.kind is kind and not before.others

    def wait_for(self, others: tuple[str, ...], at: float) -> None:
        """It waits for these nodes from now on."""
        if not self.spans or self.spans[-1].kind is not Spent.WAITING or self.spans[-1].others == others:
            return
        if self.spans[-1].others:
            self.end(at)
            self.spans.append(Span(Spent.WAITING, at, None, others))
        else:
            self.spans[-1].others = others

    def end(self, at: float) -> None:
        if self.spans and self.spans[-1].ended is None:
            self.spans[-1].ended = at

    @property
    def now(self) -> Spent | None:
        """What its time goes into; None before the beginning and after the end."""
        return self.spans[-1].kind if self.spans and self.spans[-1].ended is None else None

    def totals(self, now: float) -> dict[Spent, float]:
        """Seconds by kind, until now."""
        totals = dict.fromkeys(Spent, 0.0)
        for span in self.spans:
            totals[span.kind] += (now if span.ended is None else span.ended) - span.began
        return totals

    def waited_for(self, now: float) -> dict[str, float]:
        """Seconds by the name of the node that it waited for; of several at once, each counts in full."""
        waited: dict[str, float] = {}
        for span in self.spans:
            for other in span.others:
                took = (now if span.ended is None else span.ended) - span.began
                waited[other] = waited.get(other, 0.0) + took
        return waited


def scale(seconds: float, cells: int) -> float:
    """Seconds for each cell, a round number, so that so many seconds fit into so many cells."""
    rounds = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
    return next((step for step in rounds if step * cells >= seconds), seconds / max(1, cells))


def cells(spans: Sequence[Span], per_cell: float, now: float) -> Iterator[Spent]:
    """What filled each cell from the run's beginning until now: mostly, or at all for what always shows."""
    if not spans:
        return
    end = now if spans[-1].ended is None else spans[-1].ended
    place = 0
    at = 0.0
    while at < end:
        until = at + per_cell
        shares: dict[Spent, float] = {}
        while place < len(spans):
            span = spans[place]
            ended = now if span.ended is None else span.ended
            shares[span.kind] = shares.get(span.kind, 0.0) + min(ended, until) - max(span.began, at)
            if ended > until:
                break
            place += 1
        marked = next((kind for kind in ALWAYS_SEEN if shares.get(kind, 0.0) > 0), None)
        yield marked or max(shares, key=lambda kind: shares[kind], default=Spent.OVERHEAD)
        at = until
