"""A run's journal on disk: every event as JSON, each node's log as text, and at its end the report."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import Event, Printed, as_json_line
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.report import Report
from sugarkube_tui.store.paths import private
from sugarkube_tui.store.reports import save_report
from sugarkube_tui.store.run_lock import RunLock
from sugarkube_tui.store.spool import Spool

REMEDY = "make room, or make the directory writable; the run does not depend on it"

_FORBIDDEN = str.maketrans(dict.fromkeys("/\\\0", "_"))
_NAME_BYTES = 255
"""Longer names of files are refused by file systems."""


@lru_cache
def log_name(node: str) -> str:
    """The name of the file with a node's log."""
    stem, ending = node.translate(_FORBIDDEN), ".log"
    if len(stem.encode()) + len(ending) > _NAME_BYTES:
        ending = f"-{sha256(node.encode()).hexdigest()[:8]}{ending}"
        stem = stem.encode()[: _NAME_BYTES - len(ending)].decode(errors="ignore")
    return f"{stem}{ending}"


class RunJournal:
    """Takes a run's events.  Files and directory are for the operator's eyes only (0700, 0600).

    Lines are on the disk a fraction of a second after they came; what happens to a node, at once.

    Until it is closed it holds the directory's lock, so that another program can tell that the run goes on.

    Trouble with the disk ends the journal, never the run.

    Attributes:
        directory: where everything lies; None: it could not be made, and nothing is kept.
        problem: why nothing is kept, or nothing more; None: all is well.
    """

    def __init__(self, runs: Path, environment: str) -> None:
        stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S.%f")[:-3]
        directory = runs / f"{stamp}-{environment.translate(_FORBIDDEN)}"
        self.directory: Path | None = directory
        self.problem: Evidence | None = None
        self._spool = Spool(directory)
        self._board = Board()
        self._lock: RunLock | None = None
        try:
            private(directory)
        except OSError as error:
            self.directory = None
            self.problem = Evidence("no log is kept", str(error), REMEDY)
            return
        with suppress(OSError):  # not every file system has locks
            self._lock = RunLock(directory)

    def __call__(self, event: Event) -> None:
        if self.problem is not None:
            return
        self._spool.write("events.jsonl", as_json_line(event))
        if isinstance(event, Printed):  # many, and said the same whatever the node does
            stamp = f"{event.at:8.2f}  "
            self._spool.write(log_name(event.node), stamp + f"\n{stamp}".join(event.lines))
        else:
            self._board.fold(event)
            for name, node in self._board.nodes.items():
                for entry in node.log.take():
                    self._spool.write(log_name(name), f"{entry.at:8.2f}  {entry.text}")
            self._spool.hurry()
        if self._spool.problem:
            self._end()  # the run goes on, so the lock stays

    def finish(self, report: Report) -> Path | None:
        """Close, and keep the report beside the logs; returns where it is, None: nothing is kept.

        Raises:
            OSError: the report could not be kept.
        """
        self.close()
        return save_report(self.directory, report) if self.directory is not None else None

    def close(self) -> None:
        """Write all that is on its way, and let others see that nothing more comes; twice is no harm."""
        self._end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _end(self) -> None:
        self._spool.close()
        if self._spool.problem and self.problem is None:
            self.problem = Evidence("the log stops here", self._spool.problem, REMEDY)
