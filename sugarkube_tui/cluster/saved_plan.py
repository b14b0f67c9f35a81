"""What is kept of the operator's answers, so that they need not be given twice.  Holds no secret: no type
in here can."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.text import clean_line

NAME_LIMIT = 255


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


def parse_user(text: str, where: str) -> str:
    """Raises InvalidInput when nobody can be called that."""
    text = text.strip()
    if not text or text != clean_line(text) or any(character.isspace() for character in text):
        raise InvalidInput("the user's name is empty or has blanks", where=where, remedy="usually: pi")
    return text


def parse_host_name(text: str, where: str) -> str:
    """A name or address that may be connected to; odd ones, too, as long as they can be shown.

    Raises:
        InvalidInput: it is none.
    """
    if not text or len(text) > NAME_LIMIT or text != clean_line(text).strip():
        raise InvalidInput(
            f"{text!r} is no name or address of a host",
            where=where,
            remedy="use for example sugarkube0.local or 192.168.1.23",
        )
    return text


def parse_path(text: str, where: str) -> Path:
    """A path as it was typed; `~` is the home directory.

    Raises:
        InvalidInput: `~name` is nobody's home here.
    """
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise InvalidInput(
            f"{text.strip()} is in nobody's home", where=where, remedy="give the whole path"
        ) from error


def parse_port(number: int, where: str) -> int:
    """Raises InvalidInput when it is no TCP port."""
    if not 1 <= number <= 65535:
        raise InvalidInput(f"{number} is no port", where=where, remedy="usually: 22")
    return number
