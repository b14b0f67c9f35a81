"""A log in memory: typed lines in a ring that keeps the last ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from sys import getsizeof
from typing import NamedTuple

LOG_LINES = 5_000
LOG_BYTES = 2 * 1024 * 1024
"""Lines, and bytes of text, kept per log; the file has them all."""


class Kind(StrEnum):
    """What a line is."""

    STEP = "step"
    COMMAND = "command"  # an action's title, then its exact commands or what changes in a file
    OUTPUT = "output"
    WAIT = "wait"
    DONE = "done"
    WARNING = "warning"
    ERROR = "error"


class LogEntry(NamedTuple):
    """One line.

    Attributes:
        at: seconds since the run began.
        step: the title of the step that it belongs to; empty before the first one.
        text: without line end, and without secrets.
    """

    at: float
    kind: Kind
    step: str
    text: str


class Log:
    """The last entries, within `lines` and `size` (bytes of text).

    Entries are numbered from 0 for the first one ever written; a number never changes its meaning.

    Attributes:
        total: all entries so far, including those that were dropped.
    """

    __slots__ = ("_entries", "_held", "_lines", "_size", "total")

    def __init__(self, lines: int = LOG_LINES, size: int = LOG_BYTES) -> None:
        self._entries: deque[LogEntry] = deque()
        self._lines = lines
        self._size = size
        self._held = 0
        self.total = 0

    @property
    def first(self) -> int:
        """The number of the oldest entry that is kept; `total` when there is none."""
        return self.total - len(self._entries)

    def write(self, *new: LogEntry) -> None:
        """Add entries at the end."""
        entries = self._entries
        entries.extend(new)
        self.total += len(new)
        held = self._held + sum([getsizeof(entry.text) for entry in new])
        while len(entries) > self._lines or (held > self._size and len(entries) > 1):
            held -= getsizeof(entries.popleft().text)
        self._held = held

    def take(self) -> list[LogEntry]:
        """The entries that are kept, oldest first; the log keeps none of them."""
        taken = list(self._entries)
        self._entries.clear()
        self._held = 0
        return taken

    def since(self, number: int) -> Iterator[LogEntry]:
        """The entries from this number on that are kept, oldest first."""
        return islice(self._entries, max(0, number - self.first), None)

    def __getitem__(self, number: int) -> LogEntry:
        """The entry with this number.

        Raises:
            IndexError: it was dropped, or is yet to come.
        """
        place = number - self.first
        if place < 0:
            raise IndexError(number)
        return self._entries[place]

    def __iter__(self) -> Iterator[LogEntry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
