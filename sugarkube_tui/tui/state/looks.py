"""Looks: what each of them found, and what had changed by then."""

from __future__ import annotations

from dataclasses import dataclass

from sugarkube_tui.engine.proof import Held, Rung


@dataclass(frozen=True, slots=True)
class Change:
    """A rung that is not what it was at the look before."""

    host: str
    rung: Rung
    was: Held
    now: Held


@dataclass(frozen=True, slots=True)
class Look:
    """One look, as the history keeps it.

    Attributes:
        at_s: when it began, in seconds since the first one.
        ok: the cluster was proved.
        seen, must_be: servers that were heard, and that were expected.
        ms_elapsed: until the last expected server was heard; None when one was missing.
        came, went: servers that were not there at the look before, or are not there any more.
    """

    at_s: float
    ok: bool = False
    seen: int = 0
    must_be: int = 0
    ms_elapsed: float | None = None
    changes: tuple[Change, ...] = ()
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()

    @property
    def news(self) -> int:
        """How many things had changed."""
        return len(self.changes) + len(self.came) + len(self.went)
