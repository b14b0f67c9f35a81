"""A look and its plan as plain text, for people: what `plan` prints and what the review is exported as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.errors import Trouble
from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.cluster.plan import Concern, NodePlan, Plan, Problem
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.engine.board import evidence_lines
from sugarkube_tui.engine.formation import Look


def look_lines(
    choices: Choices,
    look: Look,
    concerns: Mapping[Concern, str] = MappingProxyType({}),
    troubles: Mapping[Trouble, str] = MappingProxyType({}),
) -> Iterator[str]:
    """All of a plan: choices, problems, then every node's changes in order; secrets are masked.

    Where a node could not be logged in to, only that: roles depend on all nodes.

    Args:
        concerns: the front end's own words for what settles a concern.
        troubles: and a trouble.
    """
    yield f"{choices.environment}: {_count(choices.servers, 'server')} wanted, {_release(choices, look)}"
    yield f"registration address: {choices.registration_address or 'none'}"
    if look.failures:
        for name, evidence in look.failures.items():
            yield f"{name}"
            yield from (f"  {line}" for line in evidence_lines(evidence, troubles))
        return
    for problem in look.plan.problems:
        yield from _problem_lines(problem, "", concerns)
    for server in look.live:
        answers = f"CA {short_hash(server.ca_hash)}" if server.ca_hash else "does not answer"
        yield f"live server: {server.host} ({answers})"
    for node in look.plan.nodes:
        yield from _node_lines(node, look.nodes[node.name])
    yield ""
    yield summary(look.plan)


def _release(choices: Choices, look: Look) -> str:
    source = f" from {choices.airgap.directory}" if choices.airgap is not None else ""
    return f"k3s {look.version or f'{choices.channel} channel'}{source}"


def _node_lines(node: NodePlan, found: AccessFacts) -> Iterator[str]:
    yield ""
    yield f"{node.name}: {node.goal.role} ({node.reason})"
    yield f"  {found.model}, {found.os_name}, {found.memory_mb} MiB, {found.root_device}, {found.address}"
    yield f"  host key {found.host_key}{' (new, pinned now)' if found.first_contact else ''}"
    for step in node.steps:
        if not step.actions and not step.problems:
            continue
        yield f"  {step.title}"
        for problem in step.problems:
            yield from _problem_lines(problem, "    ")
        for action in step.actions:
            yield f"    • {action.title}"
            yield from (f"        {line}" for line in action.details)
    if not node.actions and not node.problems:
        yield "  already so"


def _problem_lines(
    problem: Problem, indent: str, concerns: Mapping[Concern, str] = MappingProxyType({})
) -> Iterator[str]:
    yield f"{indent}{'✖' if problem.blocking else '▲'} {problem.what}"
    if problem.why:
        yield from (f"{indent}  {line}" for line in problem.why.splitlines())
    how = concerns.get(problem.concern, "") if problem.concern else ""
    yield f"{indent}  → {problem.remedy}{how and f' ({how})'}"


def summary(plan: Plan) -> str:
    actions = sum(len(node.actions) for node in plan.nodes)
    reboots = sum(node.reboots for node in plan.nodes)
    if plan.empty:
        return f"{_count(len(plan.nodes), 'node')}: nothing has to be changed"
    return f"{_count(len(plan.nodes), 'node')}, {_count(actions, 'action')}, {_count(reboots, 'reboot')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
