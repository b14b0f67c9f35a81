"""The board: a run's state, folded from its events.  The wizard and the command line both show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sugarkube_tui.cluster.changes import Changed
from sugarkube_tui.cluster.choices import Role
from sugarkube_tui.cluster.errors import Trouble
from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Answered,
    Asked,
    Event,
    NodeConnected,
    NodeFinished,
    Printed,
    RoleAssigned,
    RunFinished,
    RunStarted,
    Spending,
    StepFinished,
    StepStarted,
    WaitEnded,
    Waiting,
    Warned,
)
from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.timeline import Track


@dataclass(slots=True)
class NodeBoard:
    """One node's state.

    Attributes:
        step, step_number, steps: the present step, its number from 1, and how many there will be.
        action_at: when the present action began, in seconds since the run began.
        heard_at: when something new came from the node, likewise.
        question: what it asks the operator; None when it does not.
        step_id, step_at: of the present step, and when it began.
        todo: ids of the steps in which there was something to do at the beginning.
        asked_about: ids of the steps about which the operator was asked.
        track: what its time went into.
        changes: what was changed on it, by kind, in order.
        spent: seconds by what they went into; empty before the end.
    """

    name: str
    hostname: str = ""
    model: str = ""
    address: str = ""
    role: str = ""
    reason: str = ""
    step: str = ""
    step_id: str = ""
    step_at: float = 0.0
    todo: tuple[str, ...] = ()
    asked_about: set[str] = field(default_factory=set)
    step_number: int = 0
    steps: int = 0
    action: str = ""
    action_at: float = 0.0
    heard_at: float = 0.0
    waiting: Waiting | None = None
    question: Asked | None = None
    finished_at: float | None = None
    result: Result | None = None
    evidence: Evidence | None = None
    spent: dict[str, float] = field(default_factory=dict)
    actions: int = 0
    reboots: int = 0
    history: list[StepFinished] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    log: Log = field(default_factory=Log)
    track: Track = field(default_factory=Track)
    changes: dict[Changed, list[str]] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """It is what it was to become."""
        return self.result in (Result.OK, Result.CHANGED, Result.WARNED)

    @property
    def is_server(self) -> bool:
        """It is, or is to become, a server: the first one or another."""
        return bool(self.role) and Role(self.role).is_server

    @property
    def known_as(self) -> str:
        """Its own host name; before that was read, what the run calls it."""
        return self.hostname or self.name


@dataclass(slots=True)
class Board:
    """The whole run's state; `fold` every event into it, in order."""

    environment: str = ""
    log_directory: str = ""
    nodes: dict[str, NodeBoard] = field(default_factory=dict)
    finished: RunFinished | None = None

    def fold(self, event: Event) -> None:
        if isinstance(event, Printed):  # first, because they are many
            node = self._node(event.node)
            node.heard_at = event.at
            at, step = event.at, node.step
            node.log.write(*[LogEntry(at, Kind.OUTPUT, step, line) for line in event.lines])
            return
        match event:
            case RunStarted():
                self.environment = event.environment
                self.log_directory = event.log_directory
                self.nodes = {name: NodeBoard(name) for name in event.nodes}
            case RunFinished():
                self.finished = event
            case _:
                _fold_node(self._node(event.node), event)

    def waiting_for(self, name: str) -> list[str]:
        """Names of the nodes that wait for this one."""
        return [
            node.name
            for node in self.nodes.values()
            if node.waiting is not None and name in node.waiting.others
        ]

    def _node(self, name: str) -> NodeBoard:
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = NodeBoard(name)
        return node


