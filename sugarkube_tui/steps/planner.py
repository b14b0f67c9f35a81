"""The plan for all nodes, from their facts: the same pure code serves review, dry run and run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sugarkube_tui.cluster.choices import Choices, Goal
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.identity import identity_problems
from sugarkube_tui.cluster.plan import NodePlan, Plan, StepPlan
from sugarkube_tui.cluster.roles import assign_roles
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.steps.base import Step, plan_step
from sugarkube_tui.steps.catalog import STEPS


def node_steps(facts: NodeFacts, goal: Goal, steps: Iterable[Step] = STEPS) -> tuple[StepPlan, ...]:
    return tuple(plan_step(step, facts, goal) for step in steps)


def make_plan(
    nodes: Mapping[str, NodeFacts],
    live: Sequence[LiveServer],
    choices: Choices,
    token: JoinToken | None,
    version: str | None,
) -> Plan:
    """What is still to do on every node."""
    roles = assign_roles(nodes, live, choices, token, version)
    strangers = identity_problems({name: facts.access for name, facts in nodes.items()})
    plans = []
    for name, facts in nodes.items():
        assignment = roles.assignments[name]
        steps = list(node_steps(facts, assignment.goal))
        if name in strangers:
            steps.insert(1, StepPlan("identity", "Identity", (), strangers[name]))
        plans.append(NodePlan(name, assignment.goal, tuple(steps), assignment.reason))
    order = sorted(plans, key=lambda plan: (not plan.goal.role.is_server, plan.goal.role.value))
    return Plan(tuple(order), roles.problems, roles.ca_hash, roles.direct)
