"""The wizard's stages, in order."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sugarkube_tui.cluster.saved_plan import Question


class Stage(StrEnum):
    """One screen of the wizard; the value is its title."""

    SCAN = "Scan"
    ACCESS = "Access"
    ENVIRONMENT = "Environment"
    SERVERS = "Servers"
    ADDRESS = "Address"
    REVIEW = "Review"
    RUN = "Run"
    VERIFY = "Verify"

    @property
    def number(self) -> int:
        """1 for the first."""
        return list(Stage).index(self) + 1

    @property
    def before(self) -> Stage | None:
        """Where Escape leads; None where there is no way back."""
        if self in (Stage.SCAN, Stage.RUN):
            return None
        return list(Stage)[self.number - 2]

    @property
    def after(self) -> Stage | None:
        return list(Stage)[self.number] if self is not Stage.VERIFY else None

    @property
    def question(self) -> Question | None:
        """What a saved plan calls it; None: such a plan begins after it, or ends before it."""
        return next((question for question, stage in STAGE_OF.items() if stage is self), None)


STAGE_OF: Mapping[Question, Stage] = {
    Question.ACCESS: Stage.ACCESS,
    Question.ENVIRONMENT: Stage.ENVIRONMENT,
    Question.SERVERS: Stage.SERVERS,
    Question.ADDRESS: Stage.ADDRESS,
    Question.REVIEW: Stage.REVIEW,
}
"""The stage in which a question is asked."""
