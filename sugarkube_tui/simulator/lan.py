"""The ports `Lan`, `Api` and `Kubernetes` of the simulated LAN, as seen from the workstation."""

from __future__ import annotations

import base64
import errno
import re
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from dataclasses import replace

from sugarkube_tui.cluster.advert import API_PORT, HTTPS_TYPE, normal_host
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    EchoHeard,
    HostGone,
    HostSeen,
    Interface,
    LayerTold,
    Listening,
    Platform,
    Sighting,
)
from sugarkube_tui.engine.ports import HERE, Interest, KubeNode, ServerIdentity, WireLine
from sugarkube_tui.simulator.network import Network, Unreachable
from sugarkube_tui.simulator.pi import Pi, Power

_GAP_S = 0.006
"""Seconds between two answers: responders wait a random while, so that they do not talk at once."""
_ROUND_TRIP_S = 0.004
_CA_DATA = re.compile(r"certificate-authority-data: (\S+)")
INTERFACE = Interface("eth0", "192.168.3.2", "192.168.3.0/24")
BANNER = "SSH-2.0-OpenSSH_10.0p2 Debian-7"
_QUESTIONS = {
    Layer.ADVERTS: (9, "questions"),
    Layer.NAMES: (44, "questions"),
    Layer.REVERSE: (0, "questions"),
    Layer.NEIGHBOURS: (1, "reads"),
    Layer.GIVEN: (0, "look-ups"),
}

_Key = tuple[str, str]
_Told = HostSeen | AdvertSeen


class SimulatedLan:
    """Multicast DNS, SSH greetings and the neighbour table among simulated machines."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        network = self._network
        began = network.clock.now()
        told: dict[_Key, _Told] = {}
        # When an answer is on the wire; a reader that is late with one is not late with all that follow.
        arrives = began

        def at_ms() -> float:
            return (arrives - began) * 1000

        yield Listening((INTERFACE,), Platform.LINUX, interest.layers)
        yield EchoHeard(INTERFACE.name, at_ms())
        costs_told = False
        while True:
            arrives = max(arrives, network.clock.now())
            version = network.version
            now = dict(self._sightings(interest))
            for key in [key for key in told if key not in now and not self._is_cached(key)]:
                yield _goodbye(told.pop(key))
            for key, sighting in now.items():
                if told.get(key) == sighting:
                    continue
                told[key] = sighting
                arrives += _GAP_S
                await network.clock.sleep(max(0.0, arrives - network.clock.now()))
                yield replace(sighting, at_ms=at_ms(), interface=INTERFACE.name)
            if not costs_told:
                costs_told = True
                for cost in self._costs(interest, told, at_ms()):
                    yield cost
            await network.change_after(version)
            await network.clock.sleep(_GAP_S)

    async def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        network = self._network
        began = network.clock.now()
        told: set[_Key] = set()
        for service_type in sorted(service_types):
            text = f"{INTERFACE.address} → question: PTR {service_type}"
            yield WireLine((network.clock.now() - began) * 1000, HERE, text)
        while True:
            version = network.version
            for pi in network.pis.values():
                for advert in pi.adverts:
                    key = (advert.instance, advert.service_type)
                    if advert.service_type in service_types and key not in told:
                        told.add(key)
                        await network.clock.sleep(_GAP_S)
                        text = f"{pi.address} → response: PTR {advert.service_type} = {advert.instance}"
                        yield WireLine((network.clock.now() - began) * 1000, HERE, f"{text}, ttl 4500")
            await network.change_after(version)

    async def interfaces(self) -> tuple[Interface, ...]:
        return (INTERFACE,)

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        addresses = self._network.addresses_of(name)
        await self._network.clock.sleep(_ROUND_TRIP_S if addresses else timeout)
        return addresses

    def _sightings(self, interest: Interest) -> Iterator[tuple[_Key, _Told]]:
        """All that is to be heard now; times are filled in when it is told."""
        network = self._network
        if Layer.GIVEN in interest.layers:
            for given in interest.hosts:
                addresses = network.addresses_of(given.host)
                alias = given.name if given.ssh_alias else ""
                name = normal_host(given.name)
                seen = HostSeen(name, addresses, Layer.GIVEN, given.source, 0.0, ssh_alias=alias)
                yield ("given", given.name), seen
        expected = {normal_host(wanted) for wanted in interest.names}
        for pi in network.pis.values():
            if pi.avahi_answers:
                yield from self._heard_of(pi, interest, expected)
        if Layer.ADVERTS in interest.layers:
            for short, address in network.bystanders.items():
                what = "_workstation._tcp advert"
                yield (
                    ("_workstation", short),
                    HostSeen(f"{short}.local", (address,), Layer.ADVERTS, what, 0.0),
                )

    def _heard_of(
        self, pi: Pi, interest: Interest, expected: Collection[str]
    ) -> Iterator[tuple[_Key, _Told]]:
        name, where, layers = f"{pi.name}.local", (pi.address,), interest.layers
        if Layer.ADVERTS in layers:
            what = "_workstation._tcp advert"
            yield ("_workstation", name), HostSeen(name, where, Layer.ADVERTS, what, 0.0, mac=pi.hardware.mac)
            for advert in pi.adverts:
                if advert.environment in interest.environments or advert.service_type == HTTPS_TYPE:
                    yield (advert.service_type, advert.instance), AdvertSeen(advert, 0.0)
        if Layer.NAMES in layers and {name, pi.name} & set(expected):
            yield ("name", name), HostSeen(name, where, Layer.NAMES, "answers to its name", 0.0)
        if Layer.SSH in layers:
            what = f"SSH server: {BANNER}"
            yield (
                ("ssh", name),
                HostSeen("", where, Layer.SSH, what, 0.0, host_key=pi.host_key, banner=BANNER),
            )
        if Layer.NEIGHBOURS in layers:
            what = f"MAC {pi.hardware.mac}"
            yield ("mac", name), HostSeen("", where, Layer.NEIGHBOURS, what, 0.0, mac=pi.hardware.mac)
        if Layer.SWEEP in layers:
            what = f"port 22 is open: {BANNER}"
            yield ("sweep", name), HostSeen("", where, Layer.SWEEP, what, 0.0, banner=BANNER)

    def _is_cached(self, key: _Key) -> bool:
        """A machine that lost its power says no goodbye, and records live on for up to 75 minutes."""
        return any(
            pi.power is Power.OFF
            and (key[1] == f"{pi.name}.local" or any(key[1] == a.instance for a in pi.remembered_adverts))
            for pi in self._network.pis.values()
        )

    def _costs(self, interest: Interest, told: Mapping[_Key, _Told], ms: float) -> Iterator[LayerTold]:
        greeted = sum(key[0] == "ssh" for key in told)
        counts = _QUESTIONS | {Layer.SSH: (greeted, "connections"), Layer.SWEEP: (253, "connections")}
        yield from (LayerTold(layer, *counts[layer], ms=ms) for layer in Layer if layer in interest.layers)


def _goodbye(sighting: _Told) -> HostGone | AdvertGone:
    if isinstance(sighting, AdvertSeen):
        return AdvertGone(sighting.advert.instance, sighting.advert.service_type)
    return HostGone(sighting.name or sighting.addresses[0], sighting.layer, sighting.what)


class SimulatedApi:
    """API servers at their addresses."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def connect(self, host: str, port: int, timeout: float) -> None:
        await self._server(host, port, timeout)

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        server = await self._server(host, port, timeout)
        await self._network.clock.sleep(4 * _ROUND_TRIP_S)
        if server.cluster is None:
            raise OSError(errno.EPROTO, "/cacerts answered HTTP/1.1 503 Service Unavailable")
        lines = ("subject: O=k3s,CN=k3s", "issuer: CN=k3s-server-ca", f"names: {', '.join(server.k3s.names)}")
        return ServerIdentity(server.cluster.ca_pem, server.k3s.names, lines)

    async def _server(self, host: str, port: int, timeout: float) -> Pi:
        refused = ConnectionRefusedError(errno.ECONNREFUSED, f"{host}:{port} refuses connections")
        await self._network.clock.sleep(_ROUND_TRIP_S)
        try:
            server = self._network.api_at(host)
        except Unreachable as failure:
            if failure.status == 28:
                await self._network.clock.sleep(timeout)
                raise TimeoutError(f"no answer from {host}:{port} within {timeout:.0f} s") from failure
            if failure.status == 6:
                raise OSError(errno.ENOENT, f"{host} does not resolve") from failure
            raise refused from failure
        if port != API_PORT:
            raise refused
        return server


