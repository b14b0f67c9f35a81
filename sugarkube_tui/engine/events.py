"""Events: all that a run tells.  Views, JSON lines and log files only fold them.

`at` is in seconds since the run began; `node` is the name of the node in the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, TypeVar, get_args

from sugarkube_tui.cluster.changes import Changed
from sugarkube_tui.cluster.secrets import Redactor
from sugarkube_tui.engine.outcome import Evidence, Result


class Spent(StrEnum):
    """What a node's time went into."""

    REMOTE = "remote work"
    REBOOT = "reboot"
    WAITING = "waiting for others"
    ASKING = "waiting for an answer"
    OVERHEAD = "our own overhead"


class Answer(StrEnum):
    """What the operator can have a node do whose step failed."""

    RETRY = "look again and go on"
    SKIP = "go on without this step"
    DIRECT = "join through the server's own address"
    GIVE_UP = "give this node up"


@dataclass(frozen=True, slots=True)
class RunStarted:
    at: float
    environment: str
    nodes: tuple[str, ...]
    log_directory: str


@dataclass(frozen=True, slots=True)
class NodeConnected:
    """We are logged in and have its facts.

    Attributes:
        host_key: SHA-256 fingerprint.
        first_contact: that key was pinned just now.
    """

    at: float
    node: str
    hostname: str
    model: str
    address: str
    host_key: str = ""
    first_contact: bool = False


@dataclass(frozen=True, slots=True)
class RoleAssigned:
    at: float
    node: str
    role: str
    reason: str
    steps: int
    """How many steps this node will go through."""
    todo: tuple[str, ...] = ()
    """The ids of those in which there is something to do, as far as can be foreseen."""


@dataclass(frozen=True, slots=True)
class StepStarted:
    at: float
    node: str
    step: str
    title: str
    number: int
    """1 for the first step."""


@dataclass(frozen=True, slots=True)
class StepFinished:
    at: float
    node: str
    step: str
    title: str
    result: Result
    ms: float
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class ActionStarted:
    at: float
    node: str
    step: str
    title: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionFinished:
    """An action was carried out.

    Attributes:
        changed: what kind of thing it changed on the node.
        names: which ones.
    """

    at: float
    node: str
    step: str
    title: str
    ms: float
    changed: Changed = Changed.NOTHING
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spending:
    """From now on the node's time goes into something else."""

    at: float
    node: str
    kind: Spent


@dataclass(frozen=True, slots=True)
class Printed:
    """What a node printed, one line or several."""

    at: float
    node: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A node waits: for what, until when, and what was seen last.  Sent again when that changes.

    Attributes:
        until: seconds since the run began at which it gives up; None when it waits for other nodes.
        progress: 0 to 1 where it can be known.
        others: names of the nodes that it waits for.
    """

    at: float
    node: str
    what: str
    until: float | None
    seen: str
    progress: float | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitEnded:
    at: float
    node: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A step failed, and the operator is there: the node's part stays open until there is an answer.

    Attributes:
        title: of the step.
        without: what going on without the step means; empty where it cannot.
    """

    at: float
    node: str
    title: str
    evidence: Evidence
    answers: tuple[Answer, ...]
    without: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    at: float
    node: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Warned:
    """A problem that does not stop the run."""

    at: float
    node: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """A node's part ended.

    Attributes:
        spent: seconds by `Spent`.
        actions: how many were carried out.
    """

    at: float
    node: str
    result: Result
    spent: Mapping[str, float]
    actions: int
    reboots: int
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class RunFinished:
    at: float
    result: Result
    what: str
    remedy: str = ""


Event = (
    RunStarted
    | NodeConnected
    | RoleAssigned
    | StepStarted
    | StepFinished
    | ActionStarted
    | ActionFinished
    | Spending
    | Printed
    | Waiting
    | WaitEnded
    | Asked
    | Answered
    | Warned
    | NodeFinished
    | RunFinished
)

EventSink = Callable[[Event], None]


_NAMES = frozenset({"node", "nodes", "others", "step", "role", "environment", "hostname"})
"""Fields that name things: masked, a node called like its password could not be told from others."""
_NUMBERS = frozenset({"float", "int", "bool", "float | None", "int | None"})


class _Shape:
    """What has to be known of a class of events, found out once: a log's lines are many.

    Attributes:
        kind: the class's name in snake case.
        values: gets the values of all of its fields.
        texts: those that may hold a secret.
        template: the JSON object, with a place for each field's value.
    """

    __slots__ = ("kind", "template", "texts", "values")

    def __init__(self, event: type[Event]) -> None:
        letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in event.__name__)
        self.kind = "".join(letters).lstrip("_")
        names = [field.name for field in fields(event)]
        self.values = attrgetter(*names)
        self.texts = tuple(
            field.name for field in fields(event) if field.name not in _NAMES and field.type not in _NUMBERS
        )
        places = ", ".join(f'"{name}": %s' for name in names)
        self.template = f'{{"event": "{self.kind}", {places}}}'


_SHAPES: Mapping[type, _Shape] = {event: _Shape(event) for event in get_args(Event)}


def as_json(event: Event) -> dict[str, Any]:
    """An event as one JSON object; `event` holds its kind in snake case."""
    return {"event": _SHAPES[type(event)].kind, **asdict(event)}


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=asdict)


def as_json_line(event: Event) -> str:
    """The same as text, without line end."""
    shape = _SHAPES[type(event)]
    return shape.template % tuple(map(_written, shape.values(event)))


def _written(value: Any) -> str:
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is float:
        return repr(value)
    return _ENCODER.encode(value)


Redacted = TypeVar("Redacted", bound=Event)


def redacted(event: Redacted, redactor: Redactor) -> Redacted:
    """The same event without secrets in any of its texts."""
    changes: dict[str, Any] = {}
    for name in _SHAPES[type(event)].texts:
        value = getattr(event, name)
        hidden = _hide(value, redactor)
        if hidden is not value and hidden != value:
            changes[name] = hidden
    return replace(event, **changes) if changes else event


def _hide(value: Any, redactor: Redactor) -> Any:
    if type(value) is str:
        return redactor.hide(value)
    match value:
        case tuple() if all(type(item) is str for item in value):
            return redactor.hide_all(value)
        case tuple():
            return tuple(_hide(item, redactor) for item in value)
        case Evidence():
            return Evidence(
                **{field.name: _hide(getattr(value, field.name), redactor) for field in fields(value)}
            )
        case _:
            return value
