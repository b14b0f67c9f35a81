"""The proof of a cluster, as data: which rungs each server's ladder has, and what they showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hearing import Diagnosis, Hearing
from sugarkube_tui.engine.ports import KubeNode


class Rung(StrEnum):
    """One proof; the value is its title.  They stand in the order in which a joining node needs them."""

    ADVERT = "advert seen"
    TXT = "TXT right"
    RESOLVES = "name resolves"
    NODES_RESOLVE = "nodes resolve it"
    PORT = "6443 opens"
    NODES_REACH = "nodes reach 6443"
    ETCD = "etcd ports"
    TLS = "certificate"
    CA = "CA is the token's"
    READY = "node Ready"


class Held(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "not checked"


@dataclass(frozen=True, slots=True)
class Check:
    """One rung of one server.

    Attributes:
        host: the server's `.local` name.
        ms: how long it took; None when it was not tried.
        seen: what was found, in a few words.
        remedy: what to do when it does not hold.
        evidence: the records, the certificate, or the command and its output, line by line.
    """

    host: str
    rung: Rung
    held: Held
    ms: float | None = None
    seen: str = ""
    remedy: str = ""
    evidence: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What a server turned out to be."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    STALE = "stale"  # it is advertised or remembered, and nobody answers
    OTHER_CLUSTER = "another cluster"  # its CA is not the token's
    MISSING = "missing"  # it is expected, and nothing of it is to be found


@dataclass(frozen=True, slots=True)
class ServerProof:
    """One server's ladder.

    Attributes:
        expected: it must be there; else it was only heard.
    """

    host: str
    checks: tuple[Check, ...]
    expected: bool
    verdict: Verdict

    @property
    def ok(self) -> bool:
        return self.verdict is Verdict.PROVED

    @property
    def seen(self) -> bool:
        return self.check(Rung.ADVERT).held is Held.YES

    def check(self, rung: Rung) -> Check:
        return next((c for c in self.checks if c.rung is rung), Check(self.host, rung, Held.UNKNOWN))


@dataclass(frozen=True, slots=True)
class VantageProof:
    """What one node told of the others, beside what the workstation sees.

    Attributes:
        heard: the servers that its Avahi knows, by a fresh question or from its cache.
        problem: why it could not be asked.
    """

    name: str
    heard: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """All servers' ladders, from one fresh look.

    Attributes:
        nodes: as Kubernetes lists them; empty when it could not be asked.
        vantages: the nodes that were asked.
        wanted: how many servers there must be.
        ms_elapsed: from the first question to the last expected server's advert; None when one is missing.
        diagnosis: who can hear multicast DNS.
        problem: why something could not be looked at.
    """

    environment: Environment
    servers: tuple[ServerProof, ...]
    nodes: tuple[KubeNode, ...] = ()
    vantages: tuple[VantageProof, ...] = ()
    wanted: int = 0
    ms_elapsed: float | None = None
    diagnosis: Diagnosis = field(default_factory=lambda: Diagnosis(Hearing.UNKNOWN))
    problem: str = ""

    @property
    def expected(self) -> tuple[ServerProof, ...]:
        return tuple(server for server in self.servers if server.expected)

    @property
    def seen(self) -> int:
        """How many of the expected servers' adverts were heard."""
        return sum(server.seen for server in self.expected)

    @property
    def must_be(self) -> int:
        """How many servers are expected."""
        return max(self.wanted, len(self.expected))

    @property
    def ok(self) -> bool:
        """Every rung of every expected server holds, every node is Ready, and nobody poses as a server."""
        return (
            0 < self.must_be == len(self.expected)
            and all(server.ok for server in self.expected)
            and all(node.state == "Ready" for node in self.nodes)
            and not any(server.verdict is Verdict.OTHER_CLUSTER for server in self.servers)
        )


def verdict(checks: Sequence[Check], *, remembered: bool) -> Verdict:
    """What these rungs make of a server.

    Args:
        remembered: it was heard earlier, or some node's cache still knows it.
    """
    held = {check.rung: check.held for check in checks}
    if all(held.get(rung) is Held.YES for rung in Rung):
        return Verdict.PROVED
    if held.get(Rung.CA) is Held.NO:
        return Verdict.OTHER_CLUSTER
    answers = held.get(Rung.PORT) is Held.YES
    heard = held.get(Rung.ADVERT) is Held.YES
    if not answers and (heard or remembered):
        return Verdict.STALE
    if not answers and not heard:
        return Verdict.MISSING
    return Verdict.NOT_PROVED
