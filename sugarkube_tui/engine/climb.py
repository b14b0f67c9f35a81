"""One climb: every server of a cluster on the same ladder, seen from here and from its nodes.

What is observed here is decided in `ladder.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sugarkube_tui.cluster.advert import HTTPS_TYPE, Advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError, said
from sugarkube_tui.cluster.hearing import diagnose
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.queries import ETCD_PORTS, PeerView
from sugarkube_tui.cluster.sightings import Layer
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine import ladder
from sugarkube_tui.engine.control_plane import NO_LOGIN, ControlPlane
from sugarkube_tui.engine.ladder import Listing, Observed
from sugarkube_tui.engine.logins import NODE_WITHIN_S, Logins
from sugarkube_tui.engine.members import (
    heard_from_others,
    host_of,
    is_server,
    node_at,
    node_of,
    others_of,
)
from sugarkube_tui.engine.ports import Interest, KubeNode, Login, Target, WireLine, World
from sugarkube_tui.engine.proof import Check, Proof, Rung, ServerProof, VantageProof, verdict
from sugarkube_tui.engine.survey import Listener
from sugarkube_tui.engine.vantage import Heard, Vantage, capture_packets, hear_servers, see_peers

LISTEN_S = 2.5
"""Seconds to listen for adverts that are expected.  Questions go out at once and after 1 s (RFC 6762
§5.2): absence takes two of them, spaced, that nobody answers."""
SETTLE_S = 0.5
"""Seconds to go on listening once the expected servers were heard: somebody else may pose as one, and
answers come within 120 ms of a question."""
ANSWER_WITHIN_S = 3.0
"""For a name or a connection; TCP asks again after 1 s for the first time."""
STRANGERS = 16
"""Servers that nobody expects and that are climbed with all the same: more are a flood."""
SOURCES = 4
"""Servers that are asked for the list of nodes, all at once; the first list counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Which cluster is to be proved, and by which means.

    Attributes:
        expected: `.local` names of the servers that must be there; may be empty.
        wanted: how many servers there must be; 0 when that is not said.
        targets: nodes to log in to.
        login: for nodes that are only heard or listed; None: they are not logged in to.
        token: what the CA is compared with; None: the one that a server tells.
    """

    environment: Environment
    expected: tuple[str, ...] = ()
    wanted: int = 0
    targets: tuple[Target, ...] = ()
    login: Login | None = None
    token: JoinToken | None = None
    registration_address: str = ""


CheckSink = Callable[[Check], None]
WireSink = Callable[[WireLine], None]
NoteSink = Callable[[str], None]


def ignore(_: object) -> None:
    """For who wants no progress."""


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
        self._world = world
        self._subject = subject
        self._logins = logins
        self._known = known
        self._remembered = frozenset(known)
        self._on_check = on_check
        self._note = on_note
        interest = Interest((subject.environment,), layers=frozenset({Layer.ADVERTS}))
        self._listener = Listener(world.lan, interest, world.clock)
        self._cluster = ControlPlane(world, logins, subject.token)
        self._deaf = ""
        self._left_out: list[str] = []
        self._unasked: dict[str, None] = {}
        self._hearing: dict[str, asyncio.Task[Heard]] = {}
        self._captures: dict[str, asyncio.Task[None]] = {}
        self._servers: dict[str, Observed] = {}
        self._checks: dict[str, dict[Rung, Check]] = {}

    async def take(self, on_wire: WireSink | None = None) -> Proof:
        """Climb; what could not be looked at is told in the proof's problem."""
        self._logins.begin_look()
        try:
            async with self._listener:
                await self._hear_first()
                self._note("logging in to the servers that were heard")
                await self._logins.open(self._strangers())
                self._attend(on_wire)
                self._note("reading token and kubeconfig on a server")
                await self._cluster.read()
                await self._list_nodes()
                self._note("knocking at each server")
                await asyncio.gather(self._knock(), self._logins.open(self._unvisited()))
                self._attend(on_wire)
                vantages = await self._ask_nodes()
                await asyncio.gather(*self._captures.values())
        finally:
            background = (*self._hearing.values(), *self._captures.values())
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
        self._decide_from_nodes(vantages)
        return self._proof(vantages)

    # -- listening

    async def _hear_first(self) -> None:
        """Listen until all expected servers were heard, or somebody where none is, and log in meanwhile."""
        expected = set(self._subject.expected)

        def enough(survey: Survey) -> bool:
            heard = survey.heard_after_ms(self._subject.environment)
            return expected <= set(heard) if expected else bool(heard)

        self._note(f"listening for adverts, for {LISTEN_S:.1f} s at most")
        await asyncio.gather(self._listen(enough, LISTEN_S), self._logins.open(self._subject.targets))
        settled = self._listener.listened_ms / 1000 + SETTLE_S
        await self._listen(lambda _: False, min(settled, LISTEN_S))

    async def _listen(self, enough: Callable[[Survey], bool], seconds: float) -> None:
        """As `Listener.until`; a workstation that cannot listen still sees the rest."""
        try:
            await self._listener.until(enough, seconds)
        except SugarkubeError as error:
            self._deaf = str(error)

    def _advert(self, host: str) -> Advert | None:
        return next((advert for advert in self._heard if advert.host == host), None)

    async def _hear(self, seen: Observed) -> None:
        """The advert's rungs, as soon as it is heard; it has the whole time for that."""
        await self._listen(lambda _: self._advert(seen.host) is not None, LISTEN_S)
        seen.advert = self._advert(seen.host)
        heard = self._listener.survey.heard_after_ms(self._subject.environment)
        seen.heard_ms = heard.get(seen.host, self._listener.listened_ms)
        seen.deaf = self._deaf.partition("\n")[0]
        self._tell(ladder.advert_rung(seen))
        self._tell(ladder.txt_rung(seen))

    def _attend(self, on_wire: WireSink | None) -> None:
        """Let the nodes that were just logged in to listen on their own network, meanwhile."""
        environment = self._subject.environment
        concerned = (environment.service_type, HTTPS_TYPE, *self._subject.expected)
        for name in self._logins:
            if name in self._hearing:
                continue
            self._hearing[name] = asyncio.create_task(hear_servers(self._logins, name, environment))
            if on_wire is not None:
                began_ms = self._listener.listened_ms
                capture = capture_packets(self._logins, name, concerned, began_ms, on_wire)
                self._captures[name] = asyncio.create_task(capture)

    # -- credentials and Kubernetes

    def _strangers(self) -> Iterable[Target]:
        """Servers that are only heard.  An advert is a rumour: a stranger gets no password to try."""
        for advert in self._heard[:STRANGERS]:
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
    def _heard(self) -> tuple[Advert, ...]:
        return self._listener.survey.servers_of(self._subject.environment)

    @property
    def _listed(self) -> tuple[KubeNode, ...]:
        return self._cluster.nodes

    async def _list_nodes(self) -> None:
        """Learn the cluster's nodes from some servers; addresses need no look-up."""
        heard = [address for advert in self._heard for address in advert.addresses]
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
        for advert in (*self._heard, *elsewhere):
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
            self._servers[host] = Observed(host, self._advert(host), known=tuple(known))
        await asyncio.gather(*(self._climb(self._servers[host]) for host in new))

    async def _climb(self, seen: Observed) -> None:
        """The rungs that the workstation sees by itself."""
        known = seen.address
        await asyncio.gather(self._hear(seen), self._resolve(seen), self._reach(seen, known))
        if seen.address != known:  # others follow the name, so that is what counts
            await self._reach(seen, seen.address)
        if not seen.address:
            self._tell(ladder.port_rung(seen))
        if seen.advert is not None or seen.refused == "":
            self._known[seen.host] = tuple(seen.all_addresses)
        self._tell(ladder.tls_rung(seen, self._subject.registration_address))
        self._tell(ladder.ca_rung(seen, self._cluster.token, self._cluster.problem))
        listing = Listing(problem="6443 does not open")
        if seen.refused == "":
            listing = await self._cluster.list(seen.address)
            if not listing.nodes and seen.addresses:  # its certificate may cover the name alone
                listing = await self._cluster.list(seen.host)
        self._tell(ladder.ready_rung(seen.host, node_of(listing.nodes, seen), listing))

    async def _resolve(self, seen: Observed) -> None:
        began = self._world.clock.now()
        seen.addresses = await self._world.lan.resolve(seen.host, ANSWER_WITHIN_S, fresh=True)
        seen.resolved_ms = self._ms(began)
        self._tell(ladder.resolves_rung(seen))

    async def _reach(self, seen: Observed, address: str) -> None:
        """Connect, and see who answers."""
        if not address:
            return
        seen.identity, seen.identity_problem = None, ""
        api, clock = self._world.api, self._world.clock
        began = clock.now()
        try:
            await api.connect(address, seen.port, ANSWER_WITHIN_S)
            seen.refused = ""
        except (OSError, TimeoutError) as error:
            seen.refused = said(error) or "no answer"
        seen.connected_ms = self._ms(began)
        self._tell(ladder.port_rung(seen))
        if seen.refused:
            return
        began = clock.now()
        try:
            seen.identity = await api.identity(address, seen.port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            seen.identity_problem = said(error) or "no answer"
        seen.identity_ms = self._ms(began)

    # -- what the nodes see

    async def _ask_nodes(self) -> tuple[Vantage, ...]:
        """Every node's view of the servers; the workstation's own is on the ladder already."""
        self._note(f"waiting for what the nodes hear, for {NODE_WITHIN_S:.0f} s at most")
        heard = dict(zip(self._hearing, await asyncio.gather(*self._hearing.values()), strict=True))
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
        logins = tuple(self._logins)
        asked = await asyncio.gather(
            *(see_peers(self._logins, name, view, heard.get(name, Heard())) for name in logins)
        )
        nodes = (self._node_of(name) for name in logins)
        return tuple(
            replace(vantage, name=node.name) if node else vantage
            for vantage, node in zip(asked, nodes, strict=True)
        )

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
            diagnose(self._listener.survey, others_heard if asked else None),
            self._problems(),
        )

    def _problems(self) -> str:
        """Why something could not be looked at, each reason on a line of its own."""
        named = "" if self._subject.targets or self._subject.expected else ", and none was named"
        nobody = f"no server advertises {self._subject.environment}{named}"
        flood = f"{len(self._left_out)} more servers are advertised, and were not looked at"
        found = (
            self._deaf,
            "" if self._cluster.problem == NO_LOGIN and not self._servers else self._cluster.problem,
            nobody if not self._servers else "",
            flood if self._left_out else "",
            f"not asked: {'; '.join(self._unasked)}" if self._unasked else "",
        )
        return "\n".join(filter(None, found))

    def _ms(self, began: float) -> float:
        return (self._world.clock.now() - began) * 1000
