"""Nodes that belong to another environment than the one that is being formed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.plan import Concern, Problem

if TYPE_CHECKING:  # the scan needs no facts
    from sugarkube_tui.cluster.facts import NodeFacts


def strangers(
    environment: Environment, hosts: Iterable[Host], nodes: Mapping[str, NodeFacts]
) -> tuple[Problem, ...]:
    """What spoils the plan: chosen nodes of other environments, one problem for each environment.

    Args:
        environment: the one that is to be formed.
        hosts: that were chosen; what they advertise is believed as long as nothing better is known.
        nodes: facts by node name, as far as they were read; the labels of a k3s there say where it belongs.
    """
    belongs = {host.short_name: str(host.adverts[0].environment) for host in hosts if host.adverts}
    belongs |= {name: facts.k3s.environment for name, facts in nodes.items() if facts.k3s.environment}
    others: dict[str, list[str]] = {}
    for name, belonging in belongs.items():
        if belonging != str(environment):
            others.setdefault(belonging, []).append(name)
    return tuple(
        Problem(
            f"{', '.join(names)} {'belongs' if len(names) == 1 else 'belong'} to {belonging} already",
            f"leave {'it' if len(names) == 1 else 'them'} out, or choose {belonging} as the environment",
            why=f"a node belongs to one environment: to join {environment}, its k3s must be removed first",
            concern=Concern.SEVERAL_CLUSTERS,
        )
        for belonging, names in others.items()
    )
