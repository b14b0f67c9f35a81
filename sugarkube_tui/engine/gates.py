"""Gates: what must hold, seen from the joining node, before it is given a token (contract §4.7, §6.4)."""

from __future__ import annotations

from sugarkube_tui.cluster.choices import JoinPoint
from sugarkube_tui.cluster.queries import OpenPorts, PasswordAccepted, ServedCa
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.token import JoinToken, ca_hash, short_hash
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.events import Evidence
from sugarkube_tui.engine.node import NodeRun

ETCD_PORTS = (2379, 2380)


class JoinPointUnusable(ActionFailed):
    """The join point does not serve this node; another one may."""


async def check_join_point(node: NodeRun, join: JoinPoint) -> None:
    """It resolves, opens 6443 and serves the cluster's CA.

    Raises:
        JoinPointUnusable: it does not.
    """
    try:
        served = ca_hash((await node.ask(ServedCa(join.host))).encode())
    except ActionFailed as error:
        raise JoinPointUnusable(
            Evidence(
                f"{join.host} does not answer from here",
                error.why,
                f"it must resolve on this node and lead to a server's port 6443: curl -vk {join.url}/cacerts",
            )
        ) from error
    if served != join.ca_hash:
        raise JoinPointUnusable(
            Evidence(
                f"another cluster answers at {join.host}; the token was not sent there",
                f"its CA is {short_hash(served)}, expected {short_hash(join.ca_hash)}",
                "find out which machine has that address",
            )
        )


async def check_etcd_ports(node: NodeRun, server: str) -> None:
    """A further server reaches the etcd of an existing one.

    Raises:
        ActionFailed: a port is closed.
    """
    answer = await node.ask(OpenPorts(server, ETCD_PORTS))
    closed = [line.split()[0] for line in answer.splitlines() if line.endswith("closed")]
    if closed:
        raise ActionFailed(
            Evidence(
                f"port {' and '.join(closed)} of {server} is closed from here",
                "servers need 2379 and 2380 between them for etcd",
                "if that server keeps its data in SQLite, convert it with cluster-init; "
                "else look at its firewall: sudo nft list ruleset",
            )
        )


async def check_token(node: NodeRun, join: JoinPoint, token: JoinToken) -> None:
    """The cluster accepts the token.  Call it only once the join point's CA was checked.

    Raises:
        ActionFailed: it is refused.  Any other answer decides nothing.
    """
    # A line of curl's configuration, in which backslash and quote are the only special characters.
    password = token.password.reveal().replace("\\", "\\\\").replace('"', '\\"')
    status = (await node.ask(PasswordAccepted(join.host), Secret(f'user = "node:{password}"\n'))).strip()
    if status == "401":
        raise ActionFailed(
            Evidence(
                f"the cluster refuses the token from {token.source}",
                f"{join.host} answered {status} to its password",
                "read the token on a server: sudo cat /var/lib/rancher/k3s/server/token",
            )
        )
