"""Who becomes what: servers that exist count, new nodes become servers until the number is reached.

Roles are decided in one place for all nodes, so nodes never race for them (contract §0.2 no. 4, §4.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sugarkube_tui.cluster.choices import Choices, Goal, JoinPoint, Role
from sugarkube_tui.cluster.facts import K3sFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.cluster.token import JoinToken, short_hash


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server that advertises this environment.

    Attributes:
        host: its `.local` name.
        address: its IP address, by which nodes join it.
        ca_hash: of the CA it serves; empty when nobody answers there.
    """

    host: str
    address: str
    ca_hash: str


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


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key by which sugarkube2 comes before sugarkube10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def fault_tolerance(servers: int) -> int:
    """How many of that many servers may fail: embedded etcd needs more than half of them."""
    return max(0, servers - 1) // 2


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
        token: the token that was given; None: read from the first server.
        version: the release for new nodes, where it is known.
    """
    environment = str(choices.environment)
    problems: list[Problem] = []
    ours = {name: facts.k3s for name, facts in nodes.items() if _holds(facts.k3s, environment, live)}
    hosts = {f"{facts.access.hostname}.local": name for name, facts in nodes.items()}
    elsewhere = [server for server in live if server.host not in hosts]

    hashes = {server.ca_hash for server in elsewhere if server.ca_hash}
    hashes |= {k3s.ca_hash for k3s in ours.values() if k3s.ca_hash}
    if len(hashes) > 1:
        problems.append(_split_brain(environment, elsewhere, ours))
    for server in elsewhere:
        if not server.ca_hash:
            problems.append(
                Problem(
                    f"{server.host} advertises {environment}, but its API does not answer",
                    f"start it (sudo systemctl start k3s on {server.host}), or withdraw its advert there: "
                    f"sudo rm {choices.environment.advert_path}",
                    why="a second cluster beside one that is only asleep would split it",
                )
            )
    target = min(hashes) if hashes else ""
    if token is not None and token.ca_hash and token.ca_hash != target:
        problems.append(_wrong_token(token, environment, target))

    server_names = sorted((name for name, k3s in ours.items() if k3s.is_server), key=natural)
    agent_names = {name for name, k3s in ours.items() if not k3s.is_server}
    # A node that was prepared as an agent by an earlier, interrupted run goes on as one.
    new_names = sorted(
        (name for name in nodes if name not in ours),
        key=lambda name: (nodes[name].k3s.unit == "k3s-agent", natural(name)),
    )
    existing = len(elsewhere) + len(server_names)
    wanted = max(0, choices.servers - existing)
    new_servers, new_agents = new_names[:wanted], new_names[wanted:]
    bootstrap = existing == 0

    serving = [name for name in server_names if ours[name].serving]
    joiners = [name for name in nodes if name not in ours or not ours[name].member]
    # A server that runs tells the token, and so does the first one; of several that are all down, any does.
    readable = serving or [name for name in server_names if not ours[name].joined] or not elsewhere
    if existing and joiners and token is None and not (server_names and readable):
        source = elsewhere[0].host if elsewhere else "a server of it"
        problems.append(
            Problem(
                f"joining {environment} needs its token",
                f"choose {source} as well, so that the token can be read there, "
                f"or export {choices.environment.token_variables[0]}",
            )
        )
    problems += _count_problems(choices, existing + len(new_servers))
    datastores = {ours[name].datastore for name in server_names} - {""}
    embedded_etcd = datastores == {"etcd"} if datastores else choices.servers > 1
    if "sqlite" in datastores and new_servers:
        problems.append(
            Problem(
                f"{server_names[0]} keeps its data in SQLite, so no further server can join it",
                f"convert it first: add cluster-init: true to its configuration and restart k3s; "
                f"or keep one server (--servers {existing})",
            )
        )
    if serving and choices.version is None:
        # New nodes get what the servers have: an agent must not be newer than its servers.
        version = ours[serving[0]].version or version
    tainted = choices.taint_servers
    if tainted is None:
        tainted = bool(new_agents or agent_names)

    first = new_servers[0] if bootstrap and new_servers else ""
    # Where nodes join directly: a server that runs, else the one that is to be the first to run.
    hosts_to_join = [
        *(nodes[name].access.address for name in serving),
        *(server.address for server in elsewhere if server.ca_hash),
        *(nodes[name].access.address for name in server_names if not ours[name].joined),
        *(nodes[name].access.address for name in (first, *server_names) if name),
    ]
    direct = hosts_to_join[0] if hosts_to_join else ""
    join = JoinPoint(choices.registration_address or direct, target)

    def goal(name: str, role: Role, *, kept: bool) -> Goal:
        return Goal(
            choices,
            role,
            nodes[name].access.hostname,
            embedded_etcd=embedded_etcd,
            tainted=tainted,
            # The first server joins nobody; its own CA is the target where it has one already.
            join=None if role is Role.FIRST_SERVER else join,
            token=_usable(token, role),
            version=(ours[name].version if name in ours else "") or version,
            kept=kept,
        )

    assignments: dict[str, Assignment] = {}
    for name in server_names:
        k3s = ours[name]
        role = Role.SERVER if k3s.member or k3s.joined else Role.FIRST_SERVER
        reason = "is a server already" if k3s.member else "was begun as a server, goes on"
        assignments[name] = Assignment(goal(name, role, kept=k3s.member), reason)
    for name in agent_names:
        member = ours[name].member
        reason = "is an agent already" if member else "was begun as an agent, goes on"
        assignments[name] = Assignment(goal(name, Role.AGENT, kept=member), reason)
    for number, name in enumerate(new_servers, start=existing + 1):
        if bootstrap and name == first:
            assignments[name] = Assignment(
                goal(name, Role.FIRST_SERVER, kept=False),
                "first by name; no server of this environment was heard",
            )
        else:
            reason = f"server {number} of {choices.servers}"
            assignments[name] = Assignment(goal(name, Role.SERVER, kept=False), reason)
    for name in new_agents:
        reason = f"{choices.servers} server{'s' if choices.servers > 1 else ''} reached"
        assignments[name] = Assignment(goal(name, Role.AGENT, kept=False), reason)
    return Roles({name: assignments[name] for name in nodes}, tuple(problems), target, direct)


def _holds(k3s: K3sFacts, environment: str, live: Sequence[LiveServer]) -> bool:
    """The node has data of this environment's cluster: by its labels, or by the CA of a live server."""
    if not k3s.unit or not k3s.ca_hash:
        return False
    if k3s.environment:
        return k3s.environment == environment
    return any(server.ca_hash == k3s.ca_hash for server in live)


