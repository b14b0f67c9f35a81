"""What `up` keeps of a run: events, logs, report and durations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.estimate import samples
from sugarkube_tui.engine.events import Event
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.report import report_of
from sugarkube_tui.store.history import History
from sugarkube_tui.store.journal import REMEDY, RunJournal
from sugarkube_tui.store.paths import Paths


class Recording:
    """Begins with a directory for the run.  Trouble stops nothing: it is told, each once.

    Args:
        tell: is told why something is not kept.
    """

    def __init__(self, paths: Paths, environment: str, tell: Callable[[Evidence], None]) -> None:
        self._journal = RunJournal(paths.runs, environment)
        self._history = History(paths.history)
        self._tell = tell
        self._told = False
        self._look()

    @property
    def directory(self) -> str:
        """Where it is all kept; empty: nowhere."""
        return str(self._journal.directory or "")

    def __call__(self, event: Event) -> None:
        self._journal(event)
        self._look()

    def finish(self, board: Board, request: Request) -> Path | None:
        """Keep the rest; returns where the report is, None: there is none."""
        if board.finished is None:
            self._journal.close()
            self._look()
            return None
        report = report_of(board, request.targets, request.choices.environment)
        self._history.record(samples(board))
        try:
            return self._journal.finish(report)
        except OSError as error:
            self._tell(Evidence("the report is not kept", str(error), REMEDY))
            return None
        finally:
            self._look()

    def _look(self) -> None:
        if self._journal.problem is not None and not self._told:
            self._told = True
            self._tell(self._journal.problem)
