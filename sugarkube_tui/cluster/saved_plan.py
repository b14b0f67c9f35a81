"""What is kept of the operator's answers, so that they need not be given twice.  Holds no secret: no type
in here can."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.cluster.choices import Choices


class Question(StrEnum):
    """The wizard's questions after the choice of hosts, in order."""

    ACCESS = "access"
    ENVIRONMENT = "environment"
    SERVERS = "servers"
    ADDRESS = "address"
    REVIEW = "review"


class RunState(StrEnum):
    """How far the run of a saved plan has come, as far as it could be written down."""

    BEGUN = "begun"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """The last run of a plan.

    Attributes:
        directory: where its logs are; empty when none were kept.
    """

    state: RunState
    directory: str = ""


@dataclass(frozen=True, slots=True)
class SavedNode:
    """A node, and how to reach it.

    Attributes:
        name: what a run calls it; unique in a plan, without `.local`.
        address: where it was last connected to, or a name.
        alias: the name that the operator knows it by, for ~/.ssh/config and known_hosts.
        identity: private key file; None for the agent's keys and the default files.
    """

    name: str
    address: str
    alias: str
    user: str = "pi"
    port: int = 22
    identity: Path | None = None


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """The answers, as far as they were given.

    Attributes:
        choices: without the contents of `airgap`, which are read again when they are wanted.
        airgap: the directory with the k3s release; None: from the internet.
        next: the question that was still open.
        saved: when, with a time zone; None: nobody knows.
        run: the last run of this plan; None: there was none.
    """

    nodes: tuple[SavedNode, ...]
    choices: Choices = field(default_factory=Choices)
    airgap: Path | None = None
    next: Question = Question.REVIEW
    saved: datetime | None = None
    run: SavedRun | None = None

    @property
    def unfinished(self) -> bool:
        """There is something to go on with."""
        return bool(self.nodes) and (self.run is None or self.run.state is not RunState.DONE)
