"""The layer `GIVEN`: hosts that the operator named, with the addresses that their names have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen
from sugarkube_tui.engine.ports import Given
from sugarkube_tui.lan.interfaces import Link, interfaces_to, is_address
from sugarkube_tui.lan.names import NameListener, ask_in_rounds, resolve_system
from sugarkube_tui.lan.outbox import Cost, Outbox
from sugarkube_tui.lan.questions import Questioner

SYSTEM_TIMEOUT = 10.0
"""Seconds for the system's resolver."""


class GivenHosts:
    """Tells each host at once, and again when its name has addresses: it may still be switched off."""

    def __init__(
        self, hosts: Iterable[Given], zeroconf: Questioner, links: Iterable[Link], outbox: Outbox
    ) -> None:
        self.cost = Cost(Layer.GIVEN, "look-ups")
        self._zeroconf = zeroconf
        self._links = tuple(links)
        self._outbox = outbox
        self._hosts = [given for given in hosts if told_as(given)]
        self._called: dict[str, list[Given]] = {}
        for given in self._hosts:
            for name in _multicast_names(given):
                self._called.setdefault(name, []).append(given)
        self._listener = NameListener(self._called, self._links, self._on_answer)

    async def run(self) -> None:
        """Look names up; `.local` ones without end."""
        with self.cost.working(self._outbox):
            for given in self._hosts:
                self._tell(given, ())
        self._zeroconf.async_add_listener(self._listener, None)
        try:
            async with asyncio.TaskGroup() as group:
                for given in self._hosts:
                    if not is_address(normal_host(given.host)) and not _is_local(given):
                        group.create_task(self._resolve(given), name=f"resolve {given.name}")
                if self._called:
                    group.create_task(ask_in_rounds(self._listener, self._zeroconf, self.cost, self._outbox))
        finally:
            self._zeroconf.async_remove_listener(self._listener)

    def _on_answer(self, name: str, addresses: tuple[str, ...]) -> None:
        for given in self._called[name] if addresses else ():
            self._tell(given, addresses)

    async def _resolve(self, given: Given) -> None:
        self.cost.sent += 1
        with self.cost.working(self._outbox):
            addresses = await resolve_system(normal_host(given.host), SYSTEM_TIMEOUT)
        if addresses:
            self._tell(given, addresses)

    def _tell(self, given: Given, addresses: tuple[str, ...]) -> None:
        self._outbox.tell(seen_as_given(given, self._outbox.at_ms, self._links, addresses))


def told_as(given: Given) -> str:
    """What a given host is called; empty when nothing was typed."""
    return normal_host(given.name) or normal_host(given.host)


def seen_as_given(
    given: Given, at_ms: float, links: Iterable[Link] = (), addresses: tuple[str, ...] = ()
) -> HostSeen:
    """The sighting of a given host, with the addresses that its name has."""
    host = normal_host(given.host)
    addresses = (host,) if is_address(host) else addresses
    return HostSeen(
        told_as(given),
        addresses,
        Layer.GIVEN,
        given.source,
        at_ms,
        interfaces_to(addresses, links),
        ssh_alias=given.name if given.ssh_alias else "",
    )


def _is_local(given: Given) -> bool:
    return normal_host(given.host).endswith(".local")


def _multicast_names(given: Given) -> list[str]:
    host = normal_host(given.host)
    if _is_local(given):
        return [host]
    # Most likely that is meant; the system's resolver is asked for the bare name, too.
    return [f"{host}.local"] if host and "." not in host and not is_address(host) else []