class SimulatedKubernetes:
    """The Kubernetes API of simulated clusters."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        now = self._network.clock.now
        where = f"{host}:{API_PORT}"
        await self._network.clock.sleep(0.03)
        try:
            server = self._network.api_at(host)
        except Unreachable as failure:
            await self._network.clock.sleep(min(failure.seconds, timeout))
            raise SugarkubeError(
                "the Kubernetes API cannot be reached",
                where=where,
                why=str(failure).partition(") ")[2],
                remedy="look at k3s on that server: sudo journalctl -u k3s -n 50",
            ) from failure
        cluster = server.cluster
        if cluster is None or server.k3s.readyz != "ok":
            raise SugarkubeError(
                "the Kubernetes API gave no list of nodes", where=where, why="HTTP 503 Service Unavailable"
            )
        found = _CA_DATA.search(kubeconfig.reveal())
        if found is None or base64.b64decode(found[1]) != cluster.ca_pem:
            raise SugarkubeError(
                "the server's certificate was signed by an unknown authority",
                where=where,
                remedy="the cluster was rebuilt, or this is another one: fetch the kubeconfig again",
            )
        if host not in server.k3s.names:
            raise SugarkubeError("this host's name is not in the server's certificate", where=where)
        prefix = "node-role.kubernetes.io/"
        return tuple(
            KubeNode(
                member.name,
                "Ready" if member.ready(now()) else "NotReady",
                tuple(sorted(key.removeprefix(prefix) for key in member.labels if key.startswith(prefix))),
                member.version,
                (member.address,),
                member.labels,
            )
            for member in sorted(cluster.members.values(), key=lambda member: member.name)
        )
