"""Nodes that belong to another environment than the one that is being formed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.plan import Problem

if TYPE_CHECKING:  # the scan needs no facts
    from sugarkube_tui.cluster.facts import NodeFacts


def advertised_by(hosts: Mapping[str, Host]) -> dict[str, str]:
    """Node name → the environment that it advertises, as far as is heard."""
    return {name: str(host.adverts[0].environment) for name, host in hosts.items() if host.adverts}


def held_by(nodes: Mapping[str, NodeFacts]) -> dict[str, str]:
    """Node name → the environment of the k3s that is installed there, as its labels say."""
    return {name: facts.k3s.environment for name, facts in nodes.items() if facts.k3s.environment}


def strangers(belongs: Mapping[str, str], environment: Environment) -> tuple[Problem, ...]:
    """What spoils the plan: chosen nodes of other environments, one problem for each environment.

    Args:
        belongs: node name → `cluster/env` that it belongs to already.
    """
    others: dict[str, list[str]] = {}
    for name, belonging in belongs.items():
        if belonging != str(environment):
            others.setdefault(belonging, []).append(name)
    return tuple(
        Problem(
            f"{', '.join(names)} {'belongs' if len(names) == 1 else 'belong'} to {belonging} already",
            f"leave {'it' if len(names) == 1 else 'them'} out, or choose {belonging} as the environment",
            why=f"a node belongs to one environment: to join {environment}, its k3s must be removed first",
        )
        for belonging, names in others.items()
    )
