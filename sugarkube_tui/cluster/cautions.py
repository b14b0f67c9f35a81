"""What to think of before the number of servers, and who they are, is settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sugarkube_tui.cluster.choices import Choices, Role
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.fitness import Doubt, doubts, fittest_first
from sugarkube_tui.cluster.objections import fault_tolerance
from sugarkube_tui.cluster.plan import Concern
from sugarkube_tui.cluster.roles import Roles
from sugarkube_tui.cluster.standing import Standing


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to know before it is decided.

    Attributes:
        remedy: what to do about it.
        nodes: whom it concerns; empty when it concerns the cluster.
    """

    concern: Concern
    what: str
    why: str
    remedy: str
    nodes: tuple[str, ...] = ()


def likely_servers(standing: Standing) -> int:
    """How many servers are most likely wanted: three where there are enough nodes, else one.

    A cluster that lives has at least what it has; one server with SQLite, or of which that cannot be told,
    takes no further ones.
    """
    there, new = standing.server_count, len(standing.new)
    if not there:
        return 3 if new >= 3 else 1
    if there == 1 and standing.datastores != {"etcd"}:
        return 1
    wanted = max(3, there + 1 - there % 2)
    return wanted if there + new >= wanted else there


def cautions(nodes: Mapping[str, NodeFacts], roles: Roles, choices: Choices) -> Iterator[Caution]:
    """What the operator should know of these roles, what weighs most first.

    Members that are there already are left as they are, so nothing is said of them.  Agents that were not
    chosen are not known: Kubernetes, which lists them, is only asked by the proof.
    """
    new = {name: one.goal for name, one in roles.assignments.items() if not one.goal.kept}
    servers = [name for name, goal in new.items() if goal.role.is_server]
    agents = [name for name, one in roles.assignments.items() if one.goal.role is Role.AGENT]
    spare = [name for name in fittest_first(new, nodes) if name not in servers]
    tainted = any(new[name].tainted for name in servers)
    if servers and tainted and not agents:
        yield Caution(
            Concern.TAINTED_ALONE,
            "none of these nodes will take workloads",
            "servers are tainted, and no agent was chosen: unless the cluster has one elsewhere, "
            "Traefik and nearly all pods stay Pending",
            "leave the servers untainted, or choose a node more",
            tuple(servers),
        )
    if servers and choices.servers % 2 == 0:
        yield _even(choices.servers)
    for doubt in Doubt:
        doubtful = [
            name
            for name in servers
            if doubt in doubts(nodes[name].access, embedded_etcd=new[name].embedded_etcd)
        ]
        better = [name for name in spare if not doubts(nodes[name].access, embedded_etcd=True)]
        if doubtful:
            yield _doubtful(doubt, tuple(doubtful), better)
    if servers and not tainted and agents:
        yield Caution(
            Concern.SHARED_WITH_WORKLOADS,
            "workloads may run on the servers, too",
            "servers are not tainted: a hungry pod competes with etcd there",
            "taint the servers: there are agents",
            tuple(servers),
        )


def _even(servers: int) -> Caution:
    failures = fault_tolerance(servers)
    return Caution(
        Concern.EVEN,
        f"{servers} servers are no safer than {servers - 1}",
        f"{servers} need {servers // 2 + 1} to agree, so they survive {failures or 'no'} "
        f"failure{'' if failures == 1 else 's'}, just as {servers - 1} would",
        f"choose {servers - 1} or {servers + 1}",
    )


def _doubtful(doubt: Doubt, nodes: tuple[str, ...], better: list[str]) -> Caution:
    who = ", ".join(nodes)
    instead = f"{better[0]} would do better" if better else "no other node would do better"
    match doubt:
        case Doubt.SD_CARD:
            return Caution(
                Concern.SD_CARD,
                f"{who}: etcd on an SD card",
                "etcd writes all the time: a card wears out, and a slow one loses elections",
                f"{instead}; else boot servers from NVMe or SSD",
                nodes,
            )
        case Doubt.LITTLE_MEMORY:
            return Caution(
                Concern.LITTLE_MEMORY,
                f"{who}: too little memory for a server",
                "k3s asks for 2 GB on servers; with less, a node swaps and its etcd falls behind",
                f"{instead} as a server",
                nodes,
            )
