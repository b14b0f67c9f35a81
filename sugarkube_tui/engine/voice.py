"""What is told in one node's name, and what its time goes into."""

from __future__ import annotations

from collections.abc import Iterable

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.events import Spending, Spent, WaitEnded, Waiting, Warned
from sugarkube_tui.engine.ports import Clock, Progress
from sugarkube_tui.engine.telling import Stopwatch, Teller, Told


class Voice:
    """Speaks for one node.

    Attributes:
        name: what the run calls the node.
        warned: a warning was told.
    """

    def __init__(self, name: str, clock: Clock, teller: Teller) -> None:
        self.name = name
        self.warned = False
        self.stopwatch = Stopwatch(clock, self._spends)
        self._teller = teller

    @property
    def at(self) -> float:
        """Seconds since the run began."""
        return self._teller.at

    def tell(self, event: Told) -> Told:
        """Tell it; returns what was told, which is without secrets."""
        return self._teller.tell(event)

    def log(self, *lines: str) -> None:
        """Lines for its log."""
        self._teller.log(self.name, *lines)

    def hide(self, secret: Secret) -> None:
        """From now on, nothing that is told of any node shows it."""
        self._teller.redactor.learn(secret)

    def warn(self, what: str, remedy: str) -> None:
        """Tell a problem that does not stop it."""
        self.warned = True
        self.tell(Warned(self.at, self.name, what, remedy))

    def waiting(self, what: str, seconds: float | None, seen: str, others: Iterable[str] = ()) -> None:
        """Tell what the node waits for; `seconds` from now it gives up, None: when `others` are done."""
        until = None if seconds is None else self.at + seconds
        self.tell(Waiting(self.at, self.name, what, until, seen, others=tuple(others)))

    def wait_ended(self) -> None:
        self.tell(WaitEnded(self.at, self.name))

    def progress(self, what: str, seconds: float | None) -> Progress:
        """Tells how far something is that begins now.

        Args:
            seconds: from now, in which it has to be done; None: that is not known.
        """
        until = None if seconds is None else self.at + seconds

        def progress(share: float | None, seen: str) -> None:
            self.tell(Waiting(self.at, self.name, what, until, seen, share))

        return progress

    def _spends(self, kind: Spent) -> None:
        self.tell(Spending(self.at, self.name, kind))
