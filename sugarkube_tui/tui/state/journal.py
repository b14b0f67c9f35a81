"""What keeps a run's events, as the wizard sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sugarkube_tui.engine.events import Event


class Journal(Protocol):
    """Takes every event of one run.  Trouble never stops the run: it is told by `problem`."""

    @property
    def directory(self) -> Path | None:
        """Where events and logs are kept; None: nowhere."""

    @property
    def problem(self) -> str:
        """Why nothing is kept, or nothing more; empty: all is well."""

    def __call__(self, event: Event) -> None:
        """Keep an event."""


OpenJournal = Callable[[str], Journal]
"""Takes the environment, and begins a journal for a run."""


class NoJournal:
    """Keeps nothing, as it should be."""

    directory: Path | None = None
    problem = ""

    def __call__(self, event: Event) -> None:
        """Let it go."""
