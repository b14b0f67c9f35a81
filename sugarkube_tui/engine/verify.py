"""The proof that a cluster is there, by a fresh look from outside: each server climbs the same ladder.

advert seen → TXT right → name resolves → 6443 opens → certificate covers the names → CA is the
token's → Ready in Kubernetes.  An advert is a rumour until then (contract §5, §8, §10).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.advert import API_PORT, Advert, normal_host
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import AdvertSeen, Sighting, Survey
from sugarkube_tui.cluster.queries import ReadKubeconfig, ReadToken
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.token import JoinToken, ca_hash, parse_token, short_hash
from sugarkube_tui.engine.ports import Interest, KubeNode, ServerIdentity, Target, World
from sugarkube_tui.engine.survey import listen

LISTEN_S = 6.0
"""Seconds to listen for adverts that are expected: queries go out at about 0, 1 and 5 s."""
ANSWER_WITHIN_S = 5.0


class Rung(StrEnum):
    """One proof; the value is its title."""

    ADVERT = "advert seen"
    TXT = "TXT right"
    RESOLVES = "name resolves"
    PORT = "6443 opens"
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
        ms: how long it took; None when it was not tried.
        seen: what was found.
        remedy: what to do when it does not hold.
    """

    host: str
    rung: Rung
    held: Held
    ms: float | None = None
    seen: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ServerProof:
    host: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return len(self.checks) == len(Rung) and all(check.held is Held.YES for check in self.checks)


