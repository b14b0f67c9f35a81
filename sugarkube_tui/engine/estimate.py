"""Estimate: how long it will still take, and what that is based on.

Nodes are prepared all at once; then the first server goes, the further servers one at a time, and the
agents together.  So the longest chain counts, not the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from sugarkube_tui.cluster.choices import Role
from sugarkube_tui.cluster.plan import Plan
from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.steps.catalog import PREPARE

GATES, TOKEN = "gates", "token"
BUILT_IN: Mapping[str, float] = {
    "access": 1.0,
    "boot": 45.0,
    "packages": 30.0,
    "resolution": 2.0,
    "clock": 5.0,
    "config": 2.0,
    "install": 30.0,
    GATES: 5.0,
    "join": 2.0,
    "start": 30.0,
    TOKEN: 1.0,
    "advert": 5.0,
    "ready": 15.0,
}
"""Seconds that steps usually take when there is something to do in them, on a Pi with a quick disk."""
UNKNOWN_S = 5.0
OVERDUE = 0.1
"""Share of its usual time that a step is still given when it takes longer than usual."""
_PREPARING = frozenset(step.id for step in PREPARE)


@dataclass(frozen=True, slots=True)
class Sample:
    """How many seconds one step took on a machine of this model."""

    step: str
    model: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Experience:
    """What earlier runs have shown.

    Attributes:
        runs: how many.
    """

    runs: int = 0
    samples: tuple[Sample, ...] = ()

    def seconds(self, step: str, model: str) -> float | None:
        """The usual time of a step: on this model, else on any; None when it was never seen."""
        own = [sample.seconds for sample in self.samples if (sample.step, sample.model) == (step, model)]
        seen = own or [sample.seconds for sample in self.samples if sample.step == step]
        return median(seen) if seen else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies before one node.

    Attributes:
        todo: ids of the steps that still have something to do.
        present: id of the step that it is in; empty between steps.
        elapsed: seconds in that step.
    """

    role: str
    model: str
    todo: tuple[str, ...]
    present: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds still to come, and where they are from."""

    seconds: float
    basis: str


@dataclass(slots=True)
class _Figures:
    """Looks steps up, and keeps in mind how much of it all is known from experience."""

    experience: Experience
    known: float = 0.0
    total: float = 0.0
    _cache: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict)

    def left(self, node: Outlook, step: str) -> float:
        seconds, seen = self._usual(step, node.model)
        if step == node.present:
            seconds = max(seconds - node.elapsed, seconds * OVERDUE)
        self.total += seconds
        self.known += seconds if seen else 0.0
        return seconds

    def _usual(self, step: str, model: str) -> tuple[float, bool]:
        key = (step, model)
        if key not in self._cache:
            seen = self.experience.seconds(step, model)
            usual = BUILT_IN.get(step, UNKNOWN_S) if seen is None else seen
            self._cache[key] = usual, seen is not None
        return self._cache[key]

    @property
    def basis(self) -> str:
        runs = f"{self.experience.runs} earlier run{'s' * (self.experience.runs != 1)}"
        if self.known >= 0.95 * self.total and self.known:
            return f"from {runs}"
        return (
            f"partly from {runs}"
            if self.known >= 0.3 * self.total and self.known
            else "from built-in figures"
        )


def estimate(nodes: Iterable[Outlook], experience: Experience) -> Estimate:
    """How long it takes until all nodes are done."""
    figures = _Figures(experience)
    chains = [_chain(node, figures) for node in nodes]
    # Whoever does not wait at a gate: the first server, members, servers that wake up together.
    free = [chain for chain in chains if not chain.joins]
    ends = [chain.preparing + chain.forming for chain in free]
    token_at = max((chain.preparing + chain.until_token for chain in free if chain.until_token), default=0.0)
    turn_free = token_at
    for chain in sorted((c for c in chains if c.joins and c.server), key=lambda c: c.preparing):
        turn_free = max(turn_free, chain.preparing) + chain.forming
        ends.append(turn_free)
    servers_end = max([turn_free, *(chain.preparing + chain.forming for chain in free if chain.server)])
    ends += [
        max(servers_end, chain.preparing) + chain.forming
        for chain in chains
        if chain.joins and not chain.server
    ]
    return Estimate(max(ends, default=0.0), figures.basis)


@dataclass(frozen=True, slots=True)
class _Chain:
    server: bool
    joins: bool
    preparing: float
    forming: float
    until_token: float


def _chain(node: Outlook, figures: _Figures) -> _Chain:
    server = node.role != Role.AGENT
    seconds = {step: figures.left(node, step) for step in node.todo}
    preparing = sum(value for step, value in seconds.items() if step in _PREPARING)
    until_token = (
        sum(seconds.get(step, 0.0) for step in (GATES, "join", "start", TOKEN)) if TOKEN in seconds else 0.0
    )
    return _Chain(
        server,
        node.role != Role.FIRST_SERVER and (GATES in seconds or node.present == GATES),
        preparing,
        sum(seconds.values()) - preparing,
        until_token,
    )


def expected(plan: Plan, models: Mapping[str, str], experience: Experience) -> Estimate:
    """How long a plan will take.

    Args:
        models: by node name.
    """
    nodes = []
    for node in plan.nodes:
        todo = [step.step for step in node.steps if step.actions]
        if todo and not node.goal.kept:
            todo.append(GATES)
            todo += [TOKEN] * (node.goal.role is Role.FIRST_SERVER)
        nodes.append(Outlook(node.goal.role.value, machine(models.get(node.name, "")), tuple(todo)))
    return estimate(nodes, experience)


def remaining(board: Board, now: float, experience: Experience) -> Estimate:
    """How long a run will still take.

    Args:
        now: seconds since it began.
    """
    return estimate((_outlook(node, now) for node in board.nodes.values()), experience)


def _outlook(node: NodeBoard, now: float) -> Outlook:
    done = {step.step for step in node.history}
    todo = tuple(step for step in node.todo if step not in done) if node.result is None else ()
    present = node.step_id if node.step_id not in done else ""
    return Outlook(node.role, machine(node.model), todo, present, now - node.step_at)


def samples(board: Board) -> Sequence[Sample]:
    """What a run has shown for later ones: steps that did something, and did not wait for the operator."""
    return [
        Sample(step.step, machine(node.model), round(step.ms / 1000, 1))
        for node in board.nodes.values()
        for step in node.history
        if step.step in node.todo
        and step.step not in node.asked_about
        and step.result in (Result.OK, Result.CHANGED)
    ]


def machine(model: str) -> str:
    """A model's name without its revision."""
    return model.split(" Rev ")[0]
