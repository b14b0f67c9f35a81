"""What speaks against forming, or completing, a cluster as it was chosen."""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.plan import Concern, Problem, Severity
from sugarkube_tui.cluster.standing import Standing
from sugarkube_tui.cluster.token import JoinToken, short_hash


def fault_tolerance(servers: int) -> int:
    """How many of that many servers may fail: embedded etcd needs more than half of them."""
    return max(0, servers - 1) // 2


def objections(
    standing: Standing, choices: Choices, token: JoinToken | None, new_servers: int
) -> Iterator[Problem]:
    """Problems of the cluster as a whole; those of single nodes are found by their steps.

    Args:
        token: the one that was given, if any.
        new_servers: how many nodes are to become servers.
    """
    environment = standing.environment
    hashes = standing.ca_hashes
    if len(set(hashes.values())) > 1:
        yield _several_clusters(standing)
    for server in standing.elsewhere:
        if not server.ca_hash:
            yield Problem(
                f"{server.host} advertises {environment}, but its API does not answer",
                f"start it (sudo systemctl start k3s on {server.host}), or withdraw its advert there: "
                f"sudo rm {environment.advert_path}",
                Severity.WARNING if standing.is_alive else Severity.BLOCKING,
                why="it is not joined through, but counts as one of the servers"
                if standing.is_alive
                else "a second cluster beside one that is only asleep would split it",
            )
    for server in standing.strangers:
        yield Problem(
            f"{server.host} poses as a server of {environment}, and is none of this cluster",
            "nothing joins through it, and it is sent no token; find out which machine it is",
            Severity.WARNING,
            why=f"its CA is {short_hash(server.ca_hash)}, the cluster's is {short_hash(standing.ca_hash)}",
        )
    if hashes and not standing.server_count:
        agents = ", ".join(standing.agents)
        yield Problem(
            f"{agents} belongs to a cluster {environment} of which no server was found",
            "switch its servers on, or choose them, too; if they are gone for good, remove the agent's k3s: "
            "sudo /usr/local/bin/k3s-agent-uninstall.sh",
            why=f"its CA is {short_hash(standing.ca_hash)}",
        )
    if token is not None and token.ca_hash and token.ca_hash != standing.ca_hash:
        yield _wrong_token(standing, token)
    joiners = [name for name in standing.nodes if name not in standing.ours or not standing.ours[name].member]
    if standing.server_count and joiners and token is None and not standing.tells_token:
        source = standing.elsewhere[0].host if standing.elsewhere else "a server of it"
        yield Problem(
            f"joining {environment} needs its token",
            f"choose {source} as well, so that the token can be read there, "
            f"or export {environment.token_variables[0]}",
            concern=Concern.TOKEN,
        )
    if new_servers and choices.servers % 2 == 0 and not choices.even_servers:
        yield Problem(
            f"{choices.servers} servers are no safer than {choices.servers - 1}: "
            f"{_failures(choices.servers)}",
            f"choose {choices.servers - 1} or {choices.servers + 1}, or agree to an even number",
            why="etcd needs more than half of its members",
            concern=Concern.EVEN,
        )
    servers = standing.server_count + new_servers
    if servers < choices.servers:
        yield Problem(
            f"only {servers} of {choices.servers} servers are there",
            f"{_failures(servers)}; choose more nodes, or add them later",
            Severity.WARNING,
        )
    if "sqlite" in standing.datastores and new_servers:
        yield Problem(
            f"{standing.servers[0]} keeps its data in SQLite, so no further server can join it",
            "convert it first: add cluster-init: true to its configuration and restart k3s; "
            f"or choose {standing.server_count} as the number of servers",
            concern=Concern.ONE_DATASTORE,
        )


def _failures(servers: int) -> str:
    failures = fault_tolerance(servers)
    count = "no failure" if failures == 0 else "1 failure" if failures == 1 else f"{failures} failures"
    return f"{servers} of them survive {count}" if servers != 1 else f"1 server survives {count}"


def _several_clusters(standing: Standing) -> Problem:
    """Who is to be kept is the operator's to say: by the nodes that are chosen, or by the token."""
    sides: dict[str, list[str]] = {}
    for host, value in sorted(standing.ca_hashes.items()):
        sides.setdefault(value, []).append(host)
    if standing.ours:
        remedy = (
            "keep one of them. Leave the nodes of the others out: they stay as they are, and nothing joins "
            "through them. Or remove k3s and its data from them, and they join as new nodes: "
            "sudo /usr/local/bin/k3s-uninstall.sh"
        )
    else:
        remedy = (
            "say which one is meant: choose one of its servers, too, or export its token as "
            f"{standing.environment.token_variables[0]}; nothing joins through the others then"
        )
    return Problem(
        f"there are several clusters under the name {standing.environment}",
        remedy,
        why="\n".join(f"CA {short_hash(value)}: {', '.join(hosts)}" for value, hosts in sides.items()),
        concern=Concern.SEVERAL_CLUSTERS,
    )


def _wrong_token(standing: Standing, token: JoinToken) -> Problem:
    if standing.ca_hash:
        return Problem(
            f"the token in {token.source} is not for {standing.environment}",
            f"unset {token.source}, or set it to this cluster's token",
            why=f"it names CA {short_hash(token.ca_hash)}, "
            f"the servers here have {short_hash(standing.ca_hash)}",
            concern=Concern.TOKEN,
        )
    return Problem(
        f"{token.source} holds the token of a cluster that was not found",
        f"start a server of that cluster, or unset {token.source} to bootstrap a new one",
        why=f"it names CA {short_hash(token.ca_hash)}, "
        f"and no server of {standing.environment} was heard on this LAN",
        concern=Concern.TOKEN,
    )
