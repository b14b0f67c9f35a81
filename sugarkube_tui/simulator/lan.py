"""The ports `Lan`, `Api` and `Kubernetes` of the simulated LAN, as seen from the workstation."""

from __future__ import annotations

import base64
import errno
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace

from sugarkube_tui.cluster.advert import API_PORT, HTTPS_TYPE, normal_host
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import AdvertGone, AdvertSeen, HostGone, HostSeen, Sighting
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Interest, KubeNode, ServerIdentity
from sugarkube_tui.simulator.network import Network, Unreachable
from sugarkube_tui.simulator.pi import Pi

_ANSWERS = "answers to its name"
_BY_HAND = "added by hand"
_GAP_S = 0.008
"""Seconds between two answers: responders wait a random while, so that they do not talk at once."""
_ROUND_TRIP_S = 0.004
_CA_DATA = re.compile(r"certificate-authority-data: (\S+)")

_Key = tuple[str, str]


class SimulatedLan:
    """Multicast DNS among simulated machines."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        network = self._network
        began = network.clock.now()
        told: dict[_Key, Sighting] = {}
        while True:
            version = network.version
            now = dict(self._sightings(interest))
            for key in [key for key in told if key not in now]:
                gone = _goodbye(told.pop(key))
                if gone is not None:
                    yield gone
            for key, sighting in now.items():
                if told.get(key) == sighting:
                    continue
                told[key] = sighting
                await network.clock.sleep(_GAP_S)
                yield replace(sighting, at_ms=(network.clock.now() - began) * 1000)
            await network.change_after(version)
            await network.clock.sleep(_GAP_S)

    async def resolve(self, name: str, timeout: float) -> tuple[str, ...]:
        addresses = self._network.addresses_of(name)
        await self._network.clock.sleep(_ROUND_TRIP_S if addresses else timeout)
        return addresses

    def _sightings(self, interest: Interest) -> Iterator[tuple[_Key, HostSeen | AdvertSeen]]:
        """All that is to be heard now; times are filled in when it is told."""
        network = self._network
        for typed in interest.hosts:
            addresses = network.addresses_of(typed)
            yield ("typed", typed), HostSeen(normal_host(typed), addresses, _BY_HAND, 0.0)
        for pi in network.pis.values():
            if not pi.avahi_answers:
                continue
            name, mac = f"{pi.name}.local", pi.hardware.mac
            yield ("_workstation", name), HostSeen(name, (pi.address,), "_workstation._tcp advert", 0.0, mac)
            if {name, pi.name} & {normal_host(wanted) for wanted in interest.names}:
                yield ("name", name), HostSeen(name, (pi.address,), _ANSWERS, 0.0)
            for advert in pi.adverts:
                if advert.environment in interest.environments or advert.service_type == HTTPS_TYPE:
                    yield (advert.service_type, advert.instance), AdvertSeen(advert, 0.0)
        for short, address in network.bystanders.items():
            seen = HostSeen(f"{short}.local", (address,), "_workstation._tcp advert", 0.0)
            yield ("_workstation", short), seen


def _goodbye(sighting: Sighting) -> HostGone | AdvertGone | None:
    match sighting:
        case HostSeen():
            return HostGone(sighting.name, sighting.evidence)
        case AdvertSeen():
            return AdvertGone(sighting.advert.instance, sighting.advert.service_type)
        case _:
            return None


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
        return ServerIdentity(server.cluster.ca_pem, server.k3s.names)

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
