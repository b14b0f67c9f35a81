"""Errors of the engine."""

from __future__ import annotations

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.engine.outcome import Evidence


class ActionFailed(SugarkubeError):
    """An action or a query did not do what it should; carries the evidence."""

    def __init__(self, evidence: Evidence, where: str = "") -> None:
        super().__init__(evidence.what, where=where, why=evidence.why, remedy=evidence.remedy)
        self.evidence = evidence
