"""Gates: what must hold, seen from the joining node, before it is given a token (contract §4.7, §6.4)."""

from __future__ import annotations

from sugarkube_tui.cluster.avahi import read_browse
from sugarkube_tui.cluster.choices import JoinPoint
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.queries import ETCD_PORTS, HeardServers, OpenPorts, PasswordAccepted, ServedCa
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.token import JoinToken, ca_hash, short_hash
from sugarkube_tui.engine.connection import Connection
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.outcome import Evidence

CURL_DISTRUSTS = (51, 60)
"""curl's exit statuses for a certificate that does not match the name, or the CA."""


class JoinPointUnusable(ActionFailed):
    """The join point does not serve this node; another one may."""


async def check_join_point(connection: Connection, join: JoinPoint) -> str:
    """It resolves, opens 6443 and serves the cluster's CA, which is returned in PEM form.

    Raises:
        JoinPointUnusable: it does not.
    """
    try:
        pem = await connection.ask(ServedCa(join.host))
    except ActionFailed as error:
        raise JoinPointUnusable(
            Evidence(
                f"{join.host} does not answer from here",
                error.why,
                f"it must resolve on this node and lead to a server's port 6443: curl -vk {join.url}/cacerts",
            )
        ) from error
    served = ca_hash(pem.encode())
    if served != join.ca_hash:
        raise JoinPointUnusable(
            Evidence(
                f"another cluster answers at {join.host}; the token was not sent there",
                f"its CA is {short_hash(served)}, expected {short_hash(join.ca_hash)}",
                "find out which machine has that address",
            )
        )
    return pem


async def check_etcd_ports(connection: Connection, server: str) -> None:
    """A further server reaches the etcd of an existing one.

    Raises:
        ActionFailed: a port is closed.
    """
    answer = await connection.ask(OpenPorts(server, ETCD_PORTS))
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


async def check_token(connection: Connection, join: JoinPoint, token: JoinToken, ca_pem: str) -> None:
    """The join point proves that it belongs to the cluster, and accepts the token.

    Raises:
        JoinPointUnusable: it cannot prove that it belongs to `ca_pem`, or not under this name.
        ActionFailed: it refuses the token.  Any other answer decides nothing.
    """
    # A line of curl's configuration, in which backslash and quote are the only special characters.
    password = token.password.reveal().replace("\\", "\\\\").replace('"', '\\"')
    query = PasswordAccepted(join.host, ca_pem)
    try:
        status = (await connection.ask(query, Secret(f'user = "node:{password}"\n'))).strip()
    except ActionFailed as error:
        if error.evidence.exit_status not in CURL_DISTRUSTS:
            raise
        raise JoinPointUnusable(
            Evidence(
                f"{join.host} cannot prove that it belongs to the cluster; the token was not sent there",
                error.why,
                "its certificate must cover that name: add it to tls-san in "
                "/etc/rancher/k3s/config.yaml.d/10-sugarkube-tls.yaml on the servers, "
                "then: sudo systemctl restart k3s",
            )
        ) from error
    if status == "401":
        raise ActionFailed(
            Evidence(
                f"the cluster refuses the token from {token.source}",
                f"{join.host} answered {status} to its password",
                "read the token on a server: sudo cat /var/lib/rancher/k3s/server/token",
            )
        )


async def check_alone(connection: Connection, environment: Environment, hostname: str) -> None:
    """Nobody else serves this environment on the node's own network, where the workstation may be deaf.

    Raises:
        ActionFailed: somebody does; a second cluster of the same name must not be founded.
    """
    own = f"{hostname}.local"
    for advert in read_browse(await connection.ask(HeardServers(environment.service_type))):
        # What was found and could not be resolved is a cache's memory.
        if advert.role != "server" or not advert.addresses or advert.host == own:
            continue
        raise ActionFailed(
            Evidence(
                f"{advert.host} serves {environment} already, as heard from this node",
                "the workstation did not hear it; a second cluster of the same name would split it",
                f"choose {advert.host} as well, so that this node joins it; or withdraw its advert there: "
                f"sudo rm {environment.advert_path}",
            )
        )
