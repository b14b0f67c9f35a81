"""One climb: every server of a cluster on the same ladder, seen from here and from its nodes.

What is observed here is decided in `ladder.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hearing import diagnose
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.queries import PeerView, ReadKubeconfig, ReadToken
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import Layer
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.engine import ladder
from sugarkube_tui.engine.ladder import ETCD_PORTS, Observed, Others
from sugarkube_tui.engine.logins import Logins
from sugarkube_tui.engine.ports import Interest, KubeNode, Login, Target, WireLine, World
from sugarkube_tui.engine.proof import Check, Proof, Rung, ServerProof, VantageProof, verdict
from sugarkube_tui.engine.survey import Ear
from sugarkube_tui.engine.vantage import (
    Vantage,
    capture_packets,
    hear_servers,
    read_servers,
    see_peers,
)

LISTEN_S = 2.5
"""Seconds to listen for adverts that are expected.  Questions go out at once and after 1 s (RFC 6762
§5.2): absence takes two of them, spaced, that nobody answers."""
SETTLE_S = 0.5
"""Seconds to go on listening once the expected servers were heard: somebody else may pose as one, and
answers come within 120 ms of a question."""
ANSWER_WITHIN_S = 3.0
"""For a name or a connection; TCP asks again after 1 s for the first time."""
LIST_WITHIN_S = 5.0
"""For a list of nodes: a Pi with a card for a disk takes its time."""


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


@dataclass(frozen=True, slots=True)
class _Listing:
    """Kubernetes' nodes as one server lists them, or why it does not.

    Attributes:
        ms: None when it was not asked.
    """

    nodes: tuple[KubeNode, ...] = ()
    ms: float | None = None
    problem: str = ""
    remedy: str = ""


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
        self._ear = Ear(world.lan, interest, world.clock)
        self._token = subject.token
        self._kubeconfig: Secret | None = None
        self._sources: list[str] = []
        self._problem = ""
        self._hearing: dict[str, asyncio.Task[str]] = {}
        self._captures: dict[str, asyncio.Task[None]] = {}
        self._servers: dict[str, Observed] = {}
        self._listings: dict[str, _Listing] = {}
        self._checks: dict[str, dict[Rung, Check]] = {}

    async def take(self, on_wire: WireSink | None = None) -> Proof:
        """Climb.

        Raises:
            SugarkubeError: the workstation cannot listen.
        """
        try:
            async with self._ear:
                await self._hear_first()
                self._note("logging in to the servers that were heard")
                await self._logins.open(self._strangers())
                self._attend(on_wire)
                await self._read_credentials()
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
        await asyncio.gather(self._ear.until(enough, LISTEN_S), self._logins.open(self._subject.targets))
        settled = self._ear.listened_ms / 1000 + SETTLE_S
        await self._ear.until(lambda _: False, min(settled, LISTEN_S))

    def _advert(self, host: str) -> Advert | None:
        adverts = self._ear.survey.servers_of(self._subject.environment)
        return next((advert for advert in adverts if advert.host == host), None)

    async def _hear(self, seen: Observed) -> None:
        """The advert's rungs, as soon as it is heard; it has the whole time for that."""
        await self._ear.until(lambda _: self._advert(seen.host) is not None, LISTEN_S)
        seen.advert = self._advert(seen.host)
        heard = self._ear.survey.heard_after_ms(self._subject.environment)
        seen.heard_ms = heard.get(seen.host, self._ear.listened_ms)
        self._tell(ladder.advert_rung(seen))
        self._tell(ladder.txt_rung(seen))

    def _attend(self, on_wire: WireSink | None) -> None:
        """Let the nodes that were just logged in to listen on their own network, meanwhile."""
        environment = self._subject.environment
        for name in self._logins:
            if name not in self._hearing:
                hearing = hear_servers(self._logins, name, environment)
                self._hearing[name] = asyncio.create_task(hearing)
                if on_wire is not None:
                    capture = capture_packets(self._logins, name, self._world.clock, on_wire)
                    self._captures[name] = asyncio.create_task(capture)

    # -- credentials and Kubernetes

    def _strangers(self) -> Iterable[Target]:
        """Servers that are only heard.  An advert is a rumour: a stranger gets no password to try."""
        if (login := self._subject.login) is None:
            return
        for advert in self._ear.survey.servers_of(self._subject.environment):
            name = advert.host.removesuffix(".local")
            yield from (
                Target(name, address, login, alias=advert.host, trust_new=False)
                for address in advert.addresses[:1]
            )

    def _unvisited(self) -> Iterable[Target]:
        """Nodes that only Kubernetes names."""
        if (login := self._subject.login) is None:
            return
        known = {self._node_name(name) for name in self._logins}
        for node in self._listed:
            if node.name not in known and node.addresses:
                alias = _host(node)
                yield Target(node.name, node.addresses[0], login, alias=alias, trust_new=False)

    async def _read_credentials(self) -> None:
        """Token and kubeconfig, from the first node that gives them.

        A token that was given is what the CA is compared with: a server's own proves less.
        """
        self._note("reading token and kubeconfig on a server")
        for name in self._logins:
            try:
                self._kubeconfig = Secret(await self._logins.ask(name, ReadKubeconfig()))
                self._sources.append(self._logins.targets[name].host)
                if self._token is None or self._token.ca_hash is None:
                    self._token = parse_token(await self._logins.ask(name, ReadToken()), name)
            except SugarkubeError as error:
                self._problem = self._problem or str(error)
            else:
                self._problem = ""
                return
        reasons = [f"{name}: {why}" for name, why in self._logins.refused.items()]
        self._problem = self._problem or "; ".join(reasons) or "no server could be logged in to"

    @property
    def _listed(self) -> tuple[KubeNode, ...]:
        """The cluster's nodes, as the first server that could be asked lists them."""
        return next((listing.nodes for listing in self._listings.values() if listing.nodes), ())

    async def _list_nodes(self) -> None:
        """Ask one server after the other for the cluster's nodes; addresses need no look-up."""
        heard = self._ear.survey.servers_of(self._subject.environment)
        addresses = [*self._sources, *(address for advert in heard for address in advert.addresses)]
        for host in dict.fromkeys((*addresses, *self._subject.expected)):
            if (await self._list(host)).nodes:
                return

    async def _list(self, host: str) -> _Listing:
        if self._kubeconfig is None:
            return _Listing(problem=self._problem or "no kubeconfig")
        if host not in self._listings:
            began = self._world.clock.now()
            try:
                nodes = await self._world.kubernetes.nodes(self._kubeconfig, host, LIST_WITHIN_S)
                self._listings[host] = _Listing(nodes, self._ms(began))
            except SugarkubeError as error:
                self._listings[host] = _Listing((), self._ms(began), error.what, error.remedy)
        return self._listings[host]

    # -- each server, from here

    async def _knock(self, elsewhere: Iterable[Advert] = ()) -> None:
        """Climb with each server that is expected, heard or listed, and was not climbed with yet.

        Args:
            elsewhere: adverts that nodes have heard.
        """
        addresses: dict[str, list[str]] = {host: [] for host in self._subject.expected}
        for advert in (*self._ear.survey.servers_of(self._subject.environment), *elsewhere):
            addresses.setdefault(advert.host, []).extend(advert.addresses)
        for node in filter(_is_server, self._listed):
            addresses.setdefault(_host(node), []).extend(node.addresses)
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
            self._known[seen.host] = tuple(dict.fromkeys((*(seen.addresses or ()), *seen.known)))
        self._tell(ladder.tls_rung(seen, self._subject.registration_address))
        self._tell(ladder.ca_rung(seen, self._token, self._problem))
        listing = _Listing(problem="6443 does not open")
        if seen.refused == "":
            listing = await self._list(seen.host)
        self._tell(ladder.ready_rung(seen.host, listing.nodes, listing.ms, listing.problem, listing.remedy))

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
            seen.refused = str(error) or "no answer"
        seen.connected_ms = self._ms(began)
        self._tell(ladder.port_rung(seen))
        if seen.refused:
            return
        began = clock.now()
        try:
            seen.identity = await api.identity(address, seen.port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            seen.identity_problem = str(error) or "no answer"
        seen.identity_ms = self._ms(began)

    # -- what the nodes see

    async def _ask_nodes(self) -> tuple[Vantage, ...]:
        """Every node's view of the servers; the workstation's own is on the ladder already."""
        logins, environment = self._logins, self._subject.environment
        self._note("waiting for what the nodes hear, for 3 s at most")
        heard = dict(zip(self._hearing, await asyncio.gather(*self._hearing.values()), strict=True))
        adverts = [advert for text in heard.values() for advert in read_servers(text, environment)]
        await self._knock(adverts)
        self._note("asking each node what it sees of the others, for 3 s at most")
        sockets = [
            (seen.address, port)
            for seen in self._servers.values()
            if seen.address
            for port in (seen.port, *ETCD_PORTS)
        ]
        view = PeerView(tuple(self._servers), tuple(sockets))
        asked = [see_peers(logins, name, view, heard.get(name, ""), environment) for name in logins]
        return tuple(
            replace(vantage, name=self._node_name(vantage.name)) for vantage in await asyncio.gather(*asked)
        )

    def _node_name(self, name: str) -> str:
        """What Kubernetes calls a node that we log in to under this name."""
        target = self._logins.targets.get(name)
        host = target.host if target else ""
        return next((node.name for node in self._listed if node.name == name or host in node.addresses), name)

    def _decide_from_nodes(self, vantages: Sequence[Vantage]) -> None:
        listed = self._listed
        asked = {vantage.name for vantage in vantages if not vantage.problem}
        problems = {v.name: v.problem for v in vantages if v.problem} | self._logins.refused
        servers = frozenset(node.name for node in listed if _is_server(node))
        down = {seen.short_name for seen in self._servers.values() if seen.refused}
        for seen in self._servers.values():
            own = {node.name for node in listed if seen.address in node.addresses} | {seen.short_name}
            others = Others(
                tuple(v for v in vantages if v.name not in own and not v.problem),
                tuple(
                    (node.name, problems.get(node.name, "not logged in to"))
                    for node in listed
                    # A server that is down has a ladder of its own to tell that.
                    if node.name not in own | asked | down
                ),
                servers,
                known=bool(listed),
            )
            seen.heard_by = tuple(
                sorted(v.name for v in others.vantages if any(a.host == seen.host for a in v.adverts))
            )
            if seen.heard_by and seen.advert is None:
                self._tell(ladder.advert_rung(seen))
            self._tell(ladder.nodes_resolve_rung(seen, others))
            self._tell(ladder.nodes_reach_rung(seen, others))
            self._tell(ladder.etcd_rung(seen, others))

    # -- the result

    def _tell(self, check: Check) -> None:
        self._checks.setdefault(check.host, {})[check.rung] = check
        self._on_check(check)

    def _proof(self, vantages: Sequence[Vantage]) -> Proof:
        subject = self._subject
        must = {*subject.expected, *(_host(node) for node in self._listed if _is_server(node))}
        must = must or set(self._servers)  # nothing says which ones: then all that are seen
        servers = []
        for host, seen in sorted(self._servers.items()):
            checks = tuple(self._checks[host][rung] for rung in Rung)
            remembered = bool(seen.heard_by) or host in self._remembered
            servers.append(ServerProof(host, checks, host in must, verdict(checks, remembered=remembered)))
        heard_ms = self._ear.survey.heard_after_ms(subject.environment)
        times = [heard_ms.get(host) for host in must]
        whole = [ms for ms in times if ms is not None]
        problem = self._problem
        if not servers:
            problem = f"no server advertises {subject.environment}, and none was named"
        heard = {vantage.name: len(vantage.adverts) for vantage in vantages if not vantage.problem}
        return Proof(
            subject.environment,
            tuple(servers),
            self._listed,
            tuple(
                VantageProof(v.name, tuple(sorted(a.host for a in v.adverts)), v.problem) for v in vantages
            ),
            subject.wanted,
            max(whole) if whole and len(whole) == len(times) else None,
            diagnose(self._ear.survey, heard if vantages else None),
            problem,
        )

    def _ms(self, began: float) -> float:
        return (self._world.clock.now() - began) * 1000


def _is_server(node: KubeNode) -> bool:
    return "control-plane" in node.roles


def _host(node: KubeNode) -> str:
    return f"{node.name}.local"
