"""Errors that are written for the operator: what, where, why and what to do next."""

from __future__ import annotations


class SugarkubeError(Exception):
    """Something the operator has to know about.

    Args:
        what: one sentence that names what is wrong.
        where: the host, file or variable it concerns; empty when it concerns everything.
        why: evidence (a remote message, a value seen); empty when `what` says it all.
        remedy: what to do next.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(part for part in (head, self.why, self.remedy and f"→ {self.remedy}") if part)


class InvalidInput(SugarkubeError):
    """A value typed by the operator, or set in a variable or file, cannot be used."""


class AccessError(SugarkubeError):
    """A node cannot be reached, or does not let us in, or does not let us become root."""


class HostKeyChanged(AccessError):
    """The host key differs from the one that was pinned on first contact."""


class ConnectionLost(SugarkubeError):
    """The connection to a node ended before the command's exit status arrived."""


class PlanRefused(SugarkubeError):
    """The plan holds problems that must be settled before anything may change."""
