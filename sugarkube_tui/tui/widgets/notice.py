"""The place for what the operator must not miss; it stays until it is settled."""

from __future__ import annotations

from textual.widgets import Static

from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.tui import words


class Notice(Static):
    """Hidden as long as there is nothing to say."""

    def __init__(self, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id, markup=False)
        self.display = False

    def show_problem(self, problem: Evidence | None) -> None:
        """What, why and what to do; None: nothing is wrong."""
        self.display = problem is not None
        self.set_class(problem is not None, "-problem")
        if problem is not None:
            self.update(words.lines(words.evidence(problem)))
