"""What there is of an environment's cluster before anything is done: on the chosen nodes, and elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment

if TYPE_CHECKING:  # the scan needs no facts
    from sugarkube_tui.cluster.facts import K3sFacts, NodeFacts
    from sugarkube_tui.cluster.token import JoinToken


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


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key by which sugarkube2 comes before sugarkube10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


@dataclass(frozen=True, slots=True)
class Standing:
    """The cluster as it stands.

    Attributes:
        nodes: facts by node name.
        ours: k3s of the chosen nodes that hold data of this cluster, whole or half-made, by node name.
        elsewhere: servers that were heard and are not among the chosen nodes.
        strangers: of those that were heard, the ones that serve another CA than what is certainly the
            cluster's: they are none of its servers.
    """

    environment: Environment
    nodes: Mapping[str, NodeFacts]
    ours: Mapping[str, K3sFacts]
    elsewhere: tuple[LiveServer, ...]
    strangers: tuple[LiveServer, ...] = ()

    @classmethod
    def of(
        cls,
        environment: Environment,
        nodes: Mapping[str, NodeFacts],
        live: Sequence[LiveServer],
        token: JoinToken | None = None,
    ) -> Standing:
        """Args:
        live: servers of this environment that were heard, the chosen nodes' own included.
        token: that was given; it may name the cluster's CA.
        """
        token_hash = (token.ca_hash if token else None) or ""
        chosen = {f"{facts.access.hostname}.local" for facts in nodes.values()}
        ours = {name: facts.k3s for name, facts in nodes.items() if _holds(facts.k3s, str(environment), live)}
        others = [server for server in live if server.host not in chosen]
        certain = _certain_hash({k3s.ca_hash for k3s in ours.values()}, others, token_hash)
        strangers = [server for server in others if certain and server.ca_hash not in ("", certain)]
        elsewhere = [server for server in others if server not in strangers]
        return cls(environment, nodes, ours, tuple(elsewhere), tuple(strangers))

    @property
    def is_alive(self) -> bool:
        """Some server of the cluster answers."""
        return bool(self.serving) or any(server.ca_hash for server in self.elsewhere)

    @property
    def ca_hashes(self) -> dict[str, str]:
        """CA hash by node or host; more than one different value is a split brain."""
        found = {server.host: server.ca_hash for server in self.elsewhere if server.ca_hash}
        return found | {name: k3s.ca_hash for name, k3s in self.ours.items()}

    @property
    def ca_hash(self) -> str:
        """The cluster's; empty when there is none."""
        return min(self.ca_hashes.values(), default="")

    @property
    def servers(self) -> list[str]:
        """Chosen nodes that are, or were begun as, servers."""
        return sorted((name for name, k3s in self.ours.items() if k3s.is_server), key=natural)

    @property
    def agents(self) -> list[str]:
        return sorted((name for name, k3s in self.ours.items() if not k3s.is_server), key=natural)

    @property
    def new(self) -> list[str]:
        """Chosen nodes that have nothing of this cluster yet.

        One that was prepared as an agent by an interrupted run comes last, so that it goes on as one.
        """
        return sorted(
            (name for name in self.nodes if name not in self.ours),
            key=lambda name: (self.nodes[name].k3s.unit == "k3s-agent", natural(name)),
        )

    @property
    def serving(self) -> list[str]:
        """Chosen servers whose API answers."""
        return [name for name in self.servers if self.ours[name].serving]

    @property
    def founders(self) -> list[str]:
        """Chosen servers that joined nobody: each can come up by itself."""
        return [name for name in self.servers if not self.ours[name].joined]

    @property
    def server_count(self) -> int:
        return len(self.elsewhere) + len(self.servers)

    @property
    def datastores(self) -> set[str]:
        return {self.ours[name].datastore for name in self.servers} - {""}

    @property
    def tells_token(self) -> bool:
        """A chosen node can tell the token: a server that runs or will; of several that are down, any."""
        return bool(self.serving or self.founders or (self.servers and not self.elsewhere))

    def direct_address(self, first: str) -> str:
        """Where nodes join directly: a server that runs, else the one that is to be the first to run."""
        addresses = [
            *(self.nodes[name].access.address for name in self.serving),
            *(server.address for server in self.elsewhere if server.ca_hash),
            *(self.nodes[name].access.address for name in (*self.founders, first, *self.servers) if name),
        ]
        return addresses[0] if addresses else ""


def _certain_hash(ours: set[str], others: Sequence[LiveServer], token_hash: str) -> str:
    """The CA that is certainly the cluster's: the chosen nodes', else the token's if somebody serves it.

    Empty when the chosen nodes disagree, or nothing tells which of those that were heard is meant.
    """
    if ours:
        return next(iter(ours)) if len(ours) == 1 else ""
    return token_hash if any(server.ca_hash == token_hash for server in others) else ""


def _holds(k3s: K3sFacts, environment: str, live: Sequence[LiveServer]) -> bool:
    """The node has data of this environment's cluster: by its labels, or by the CA of a live server."""
    if not k3s.unit or not k3s.ca_hash:
        return False
    if k3s.environment:
        return k3s.environment == environment
    return any(server.ca_hash == k3s.ca_hash for server in live)