def _fold_node(node: NodeBoard, event: Event) -> None:
    step = event.title if isinstance(event, StepStarted) else node.step
    node.log.write(*[LogEntry(event.at, kind, step, line) for kind, line in _told(node, event)])
    if _is_news(node, event):
        node.heard_at = event.at
    match event:
        case NodeConnected():
            node.hostname, node.model, node.address = event.hostname, event.model, event.address
        case RoleAssigned():
            node.role, node.reason, node.steps = event.role, event.reason, event.steps
            node.todo = event.todo
        case StepStarted():
            node.step, node.step_number = event.title, event.number
            node.step_id, node.step_at = event.step, event.at
        case StepFinished():
            node.history.append(event)
            node.waiting = None
            node.action = ""
        case ActionStarted():
            node.action, node.action_at = event.title, event.at
        case ActionFinished():
            node.action = ""
            node.actions += 1
            if event.changed is not Changed.NOTHING:
                node.changes.setdefault(event.changed, []).extend(event.names)
        case Spending():
            node.track.spend(event.kind, event.at)
        case Waiting():
            node.waiting = event
            node.track.wait_for(event.others, event.at)
        case WaitEnded():
            node.waiting = None
        case Asked():
            node.question, node.waiting, node.action = event, None, ""
            node.asked_about.add(node.step_id)
        case Answered():
            node.question = None
        case Warned():
            node.warnings.append(event)
        case NodeFinished():
            node.result, node.evidence, node.finished_at = event.result, event.evidence, event.at
            node.spent, node.actions, node.reboots = dict(event.spent), event.actions, event.reboots
            node.waiting = None
            node.question = None
            node.track.end(event.at)
            node.action = ""


def _is_news(node: NodeBoard, event: Event) -> bool:
    """The event tells something of the node, rather than of our own doing or waiting."""
    if isinstance(event, Waiting):
        return node.waiting is None or node.waiting.seen != event.seen
    return not isinstance(event, Spending)


def _told(node: NodeBoard, event: Event) -> Sequence[tuple[Kind, str]]:
    """What an event that is no line of output adds to the log, before it is folded."""
    match event:
        case StepStarted():
            return [(Kind.STEP, f"── {event.title}")]
        case StepFinished() if event.evidence is not None:
            return [(Kind.ERROR, line) for line in evidence_lines(event.evidence)]
        case Asked():
            return [(Kind.ERROR, line) for line in evidence_lines(event.evidence)]
        case Answered():
            return [(Kind.DONE, f"→ {event.answer}")]
        case ActionStarted():
            details = [f"  {line}" for detail in event.details for line in detail.splitlines() or [""]]
            return [(Kind.COMMAND, line) for line in (f"▶ {event.title}", *details)]
        case ActionFinished():
            return [(Kind.DONE, f"✔ {event.title}  {event.ms / 1000:.1f} s")]
        case Waiting():
            begins = node.waiting is None or node.waiting.what != event.what
            if begins and event.what != node.action:  # an action's own progress is no wait
                return [(Kind.WAIT, f"◷ {event.what}")]
        case Warned():
            what, *rest = event.what.splitlines() or [""]
            lines = [f"▲ {what}", *(f"  {line}" for line in rest), f"  → {event.remedy}"]
            return [(Kind.WARNING, line) for line in lines]
        case _:
            pass
    return ()


def evidence_lines(evidence: Evidence, settled_by: Mapping[Trouble, str] = MappingProxyType({})) -> list[str]:
    """A failure as lines for a log: what, why, the command's last lines, what to do next.

    Args:
        settled_by: the front end's own words for what settles a trouble.
    """
    lines = [f"✖ {evidence.what}"]
    lines += [f"  {line}" for line in evidence.why.splitlines()]
    if evidence.command:
        status = "" if evidence.exit_status is None else f" (exit status {evidence.exit_status})"
        lines.append(f"  command: {evidence.command.splitlines()[0]}{status}")
    lines += [f"  | {line}" for line in evidence.lines]
    if evidence.remedy:
        how = settled_by.get(evidence.trouble, "") if evidence.trouble else ""
        lines.append(f"  → {evidence.remedy}{how and f' ({how})'}")
    return lines
