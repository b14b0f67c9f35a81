"""How something ended, and why it failed; what a view needs that shows no events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.errors import Trouble


class Result(StrEnum):
    """How a step or a node's part ended."""

    OK = "ok"  # it was so already
    CHANGED = "changed"
    SKIPPED = "skipped"
    WARNED = "warned"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something failed.

    Attributes:
        command: what was run, without secrets.
        exit_status: None when it did not end by itself.
        lines: its last lines.
        trouble: its kind, where a front end has a way of its own to settle that.
    """

    what: str
    why: str = ""
    remedy: str = ""
    command: str = ""
    exit_status: int | None = None
    lines: tuple[str, ...] = ()
    trouble: Trouble | None = None
