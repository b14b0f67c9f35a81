"""Errors of the engine."""

from __future__ import annotations

from sugarkube_tui.cluster.errors import AccessError, SugarkubeError, said
from sugarkube_tui.engine.outcome import Evidence


class ActionFailed(SugarkubeError):
    """An action or a query did not do what it should; carries the evidence."""

    def __init__(self, evidence: Evidence, where: str = "") -> None:
        super().__init__(evidence.what, where=where, why=evidence.why, remedy=evidence.remedy)
        self.evidence = evidence


class StepFailed(Exception):
    """A step did not converge; the evidence was told already."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.what)
        self.evidence = evidence


def evidence_of(error: BaseException) -> Evidence:
    """What any error says, in the operator's words."""
    match error:
        case StepFailed() | ActionFailed():
            return error.evidence
        case SugarkubeError():
            return Evidence(
                f"{error.where}: {error.what}" if error.where else error.what,
                error.why,
                error.remedy,
                trouble=error.trouble if isinstance(error, AccessError) else None,
            )
        case TimeoutError():
            return Evidence("no answer in time", str(error))
        case OSError():
            return Evidence(said(error) or type(error).__name__, str(error.filename or ""))
        case _:
            return Evidence(
                "sugarkube-tui made a mistake",
                f"{type(error).__name__}: {error}",
                "try again; please report it with the text above",
            )
