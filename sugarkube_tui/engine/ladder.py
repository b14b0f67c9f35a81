"""The ladder's rungs, each a pure decision on what was observed (contract §5, §8, §10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from sugarkube_tui.cluster.advert import API_PORT, Advert
from sugarkube_tui.cluster.queries import ETCD_PORTS
from sugarkube_tui.cluster.token import JoinToken, ca_hash, short_hash
from sugarkube_tui.engine.ports import KubeNode, ServerIdentity
from sugarkube_tui.engine.proof import Check, Held, Rung
from sugarkube_tui.engine.vantage import Vantage


@dataclass(slots=True)
class Observed:
    """What was observed of one server; what was not looked at yet is None.

    Attributes:
        host: its `.local` name.
        heard_ms: when its advert was heard, or how long it was listened for in vain.
        known: addresses from elsewhere (Kubernetes, a node's Avahi, an earlier look), for a name that
            does not resolve.
        addresses: what its name resolves to.
        refused: why 6443 did not open; empty when it did.
        heard_by: nodes whose Avahi knows it, and what it printed.
        own: all addresses that the machine itself says it has; empty when it was not asked.
        internal: the address by which Kubernetes knows it; empty when it does not.
        deaf: why nobody could listen here; empty when somebody did.
    """

    host: str
    advert: Advert | None = None
    heard_ms: float = 0.0
    known: tuple[str, ...] = ()
    addresses: tuple[str, ...] | None = None
    resolved_ms: float = 0.0
    refused: str | None = None
    connected_ms: float = 0.0
    identity: ServerIdentity | None = None
    identity_problem: str = ""
    identity_ms: float = 0.0
    heard_by: tuple[str, ...] = ()
    heard_lines: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    internal: str = ""
    deaf: str = ""

    @property
    def port(self) -> int:
        return self.advert.port if self.advert else API_PORT

    @property
    def address(self) -> str:
        """Where to look: what the name resolves to, else what is known from elsewhere."""
        return next(iter((*(self.addresses or ()), *self.known)), "")

    @property
    def all_addresses(self) -> frozenset[str]:
        return frozenset((*(self.addresses or ()), *self.known))

    @property
    def short_name(self) -> str:
        return self.host.removesuffix(".local")


@dataclass(frozen=True, slots=True)
class Listing:
    """Kubernetes' nodes as one server lists them, or why it does not.

    Attributes:
        ms: None when it was not asked.
    """

    nodes: tuple[KubeNode, ...] = ()
    ms: float | None = None
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Others:
    """The other nodes, as vantages for one server.

    Attributes:
        vantages: those that were asked, without the server itself.
        unasked: names of nodes that could not be asked, with the reason.
        known: whether all nodes of the cluster are known.
        kind: what they are, for words.
    """

    vantages: tuple[Vantage, ...] = ()
    unasked: tuple[tuple[str, str], ...] = ()
    known: bool = False
    kind: str = "node"

    def servers(self, names: Collection[str]) -> Others:
        """Those of them that are servers."""
        return Others(
            tuple(vantage for vantage in self.vantages if vantage.name in names),
            tuple((name, why) for name, why in self.unasked if name in names),
            self.known,
            "server",
        )


def advert_rung(seen: Observed) -> Check:
    if seen.advert is None and seen.deaf:
        return Check(seen.host, Rung.ADVERT, Held.UNKNOWN, None, seen.deaf, evidence=seen.heard_lines)
    if seen.advert is None:
        by = f"; heard by {', '.join(seen.heard_by)} (or in its cache)" if seen.heard_by else ""
        return Check(
            seen.host,
            Rung.ADVERT,
            Held.NO,
            seen.heard_ms,
            f"not heard here{by}",
            f"on {seen.host}: sudo systemctl restart avahi-daemon; "
            "is multicast (UDP 5353) let through between it and this workstation?",
            (
                f"listened for {seen.heard_ms:.0f} ms with a fresh cache, and asked at least twice",
                *seen.heard_lines,
            ),
        )
    advert = seen.advert
    return Check(
        seen.host,
        Rung.ADVERT,
        Held.YES,
        seen.heard_ms,
        f"{advert.service_type} port {advert.port}",
        evidence=advert.record_lines,
    )


def txt_rung(seen: Observed) -> Check:
    advert = seen.advert
    if advert is None:
        return Check(seen.host, Rung.TXT, Held.UNKNOWN, None, "no advert was heard")
    problems = advert.problems
    return Check(
        seen.host,
        Rung.TXT,
        Held.NO if problems else Held.YES,
        seen.heard_ms,
        "; ".join(problems) or " ".join(f"{key}={value}" for key, value in advert.txt.items()),
        f"form the cluster again: that rewrites {advert.environment.advert_path} on it" if problems else "",
        advert.record_lines,
    )


def resolves_rung(seen: Observed) -> Check:
    addresses = seen.addresses or ()
    if not addresses and seen.deaf:
        return Check(seen.host, Rung.RESOLVES, Held.UNKNOWN, None, seen.deaf)
    told = (*addresses, *(seen.advert.addresses if seen.advert else ()))
    foreign = sorted({address for address in told if ":" not in address} - seen.own) if seen.own else []
    if foreign:
        return Check(
            seen.host,
            Rung.RESOLVES,
            Held.NO,
            seen.resolved_ms,
            f"leads to {', '.join(foreign)}, which {seen.short_name} does not have",
            "another machine answers to this name: find out which, and rename it",
            (f"{seen.host} → {', '.join(dict.fromkeys(told))}", f"it has {', '.join(sorted(seen.own))}"),
        )
    return Check(
        seen.host,
        Rung.RESOLVES,
        Held.YES if addresses else Held.NO,
        seen.resolved_ms,
        ", ".join(addresses) or "nobody answers to this name",
        "" if addresses else f"is {seen.host} switched on, and is its avahi-daemon active?",
        (f"{seen.host} → {', '.join(addresses) or 'no address'}", f"asked for {seen.resolved_ms:.0f} ms"),
    )


def port_rung(seen: Observed) -> Check:
    if not seen.address:
        return Check(seen.host, Rung.PORT, Held.UNKNOWN, None, "no address is known")
    where = f"{seen.address}:{seen.port}"
    if seen.refused:
        return Check(
            seen.host,
            Rung.PORT,
            Held.NO,
            seen.connected_ms,
            seen.refused,
            f"on {seen.host}: sudo systemctl status k3s; its advert may be stale",
            (f"connect {where}: {seen.refused}",),
        )
    return Check(
        seen.host, Rung.PORT, Held.YES, seen.connected_ms, where, evidence=(f"connect {where}: open",)
    )


def tls_rung(seen: Observed, registration_address: str) -> Check:
    identity = seen.identity
    if seen.refused:
        return Check(seen.host, Rung.TLS, Held.UNKNOWN, None, "6443 does not open")
    if identity is None:
        held = Held.NO if seen.identity_problem else Held.UNKNOWN
        return Check(
            seen.host,
            Rung.TLS,
            held,
            seen.identity_ms if seen.identity_problem else None,
            seen.identity_problem or "no address is known",
            f"on {seen.host}: sudo journalctl -u k3s -n 50" if seen.identity_problem else "",
        )
    wanted = [name for name in (seen.host, registration_address) if name]
    missing = [name for name in wanted if name not in identity.names]
    return Check(
        seen.host,
        Rung.TLS,
        Held.NO if missing else Held.YES,
        seen.identity_ms,
        f"does not cover {', '.join(missing)}" if missing else f"covers {', '.join(wanted)}",
        f"add it to tls-san in /etc/rancher/k3s/config.yaml.d/10-sugarkube-tls.yaml on {seen.host}, "
        "then: sudo systemctl restart k3s"
        if missing
        else "",
        identity.certificate,
    )


def ca_rung(seen: Observed, token: JoinToken | None, problem: str) -> Check:
    if seen.identity is None:
        return Check(seen.host, Rung.CA, Held.UNKNOWN, None, "no CA is served")
    # It came with the certificate, so it has the same time.
    ms = seen.identity_ms
    served = ca_hash(seen.identity.ca_pem)
    served_line = f"/cacerts hashes to {served}"
    if token is None or token.ca_hash is None:
        why = problem or "the token names no CA"
        return Check(
            seen.host,
            Rung.CA,
            Held.UNKNOWN,
            ms,
            f"serves {short_hash(served)}; {why}",
            evidence=(served_line,),
        )
    same = served == token.ca_hash
    return Check(
        seen.host,
        Rung.CA,
        Held.YES if same else Held.NO,
        ms,
        short_hash(served) if same else f"{short_hash(served)}, the token names {short_hash(token.ca_hash)}",
        ""
        if same
        else "another cluster answers under this name: find out which machine it is before anything joins",
        (served_line, f"the token from {token.source} names {token.ca_hash}"),
    )


def ready_rung(host: str, node: KubeNode | None, listing: Listing) -> Check:
    """Decide by Kubernetes' own word.

    Args:
        node: this server, as it is listed; None when it is not.
    """
    if listing.ms is None:
        return Check(host, Rung.READY, Held.UNKNOWN, None, listing.problem)
    if listing.problem:
        return Check(host, Rung.READY, Held.NO, listing.ms, listing.problem, listing.remedy)
    ready = node is not None and node.state == "Ready"
    return Check(
        host,
        Rung.READY,
        Held.YES if ready else Held.NO,
        listing.ms,
        f"{node.state} {node.version}" if node else "Kubernetes does not list it",
        "" if ready else f"on {host}: sudo journalctl -u k3s -n 50",
        tuple(
            f"{n.name}  {n.state}  {', '.join(n.roles) or 'agent'}  {n.version}  {' '.join(n.addresses)}"
            for n in listing.nodes
        ),
    )


def nodes_resolve_rung(seen: Observed, others: Others) -> Check:
    """A name has to lead to this server there, too: not to the node itself, nor to an old address."""
    views = {v.name: view for v in others.vantages if (view := v.names.get(seen.host)) is not None}
    known = seen.own or seen.all_addresses
    good = {name for name, view in views.items() if _leads_to(view.addresses, known)}
    lines = []
    for name, view in views.items():
        lines += [f"{name}$ getent ahosts {seen.host}"]
        lines += [f"  {', '.join(view.addresses) or 'no address'}   ({view.ms:.0f} ms)"]
    return _from_nodes(
        seen.host,
        Rung.NODES_RESOLVE,
        others,
        good,
        set(views) - good,
        max((view.ms for view in views.values()), default=None),
        lines,
        f"there: getent ahosts {seen.host}; is libnss-mdns installed, mdns4_minimal in /etc/nsswitch.conf, "
        "and no old line in /etc/hosts?",
    )


def _leads_to(found: Collection[str], known: Collection[str]) -> bool:
    """Whether addresses that a name resolves to are the server's, as far as ours can tell."""
    usable = [
        address for address in map(ip_address, found) if not (address.is_loopback or address.is_link_local)
    ]
    if any(str(address) in known for address in usable):
        return True
    # We look by IPv4; what a node finds by IPv6 alone cannot be compared.
    return any(address.version == 6 for address in usable) and not any(":" in address for address in known)


def nodes_reach_rung(seen: Observed, others: Others) -> Check:
    return _ports_rung(
        seen,
        Rung.NODES_REACH,
        others,
        seen.address,
        (seen.port,),
        "a firewall or a route is in between: on the server, sudo nft list ruleset; there, ip route",
    )


def etcd_rung(seen: Observed, servers: Others) -> Check:
    """Servers need 2379 and 2380 between them; a server alone needs nobody (contract §4.7, §6.6)."""
    return _ports_rung(
        seen,
        Rung.ETCD,
        servers,
        seen.internal or seen.address,
        ETCD_PORTS,
        f"if {seen.short_name} keeps its data in SQLite, convert it with cluster-init; "
        "else look at its firewall: sudo nft list ruleset",
    )


def _ports_rung(
    seen: Observed, rung: Rung, others: Others, address: str, ports: Sequence[int], remedy: str
) -> Check:
    good, bad, lines, times = set[str](), set[str](), [], []
    for vantage in others.vantages:
        views = [(port, vantage.ports.get((address, port))) for port in ports]
        known = [(port, view) for port, view in views if view is not None]
        if not known:
            continue
        (good if all(view.is_open for _, view in known) else bad).add(vantage.name)
        times += [view.ms for _, view in known]
        for port, view in known:
            lines += [f"{vantage.name}$ bash -c 'exec 3<>/dev/tcp/{address}/{port}'"]
            lines += [f"  {'open' if view.is_open else 'closed'}   ({view.ms:.0f} ms)"]
    return _from_nodes(seen.host, rung, others, good, bad, max(times, default=None), lines, remedy)


def _from_nodes(
    host: str,
    rung: Rung,
    others: Others,
    good: set[str],
    bad: set[str],
    ms: float | None,
    lines: Sequence[str],
    remedy: str,
) -> Check:
    """A rung that holds when it holds from every other node."""
    unasked = [f"{name}: {why}" for name, why in others.unasked]
    evidence = (*lines, *unasked)
    if bad:
        return Check(host, rung, Held.NO, ms, f"not from {', '.join(sorted(bad))}", remedy, evidence)
    asked = f"from {', '.join(sorted(good))}" if good else ""
    if unasked or not others.known:
        missing = "; ".join(unasked) or "the other nodes are not known"
        seen = f"{asked}; {missing}" if asked else missing
        return Check(host, rung, Held.UNKNOWN, ms, seen, evidence=evidence)
    if not good:
        if others.vantages:
            return Check(host, rung, Held.UNKNOWN, None, "no address is known", evidence=evidence)
        return Check(host, rung, Held.YES, 0.0, f"there is no other {others.kind} to ask")
    return Check(host, rung, Held.YES, ms, asked, evidence=evidence)
