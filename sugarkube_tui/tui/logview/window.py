"""The part of a log that a pane holds: it follows the log, or keeps still while somebody reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from sys import getsizeof

from sugarkube_tui.engine.log import LOG_BYTES, LOG_LINES, Log, LogEntry
from sugarkube_tui.tui.logview.filters import Filter

MORE_LINES = LOG_LINES
MORE_BYTES = LOG_BYTES
"""What may come to a window that keeps still; what comes later is only counted."""


class Window:
    """Entries by their number in the log, and those of them that a filter lets through.

    While it keeps still nothing that it holds is dropped, whatever the log drops.

    Attributes:
        filter: what is shown; change it with `show`.
        numbers: the numbers of the entries that are shown, ascending.
        still: it keeps still.
    """

    def __init__(self) -> None:
        self.filter = Filter()
        self.numbers: list[int] = []
        self.still = False
        self._log: Log | None = None
        self._entries: list[LogEntry] = []
        self._first = 0
        self._since = 0
        self._beyond = 0
        self._counted = 0
        self._room = (MORE_LINES, MORE_BYTES)

    @property
    def first(self) -> int:
        return self._first

    @property
    def end(self) -> int:
        """The number after the newest entry's that is held."""
        return self._first + len(self._entries)

    @property
    def hidden(self) -> int:
        """How many of the held entries the filter hides."""
        return len(self._entries) - len(self.numbers)

    @property
    def unseen(self) -> int:
        """How many entries that would be shown came since the window keeps still."""
        if not self.still:
            return 0
        return len(self.numbers) - bisect_left(self.numbers, self._since) + self._beyond

    @property
    def steps(self) -> list[str]:
        """The titles of the steps in it, in order."""
        return list(dict.fromkeys(entry.step for entry in self._entries))

    def __getitem__(self, number: int) -> LogEntry:
        return self._entries[number - self._first]

    def keep_still(self) -> None:
        """From now on nothing is dropped, and new entries are counted."""
        if not self.still:
            self.still = True
            self._since = self._counted = self.end
            self._beyond = 0
            self._room = (MORE_LINES, MORE_BYTES)

    def go_on(self) -> None:
        """Follow the log again: the next `feed` brings its end."""
        self.still = False

    def show(self, wanted: Filter) -> None:
        """Show what this filter lets through."""
        self.filter = wanted
        self.numbers = []
        self._index(self._entries, self._first)
        self._count_beyond()

    def feed(self, log: Log) -> int:
        """Take in what is new; another log than before is begun anew.

        Returns:
            How many of `numbers` were dropped at its beginning.
        """
        dropped = 0
        if log is not self._log:
            dropped = self._begin(log)
        if self.still:
            self._take_while_there_is_room(log)
            return dropped
        if log.first > self._first:
            gone = bisect_left(self.numbers, log.first)
            dropped += gone
            del self.numbers[:gone]
            del self._entries[: log.first - self._first]
            self._first = log.first
        self._extend(list(log.since(self.end)))
        return dropped

    def _begin(self, log: Log) -> int:
        dropped = len(self.numbers)
        self._log, self._entries, self.numbers, self._first = log, [], [], log.first
        self.still = False
        return dropped

    def _take_while_there_is_room(self, log: Log) -> None:
        start = max(self._counted, log.first)
        self._beyond += start - self._counted  # the log has dropped them unseen
        whole = start == self.end
        new = list(log.since(start))
        taken = 0
        lines, size = self._room
        if whole:
            for entry in new:
                lines, size = lines - 1, size - getsizeof(entry.text)
                if lines < 0 or size < 0:
                    break
                taken += 1
        self._room = (lines, size)
        self._extend(new[:taken])
        self._beyond += sum(map(self.filter.passes, new[taken:]))
        self._counted = log.total

    def _count_beyond(self) -> None:
        """Of what is counted only, and was dropped since, nobody knows what another filter lets through."""
        log, unread = self._log, self._counted - self.end
        if not self.still or log is None or unread <= 0:
            return
        dropped = max(0, log.first - self.end)
        kept = islice(log.since(self.end), max(0, unread - dropped))
        self._beyond = sum(map(self.filter.passes, kept)) + (0 if self.filter.words else min(dropped, unread))

    def _extend(self, entries: list[LogEntry]) -> None:
        start = self.end
        self._entries += entries
        self._index(entries, start)

    def _index(self, entries: Sequence[LogEntry], start: int) -> None:
        passes = self.filter.passes
        if not self.filter.words:
            self.numbers += range(start, start + len(entries))
            return
        self.numbers += [number for number, entry in enumerate(entries, start) if passes(entry)]