def _usable(token: JoinToken | None, role: Role) -> JoinToken | None:
    """A first server can be given a password of the operator's, never another cluster's full token."""
    if token is not None and role is Role.FIRST_SERVER and token.ca_hash:
        return None
    return token


def _split_brain(environment: str, elsewhere: Sequence[LiveServer], ours: Mapping[str, K3sFacts]) -> Problem:
    seen = {server.host: server.ca_hash for server in elsewhere if server.ca_hash}
    seen |= {name: k3s.ca_hash for name, k3s in ours.items()}
    return Problem(
        f"there are several clusters under the name {environment}",
        "choose the one that stays, and remove k3s from the servers of the others "
        "(sudo /usr/local/bin/k3s-uninstall.sh) before anything joins",
        why="; ".join(f"{host}: CA {short_hash(value)}" for host, value in sorted(seen.items())),
    )


def _wrong_token(token: JoinToken, environment: str, target: str) -> Problem:
    if target:
        return Problem(
            f"the token in {token.source} is not for {environment}",
            f"unset {token.source}, or set it to this cluster's token",
            why=f"it names CA {short_hash(token.ca_hash)}, the servers here have {short_hash(target)}",
        )
    return Problem(
        f"{token.source} holds the token of a cluster that was not found",
        f"start a server of that cluster, or unset {token.source} to bootstrap a new one",
        why=f"it names CA {short_hash(token.ca_hash)}, and no server of {environment} was heard on this LAN",
    )


def _count_problems(choices: Choices, servers: int) -> list[Problem]:
    problems = []
    if choices.servers % 2 == 0 and not choices.even_servers:
        problems.append(
            Problem(
                f"{choices.servers} servers survive no more failures than {choices.servers - 1}",
                f"use --servers {choices.servers - 1} or {choices.servers + 1}, or agree with --even-servers",
                why="etcd needs more than half of its members",
            )
        )
    if servers < choices.servers:
        problems.append(
            Problem(
                f"only {servers} of {choices.servers} servers are there",
                f"{servers} servers survive {fault_tolerance(servers)} failures; "
                "add the others later by the same command",
                Severity.WARNING,
            )
        )
    return problems
