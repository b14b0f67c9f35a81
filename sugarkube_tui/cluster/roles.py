"""Who becomes what: servers that exist count, new nodes become servers until the number is reached.

Roles are decided in one place for all nodes, so nodes never race for them (contract §0.2 no. 4, §4.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sugarkube_tui.cluster.choices import Choices, Goal, JoinPoint, Role
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.objections import objections
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.cluster.standing import LiveServer, Standing
from sugarkube_tui.cluster.token import JoinToken

MOVED = "moved there by you"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One node's role and why it has it."""

    goal: Goal
    reason: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of all nodes by name, and what speaks against them."""

    assignments: Mapping[str, Assignment]
    problems: tuple[Problem, ...]
    ca_hash: str = ""
    """The live cluster's; empty when a new one is bootstrapped."""
    direct: str = ""
    """The address of a server, by which nodes can join without a registration address."""
    order: tuple[str, ...] = ()
    """The new nodes, in the order in which they become servers."""


def assign_roles(
    nodes: Mapping[str, NodeFacts],
    live: Sequence[LiveServer],
    choices: Choices,
    token: JoinToken | None = None,
    version: str | None = None,
) -> Roles:
    """Roles for all nodes, from what runs already and what was chosen.

    Args:
        nodes: facts by node name.
        live: servers of this environment that were heard on the LAN, the chosen nodes' own included.
        token: the token that was given; None: read from a server.
        version: the release for new nodes, where it is known.
    """
    standing = Standing.of(choices.environment, nodes, live, token)
    new = in_order(standing.new, choices.order)
    raised = {name for place, name in enumerate(new) if place < standing.new.index(name)}
    wanted = max(0, choices.servers - standing.server_count)
    new_servers, new_agents = new[:wanted], new[wanted:]
    first = new_servers[0] if new_servers and not standing.server_count else ""
    direct = standing.direct_address(first)
    join = JoinPoint(choices.registration_address or direct, standing.ca_hash)
    datastores = standing.datastores
    embedded_etcd = datastores == {"etcd"} if datastores else choices.servers > 1
    tainted = choices.taint_servers
    if tainted is None:
        tainted = bool(new_agents or standing.agents)
    if standing.serving and choices.version is None:
        # New nodes get what the servers have: an agent must not be newer than its servers.
        version = standing.ours[standing.serving[0]].version or version

    def assignment(name: str, role: Role, reason: str) -> Assignment:
        k3s = standing.ours.get(name)
        goal = Goal(
            choices,
            role,
            nodes[name].access.hostname,
            embedded_etcd=embedded_etcd,
            tainted=tainted,
            join=None if role is Role.FIRST_SERVER else join,
            token=_usable(token, role),
            version=(k3s.version if k3s else "") or version,
            kept=k3s is not None and k3s.member,
        )
        return Assignment(goal, reason)

    assignments: dict[str, Assignment] = {}
    for name in standing.servers:
        k3s = standing.ours[name]
        role = Role.SERVER if k3s.member or k3s.joined else Role.FIRST_SERVER
        reason = "is a server already" if k3s.member else "was begun as a server, goes on"
        assignments[name] = assignment(name, role, reason)
    for name in standing.agents:
        reason = "is an agent already" if standing.ours[name].member else "was begun as an agent, goes on"
        assignments[name] = assignment(name, Role.AGENT, reason)
    for number, name in enumerate(new_servers, start=standing.server_count + 1):
        if name == first:
            why = MOVED if name in raised else "first by name"
            reason = f"{why}; no server of this environment was heard"
            assignments[name] = assignment(name, Role.FIRST_SERVER, reason)
        else:
            reason = f"server {number} of {choices.servers}"
            reason = f"{reason}, {MOVED}" if name in raised else reason
            assignments[name] = assignment(name, Role.SERVER, reason)
    for name in new_agents:
        reason = _enough(choices.servers, there=not new_servers)
        assignments[name] = assignment(name, Role.AGENT, reason)
    problems = tuple(objections(standing, choices, token, len(new_servers)))
    return Roles({name: assignments[name] for name in nodes}, problems, standing.ca_hash, direct, tuple(new))


def _enough(servers: int, *, there: bool) -> str:
    """Why a node becomes no server: there will be so many, or are already."""
    if there:
        return "there are servers enough already" if servers > 1 else "there is a server already"
    return "there will be servers enough" if servers > 1 else "there will be a server"


def in_order(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """These names, those in `order` first and in its order; the others keep theirs."""
    chosen = [name for name in dict.fromkeys(order) if name in names]
    return [*chosen, *(name for name in names if name not in chosen)]


def _usable(token: JoinToken | None, role: Role) -> JoinToken | None:
    """A first server can be given a password of the operator's, never another cluster's full token."""
    if token is not None and role is Role.FIRST_SERVER and token.ca_hash:
        return None
    return token
