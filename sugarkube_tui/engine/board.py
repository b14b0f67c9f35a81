"""The board: a run's state, folded from its events.  The wizard and the command line both show it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Event,
    Evidence,
    LogLine,
    NodeConnected,
    NodeFinished,
    Result,
    RoleAssigned,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    WaitEnded,
    Waiting,
    Warned,
)

LOG_LINES = 5_000
"""Lines kept per node in memory; the file has them all."""


@dataclass(slots=True)
class NodeBoard:
    """One node's state.

    Attributes:
        step, step_number, steps: the present step, its number from 1, and how many there will be.
        action_at: when the present action began, in seconds since the run began.
        lines: all lines so far, including those that `log` has dropped.
        spent: seconds by what they went into; empty before the end.
    """

    name: str
    hostname: str = ""
    model: str = ""
    address: str = ""
    role: str = ""
    reason: str = ""
    step: str = ""
    step_number: int = 0
    steps: int = 0
    action: str = ""
    action_at: float = 0.0
    waiting: Waiting | None = None
    finished_at: float | None = None
    result: Result | None = None
    evidence: Evidence | None = None
    spent: dict[str, float] = field(default_factory=dict)
    actions: int = 0
    reboots: int = 0
    history: list[StepFinished] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    lines: int = 0

    def write(self, line: str) -> None:
        self.log.append(line)
        self.lines += 1


@dataclass(slots=True)
class Board:
    """The whole run's state; `fold` every event into it, in order."""

    environment: str = ""
    log_directory: str = ""
    nodes: dict[str, NodeBoard] = field(default_factory=dict)
    finished: RunFinished | None = None

    def fold(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.environment = event.environment
                self.log_directory = event.log_directory
                self.nodes = {name: NodeBoard(name) for name in event.nodes}
            case RunFinished():
                self.finished = event
            case _:
                node = self.nodes.setdefault(event.node, NodeBoard(event.node))
                _fold_node(node, event)


def _fold_node(node: NodeBoard, event: Event) -> None:
    match event:
        case NodeConnected():
            node.hostname, node.model, node.address = event.hostname, event.model, event.address
        case RoleAssigned():
            node.role, node.reason, node.steps = event.role, event.reason, event.steps
        case StepStarted():
            node.step, node.step_number = event.title, event.number
            node.write(f"── {event.title}")
        case StepFinished():
            node.history.append(event)
            node.waiting = None
            node.action = ""
            if event.evidence is not None:
                for line in evidence_lines(event.evidence):
                    node.write(line)
        case ActionStarted():
            node.action, node.action_at = event.title, event.at
            node.write(f"▶ {event.title}")
            for detail in event.details:
                node.write(f"  {detail}")
        case ActionFinished():
            node.action = ""
            node.actions += 1
            node.write(f"✔ {event.title}  {event.ms / 1000:.1f} s")
        case LogLine():
            node.write(event.text)
        case Waiting():
            begins = node.waiting is None or node.waiting.what != event.what
            if begins and event.what != node.action:  # an action's own progress is no wait
                node.write(f"◷ {event.what}")
            node.waiting = event
        case WaitEnded():
            node.waiting = None
        case Warned():
            node.warnings.append(event)
            node.write(f"▲ {event.what}")
            node.write(f"  → {event.remedy}")
        case NodeFinished():
            node.result, node.evidence, node.finished_at = event.result, event.evidence, event.at
            node.spent, node.actions, node.reboots = dict(event.spent), event.actions, event.reboots
            node.waiting = None
            node.action = ""


def evidence_lines(evidence: Evidence) -> list[str]:
    """A failure as lines for a log: what, why, the command's last lines, what to do next."""
    lines = [f"✖ {evidence.what}"]
    if evidence.why:
        lines.append(f"  {evidence.why}")
    if evidence.command:
        status = "" if evidence.exit_status is None else f" (exit status {evidence.exit_status})"
        lines.append(f"  command: {evidence.command.splitlines()[0]}{status}")
    lines += [f"  | {line}" for line in evidence.lines]
    if evidence.remedy:
        lines.append(f"  → {evidence.remedy}")
    return lines
