"""A plan: every step's actions and problems for every node, in order.  An empty plan means "already so"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.actions import Action, Reboot
from sugarkube_tui.cluster.choices import Goal


class Severity(StrEnum):
    WARNING = "warning"
    BLOCKING = "blocking"


class Concern(StrEnum):
    """What is in doubt about the choices; each front end knows its own key or option that settles it."""

    SD_CARD = "SD card"
    LITTLE_MEMORY = "little memory"
    EVEN = "even number"
    TAINTED_ALONE = "no node for workloads"
    SHARED_WITH_WORKLOADS = "workloads on servers"
    ONE_DATASTORE = "SQLite holds one server"
    SEVERAL_CLUSTERS = "nodes of several clusters"
    TOKEN = "the token that is exported"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way, or that the operator should know before going on.

    Attributes:
        concern: the choice that it is about; None when it is about none.
    """

    what: str
    remedy: str
    severity: Severity = Severity.BLOCKING
    why: str = ""
    concern: Concern | None = None

    @property
    def blocking(self) -> bool:
        return self.severity is Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What one step still has to do on one node."""

    step: str
    title: str
    actions: tuple[Action, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node's part.

    Attributes:
        name: the node's name in this run.
        reason: why it has this role.
    """

    name: str
    goal: Goal
    steps: tuple[StepPlan, ...]
    reason: str = ""

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(action for step in self.steps for action in step.actions)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for step in self.steps for problem in step.problems)

    @property
    def blocked(self) -> bool:
        return any(problem.blocking for problem in self.problems)

    @property
    def reboots(self) -> bool:
        return any(isinstance(action, Reboot) for action in self.actions)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole: `problems` concern the cluster, the nodes' own are with them.

    Attributes:
        ca_hash: the live cluster's; empty when a new one is bootstrapped.
        direct: a server's IP address, by which nodes can join without a registration address.
    """

    nodes: tuple[NodePlan, ...]
    problems: tuple[Problem, ...] = ()
    ca_hash: str = ""
    direct: str = ""

    @property
    def empty(self) -> bool:
        return not any(node.actions for node in self.nodes)

    @property
    def blocked(self) -> bool:
        return any(problem.blocking for problem in self.problems) or any(node.blocked for node in self.nodes)


def warnings(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if not problem.blocking)


def blockers(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.blocking)
