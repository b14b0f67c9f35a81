"""One climb: every server of a cluster on the same ladder, seen from here and from its nodes.

What is observed by `ears.py`, `knocking.py` and `outposts.py` is decided in `ladder.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sugarkube_tui.cluster.advert import HTTPS_TYPE, Advert
from sugarkube_tui.cluster.hearing import diagnose
from sugarkube_tui.cluster.queries import ETCD_PORTS, PeerView
from sugarkube_tui.engine import ladder
from sugarkube_tui.engine.control_plane import NO_LOGIN, ControlPlane
from sugarkube_tui.engine.ears import LISTEN_S, Ears
from sugarkube_tui.engine.knocking import Knocking
from sugarkube_tui.engine.ladder import Observed
from sugarkube_tui.engine.logins import NODE_WITHIN_S, Logins
from sugarkube_tui.engine.members import heard_from_others, host_of, is_server, node_at, node_of, others_of
from sugarkube_tui.engine.outposts import Outposts
from sugarkube_tui.engine.ports import KubeNode, Target, World
from sugarkube_tui.engine.proof import Check, Proof, Rung, ServerProof, VantageProof, verdict
from sugarkube_tui.engine.subject import CheckSink, NoteSink, Subject, WireSink
from sugarkube_tui.engine.vantage import Vantage

STRANGERS = 16
"""Servers that nobody expects and that are climbed with all the same: more are a flood."""
SOURCES = 4
"""Servers that are asked for the list of nodes, all at once; the first list counts."""


class Climb:
    """One fresh look, and what it has gathered so far.

    Args:
        known: addresses of servers that earlier looks have heard or reached, by host; added to.
    """

    def __init__(
        self,
        world: World,
        subject: Subject,
        logins: Logins,
        known: dict[str, tuple[str, ...]],
        on_check: CheckSink,
        on_note: NoteSink,
    ) -> None:
        self._subject = subject
        self._logins = logins
        self._known = known
        self._remembered = frozenset(known)
        self._on_check = on_check
        self._note = on_note
        self._ears = Ears(world.lan, world.clock, subject.environment)
        self._cluster = ControlPlane(world, logins, subject.token)
        self._knocking = Knocking(world, self._ears, self._cluster, subject.registration_address, self._tell)
        self._left_out: list[str] = []
        self._unasked: dict[str, None] = {}
        self._servers: dict[str, Observed] = {}
        self._checks: dict[str, dict[Rung, Check]] = {}

    async def take(self, on_wire: WireSink | None = None) -> Proof:
        """Climb; what could not be looked at is told in the proof's problem."""
        environment = self._subject.environment
        concerned = (environment.service_type, HTTPS_TYPE, *self._subject.expected)
        outposts = Outposts(self._logins, environment, concerned, on_wire)
        ears = self._ears
        self._logins.begin_look()
        try:
            async with ears:
                self._note(f"listening for adverts, for {LISTEN_S:.1f} s at most")
                hearing = ears.hear_first(self._subject.expected)
                await asyncio.gather(hearing, self._logins.open(self._subject.targets))
                await ears.settle()
                self._note("logging in to the servers that were heard")
                await self._logins.open(self._strangers())
                outposts.attend(ears.listened_ms)
                self._note("reading token and kubeconfig on a server")
                await self._cluster.read()
                await self._list_nodes()
                self._note("knocking at each server")
                await asyncio.gather(self._knock(), self._logins.open(self._unvisited()))
                outposts.attend(ears.listened_ms)
                vantages = await self._ask_nodes(outposts)
                await outposts.captured()
        finally:
            await outposts.dismiss()
        self._decide_from_nodes(vantages)
        return self._proof(vantages)

    # -- credentials and Kubernetes

    def _strangers(self) -> Iterable[Target]:
        """Servers that are only heard.  An advert is a rumour: a stranger gets no password to try."""
        for advert in self._ears.adverts[:STRANGERS]:
            yield from self._unproved(advert.host.removesuffix(".local"), advert.addresses, advert.host)

    def _unvisited(self) -> Iterable[Target]:
        """Nodes that only Kubernetes names."""
        for node in self._listed:
            if not any(self._node_of(name) == node for name in self._logins):
                yield from self._unproved(node.name, node.addresses, self._host(node))

    def _unproved(self, name: str, addresses: Sequence[str], alias: str) -> Iterable[Target]:
        login = self._subject.login
        if login is not None and addresses:
            yield Target(name, addresses[0], login, alias=alias, trust_new=False)

    @property
    def _listed(self) -> tuple[KubeNode, ...]:
        return self._cluster.nodes

    async def _list_nodes(self) -> None:
        """Learn the cluster's nodes from some servers; addresses need no look-up."""
        heard = [address for advert in self._ears.adverts for address in advert.addresses]
        source = self._cluster.source.addresses if self._cluster.source else frozenset[str]()
        # Of all the addresses that the source has, those by which others know it come first.
        own = sorted(source, key=lambda address: (address not in heard, address))
        hosts = dict.fromkeys((*own[:2], *heard, *self._subject.expected))
        await self._cluster.list_at(list(hosts)[:SOURCES])

    # -- each server, from here

    async def _knock(self, elsewhere: Iterable[Advert] = ()) -> None:
        """Climb with each server that is expected, heard or listed, and was not climbed with yet.

        Args:
            elsewhere: adverts that nodes have heard.
        """
        addresses: dict[str, list[str]] = {host: [] for host in self._subject.expected}
        heard: dict[str, list[str]] = {}
        for advert in (*self._ears.adverts, *elsewhere):
            heard.setdefault(advert.host, []).extend(advert.addresses)
        for node in filter(is_server, self._listed):
            addresses.setdefault(host_of(node, heard), []).extend(node.addresses)
        strangers = [host for host in heard if host not in addresses]
        self._left_out = strangers[STRANGERS:]
        for host in heard:
            if host not in self._left_out:
                addresses.setdefault(host, []).extend(heard[host])
        new = sorted(set(addresses) - set(self._servers))
        for host in new:
            known = dict.fromkeys((*addresses[host], *self._known.get(host, ())))
            self._servers[host] = Observed(host, self._ears.advert_of(host), known=tuple(known))
        await asyncio.gather(*(self._climb(self._servers[host]) for host in new))

    async def _climb(self, seen: Observed) -> None:
        await self._knocking.at(seen)
        if seen.advert is not None or seen.refused == "":
            self._known[seen.host] = tuple(seen.all_addresses)

    # -- what the nodes see

    async def _ask_nodes(self, outposts: Outposts) -> tuple[Vantage, ...]:
        """Every node's view of the servers; the workstation's own is on the ladder already."""
        self._note(f"waiting for what the nodes hear, for {NODE_WITHIN_S:.0f} s at most")
        heard = await outposts.heard()
        await self._knock([advert for one in heard.values() for advert in one.adverts])
        self._note(f"asking each node what it sees of the others, for {NODE_WITHIN_S:.0f} s at most")
        for seen in self._servers.values():
            # etcd listens on the node's own address alone, whatever else its name leads to.
            node = node_of(self._listed, seen)
            seen.internal = next(iter(node.addresses), "") if node else ""
        sockets = [
            socket
            for seen in self._servers.values()
            if seen.address
            for socket in (
                (seen.address, seen.port),
                *((seen.internal or seen.address, port) for port in ETCD_PORTS),
            )
        ]
        view = PeerView(tuple(self._servers), tuple(dict.fromkeys(sockets)))
        asked = await outposts.see(view)
        nodes = ((self._node_of(name), vantage) for name, vantage in asked.items())
        return tuple(replace(vantage, name=node.name) if node else vantage for node, vantage in nodes)

    def _node_of(self, name: str) -> KubeNode | None:
        """The listed node that we log in to under this name."""
        identity = self._logins.identities[name]
        return node_at(self._listed, identity.addresses, {name, identity.hostname})

    def _host(self, node: KubeNode) -> str:
        return host_of(node, {host: seen.all_addresses for host, seen in self._servers.items()})

    def _decide_from_nodes(self, vantages: Sequence[Vantage]) -> None:
        servers = {node.name for node in self._listed if is_server(node)}
        for seen in self._servers.values():
            node = node_of(self._listed, seen)
            seen.own = next((v.addresses for v in vantages if node and v.name == node.name), seen.own)
            self._tell(ladder.resolves_rung(seen))
            others = others_of(seen, self._servers.values(), vantages, self._listed, self._logins.refusal)
            self._unasked |= {f"{name}: {why}": None for name, why in others.unasked}
            hearing = [vantage for vantage in others.vantages if vantage.hears(seen.host)]
            if hearing and seen.advert is None:
                seen.heard_by = tuple(sorted(vantage.name for vantage in hearing))
                seen.heard_lines = tuple(
                    f"{vantage.name}$ avahi-browse: {line}"
                    for vantage in hearing
                    for line in vantage.heard.lines
                    if seen.host in line
                )
                self._tell(ladder.advert_rung(seen))
            self._tell(ladder.nodes_resolve_rung(seen, others))
            self._tell(ladder.nodes_reach_rung(seen, others))
            self._tell(ladder.etcd_rung(seen, others.servers(servers)))

    # -- the result

    def _tell(self, check: Check) -> None:
        self._checks.setdefault(check.host, {})[check.rung] = check
        self._on_check(check)

    def _proof(self, vantages: Sequence[Vantage]) -> Proof:
        subject = self._subject
        must = {*subject.expected, *(self._host(node) for node in self._listed if is_server(node))}
        must = must or set(self._servers)  # nothing says which ones: then all that are seen
        servers = []
        for host, seen in sorted(self._servers.items()):
            checks = tuple(self._checks[host][rung] for rung in Rung)
            remembered = bool(seen.heard_by) or host in self._remembered
            servers.append(ServerProof(host, checks, host in must, verdict(checks, remembered=remembered)))
        heard_ms = [self._servers[host].heard_ms for host in must if self._servers[host].advert is not None]
        asked = [vantage for vantage in vantages if not vantage.heard.problem]
        others_heard = {vantage.name: heard_from_others(vantage) for vantage in asked}
        return Proof(
            subject.environment,
            tuple(servers),
            self._listed,
            tuple(
                VantageProof(
                    vantage.name,
                    tuple(sorted({advert.host for advert in vantage.heard.adverts})),
                    vantage.heard.problem or vantage.problem,
                )
                for vantage in sorted(vantages, key=lambda vantage: vantage.name)
            ),
            subject.wanted,
            max(heard_ms) if heard_ms and len(heard_ms) == len(must) else None,
            diagnose(self._ears.survey, others_heard if asked else None),
            self._problems(),
        )

    def _problems(self) -> str:
        """Why something could not be looked at, each reason on a line of its own."""
        named = "" if self._subject.targets or self._subject.expected else ", and none was named"
        nobody = f"no server advertises {self._subject.environment}{named}"
        flood = f"{len(self._left_out)} more servers are advertised, and were not looked at"
        found = (
            self._ears.deaf,
            "" if self._cluster.problem == NO_LOGIN and not self._servers else self._cluster.problem,
            nobody if not self._servers else "",
            flood if self._left_out else "",
            f"not asked: {'; '.join(self._unasked)}" if self._unasked else "",
        )
        return "\n".join(filter(None, found))
