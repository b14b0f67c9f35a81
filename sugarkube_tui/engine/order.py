"""The order of a run: who founds a cluster, who is let in by whom, and where the token comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sugarkube_tui.cluster.choices import Goal, Role
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Plan
from sugarkube_tui.cluster.standing import LiveServer


@dataclass(frozen=True, slots=True)
class Order:
    """Decided once, before anything is changed.

    Attributes:
        founder: starts a cluster that does not exist yet; empty: it does.
        joiners: have to be let in by others.  The rest found, are members, or wake up together.
        servers: those that are to be formed; the agents wait for all of them.
        source: the chosen server that the token is read from; empty: none of them has it.
        direct: a server's own address.
    """

    founder: str
    joiners: frozenset[str]
    servers: tuple[str, ...]
    source: str
    direct: str


def order_of(plan: Plan, live: Sequence[LiveServer], nodes: Mapping[str, NodeFacts]) -> Order:
    """The order in which a plan's nodes go.

    Args:
        live: servers that were heard, the chosen nodes' own included.
        nodes: the facts of all the plan's nodes, by name.
    """
    goals = {node.name: node.goal for node in plan.nodes}
    has_data = {name for name, facts in nodes.items() if facts.k3s.datastore}
    all_down = bool(plan.ca_hash) and not _is_served(plan, live, nodes)
    founders = [
        name for name, goal in goals.items() if goal.role is Role.FIRST_SERVER and name not in has_data
    ]
    joiners = frozenset(
        name for name, goal in goals.items() if _joins(goal, wakes=all_down and name in has_data)
    )
    sources = [
        (not goal.kept, goal.role is not Role.FIRST_SERVER, name)
        for name, goal in goals.items()
        if goal.role.is_server and name not in joiners
    ]
    return Order(
        founder=next(iter(founders), ""),
        joiners=joiners,
        servers=tuple(name for name, goal in goals.items() if goal.role.is_server and not goal.kept),
        # A running server first, else the one that founds.
        source=min(sources)[2] if sources else "",
        direct=plan.direct,
    )


def _is_served(plan: Plan, live: Sequence[LiveServer], nodes: Mapping[str, NodeFacts]) -> bool:
    """A server of the cluster runs, among the chosen nodes or elsewhere."""
    own = {f"{facts.access.hostname}.local" for facts in nodes.values()}
    kept = any(node.goal.kept and node.goal.role.is_server for node in plan.nodes)
    return kept or any(server.ca_hash == plan.ca_hash for server in live if server.host not in own)


def _joins(goal: Goal, *, wakes: bool) -> bool:
    if goal.kept or goal.role is Role.FIRST_SERVER:
        return False
    # Servers that were all down must start at the same time: none gets its quorum alone.
    return not (wakes and goal.role.is_server)
