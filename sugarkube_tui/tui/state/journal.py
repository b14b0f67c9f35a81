"""What keeps a run's events, logs and report, as the wizard sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sugarkube_tui.engine.events import Event
    from sugarkube_tui.engine.outcome import Evidence
    from sugarkube_tui.engine.report import Report


class Journal(Protocol):
    """Takes every event of one run.  Trouble never stops the run: it is told by `problem`."""

    @property
    def directory(self) -> Path | None:
        """Where events and logs are kept; None: nowhere."""

    @property
    def problem(self) -> Evidence | None:
        """Why nothing is kept, or nothing more; None: all is well."""

    def __call__(self, event: Event) -> None:
        """Keep an event, without waiting for the disk."""

    def finish(self, report: Report) -> Path | None:
        """Keep what is on its way, and the report, and end.  Waits for the disk: it is called in a thread.

        Returns:
            where the report is, for people; None: nothing is kept.

        Raises:
            OSError: the report could not be kept.
        """


OpenJournal = Callable[[str], Journal]
"""Takes the environment, and begins a journal for a run."""


class NoJournal:
    """Keeps nothing, as it should be."""

    directory: Path | None = None
    problem: Evidence | None = None

    def __call__(self, event: Event) -> None:
        """Let it go."""

    def finish(self, report: Report) -> Path | None:
        """Let it go, too."""
        return None