@dataclass(frozen=True, slots=True)
class Proof:
    """All servers' ladders.

    Attributes:
        nodes: as Kubernetes lists them; empty when it could not be asked.
        problem: why no server could be looked at, or why Kubernetes could not be asked.
    """

    environment: Environment
    servers: tuple[ServerProof, ...]
    nodes: tuple[KubeNode, ...] = ()
    problem: str = ""

    @property
    def seen(self) -> int:
        return sum(server.checks[0].held is Held.YES for server in self.servers if server.checks)

    @property
    def ok(self) -> bool:
        ready = all(node.state == "Ready" for node in self.nodes)
        return bool(self.servers) and ready and all(server.ok for server in self.servers)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the upper rungs need, read from a server over SSH.

    Attributes:
        problem: why it is not complete.
    """

    token: JoinToken | None = None
    kubeconfig: Secret | None = None
    problem: str = ""


CheckSink = Callable[[Check], None]


async def read_credentials(world: World, targets: Sequence[Target], token: JoinToken | None) -> Credentials:
    """Token and kubeconfig, from the first of these servers that gives them."""
    kubeconfig: Secret | None = None
    problem = ""
    for target in targets:
        try:
            machine = await world.machines.open(target)
        except SugarkubeError as error:
            problem = problem or str(error)
            continue
        try:
            kubeconfig = kubeconfig or Secret(await machine.ask(ReadKubeconfig()))
            # A token that was given is what the CA is compared with: a server's own proves less.
            if token is None or token.ca_hash is None:
                token = parse_token(await machine.ask(ReadToken()), target.name)
            return Credentials(token, kubeconfig)
        except SugarkubeError as error:
            problem = problem or str(error)
        finally:
            await machine.close()
    return Credentials(token, kubeconfig, problem or "no server could be logged in to")


async def verify(
    world: World,
    environment: Environment,
    expected: Sequence[str],
    credentials: Credentials,
    registration_address: str = "",
    on_check: CheckSink = lambda check: None,
) -> Proof:
    """Prove every server that is expected, is heard, or is listed by Kubernetes.

    Args:
        expected: the servers' `.local` names; may be empty.
        on_check: gets each rung as it is decided.
    """
    hosts = [normal_host(host) for host in expected]
    began = world.clock.now()
    heard, times = await _listen(world, environment, hosts)
    adverts = {advert.host: advert for advert in heard.servers_of(environment) if advert.host}
    hosts = sorted({*hosts, *adverts})

    def ladder(host: str) -> Awaitable[tuple[ServerProof, tuple[KubeNode, ...]]]:
        advert = adverts.get(host)
        ms = times.get(host, (world.clock.now() - began) * 1000)
        return _Ladder(world, host, registration_address, credentials, on_check).climb(advert, ms)

    results = list(await asyncio.gather(*(ladder(host) for host in hosts)))
    nodes = next((nodes for _, nodes in results if nodes), ())
    # A server that nobody expected is still one that Kubernetes knows of, and has to be heard.
    missed = {f"{node.name}.local" for node in nodes if "control-plane" in node.roles} - set(hosts)
    if missed:
        heard, times = await _listen(world, environment, sorted(missed))
        adverts = {advert.host: advert for advert in heard.servers_of(environment)}
    results += await asyncio.gather(*(ladder(host) for host in sorted(missed)))
    servers = tuple(proof for proof, _ in results)
    problem = credentials.problem
    if not servers:
        problem = f"no server advertises {environment}, and none was named"
    return Proof(environment, servers, nodes, problem)


async def _listen(
    world: World, environment: Environment, expected: Sequence[str]
) -> tuple[Survey, dict[str, float]]:
    """What is heard on the LAN, until all expected servers were or the time is over; ms by host."""
    times: dict[str, float] = {}
    clock = world.clock
    began = clock.now()

    def enough(sighting: Sighting) -> bool:
        if isinstance(sighting, AdvertSeen) and sighting.advert.environment == environment:
            times.setdefault(sighting.advert.host, (clock.now() - began) * 1000)
        return bool(expected) and set(expected) <= set(times)

    survey = await listen(world.lan, Interest((environment,)), LISTEN_S, clock, enough)
    return survey, times


class _Ladder:
    """Climbs one server's ladder."""

    def __init__(
        self, world: World, host: str, address: str, credentials: Credentials, on_check: CheckSink
    ) -> None:
        self._world = world
        self._host = host
        self._address = address
        self._credentials = credentials
        self._on_check = on_check
        self._checks: list[Check] = []

    async def climb(self, advert: Advert | None, heard_ms: float) -> tuple[ServerProof, tuple[KubeNode, ...]]:
        self._advert(advert, heard_ms)
        nodes: tuple[KubeNode, ...] = ()
        if addresses := await self._resolves():
            port = advert.port if advert else API_PORT
            if await self._opens(addresses[0], port) and (
                identity := await self._identity(addresses[0], port)
            ):
                self._ca(identity)
            nodes = await self._ready()
        done = {check.rung for check in self._checks}
        for rung in Rung:
            if rung not in done:
                self._decide(rung, Held.UNKNOWN, None, "a rung below did not hold")
        ordered = sorted(self._checks, key=lambda check: list(Rung).index(check.rung))
        return ServerProof(self._host, tuple(ordered)), nodes

    def _decide(self, rung: Rung, held: Held, ms: float | None, seen: str, remedy: str = "") -> None:
        check = Check(self._host, rung, held, ms, seen, remedy if held is Held.NO else "")
        self._checks.append(check)
        self._on_check(check)

    def _advert(self, advert: Advert | None, ms: float) -> None:
        if advert is None:
            self._decide(
                Rung.ADVERT,
                Held.NO,
                ms,
                "not heard",
                f"on {self._host}: sudo systemctl restart avahi-daemon; "
                "is multicast (UDP 5353) let through between it and this workstation?",
            )
            return
        self._decide(Rung.ADVERT, Held.YES, ms, f"{advert.service_type} port {advert.port}")
        problems = advert.problems
        self._decide(
            Rung.TXT,
            Held.NO if problems else Held.YES,
            ms,
            "; ".join(problems) or " ".join(f"{key}={value}" for key, value in advert.txt.items()),
            f"run sugarkube-tui up again: it rewrites {advert.environment.advert_path}",
        )

    async def _resolves(self) -> tuple[str, ...]:
        began = self._world.clock.now()
        addresses = await self._world.lan.resolve(self._host, ANSWER_WITHIN_S)
        self._decide(
            Rung.RESOLVES,
            Held.YES if addresses else Held.NO,
            self._ms(began),
            ", ".join(addresses) or "nobody answers to this name",
            f"is {self._host} switched on, and is its avahi-daemon active?",
        )
        return addresses

    async def _opens(self, address: str, port: int) -> bool:
        began = self._world.clock.now()
        try:
            await self._world.api.connect(address, port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            why = str(error) or "no answer"
            self._decide(
                Rung.PORT,
                Held.NO,
                self._ms(began),
                why,
                f"on {self._host}: sudo systemctl status k3s; its advert may be stale",
            )
            return False
        self._decide(Rung.PORT, Held.YES, self._ms(began), f"{address}:{port}")
        return True

    async def _identity(self, address: str, port: int) -> ServerIdentity | None:
        began = self._world.clock.now()
        try:
            identity = await self._world.api.identity(address, port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            self._decide(
                Rung.TLS, Held.NO, self._ms(began), str(error) or "no answer", "sudo journalctl -u k3s"
            )
            return None
        wanted = [name for name in (self._host, self._address) if name]
        missing = [name for name in wanted if name not in identity.names]
        self._decide(
            Rung.TLS,
            Held.NO if missing else Held.YES,
            self._ms(began),
            f"does not cover {', '.join(missing)}" if missing else f"covers {', '.join(wanted)}",
            f"add it to tls-san in /etc/rancher/k3s/config.yaml.d/10-sugarkube-tls.yaml on {self._host}, "
            "then: sudo systemctl restart k3s",
        )
        return identity

    def _ca(self, identity: ServerIdentity) -> None:
        # It came with the certificate, so it has the same time.
        ms = self._checks[-1].ms
        served = ca_hash(identity.ca_pem)
        token = self._credentials.token
        if token is None or token.ca_hash is None:
            why = self._credentials.problem or "the token names no CA"
            self._decide(Rung.CA, Held.UNKNOWN, ms, f"serves {short_hash(served)}; {why}")
            return
        same = served == token.ca_hash
        seen = (
            short_hash(served)
            if same
            else f"{short_hash(served)}, the token names {short_hash(token.ca_hash)}"
        )
        self._decide(
            Rung.CA,
            Held.YES if same else Held.NO,
            ms,
            seen,
            "another cluster answers under this name: find out which machine it is before anything joins",
        )

    async def _ready(self) -> tuple[KubeNode, ...]:
        kubeconfig = self._credentials.kubeconfig
        if kubeconfig is None:
            self._decide(Rung.READY, Held.UNKNOWN, None, self._credentials.problem or "no kubeconfig")
            return ()
        began = self._world.clock.now()
        try:
            nodes = await self._world.kubernetes.nodes(kubeconfig, self._host, ANSWER_WITHIN_S)
        except SugarkubeError as error:
            self._decide(Rung.READY, Held.NO, self._ms(began), error.what, error.remedy)
            return ()
        name = self._host.removesuffix(".local")
        node = next((node for node in nodes if node.name == name), None)
        ready = node is not None and node.state == "Ready"
        self._decide(
            Rung.READY,
            Held.YES if ready else Held.NO,
            self._ms(began),
            f"{node.state} {node.version}" if node else "Kubernetes does not list it",
            f"on {self._host}: sudo journalctl -u k3s -n 50",
        )
        return nodes

    def _ms(self, began: float) -> float:
        return (self._world.clock.now() - began) * 1000
