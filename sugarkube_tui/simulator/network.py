"""The wire between simulated machines: who is there, who answers to which name, and that things change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.engine.ports import Clock

if TYPE_CHECKING:
    from sugarkube_tui.simulator.pi import Pi

VIRTUAL_ADDRESS = "192.168.3.50"
"""A load balancer's address: it leads to the first server whose certificate covers it."""


class Unreachable(Exception):
    """Nobody answers; the text is curl's."""

    def __init__(self, status: int, message: str, seconds: float) -> None:
        super().__init__(f"curl: ({status}) {message}")
        self.status = status
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that comes over the LAN from outside, once.

    Attributes:
        when: its moment; asked after every change.
        after: seconds that pass between that moment and what happens.
    """

    when: Callable[[Network], bool]
    after: float
    what: Callable[[Network], None]


class Network:
    """Every machine on the simulated LAN.

    Attributes:
        version: grows with every change that somebody may be watching for.
        bystanders: hosts without SSH and k3s: name → address.
        download_mb_s: what the line to the internet gives to each download.
        awaited: what will happen once, as soon as its moment has come.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.pis: dict[str, Pi] = {}
        self.bystanders: dict[str, str] = {}
        self.version = 0
        self.download_mb_s = 9.0
        self.awaited: list[Happening] = []
        self._watchers: set[asyncio.Future[None]] = set()
        self._happening: set[asyncio.Task[None]] = set()

    def changed(self) -> None:
        self.version += 1
        watchers, self._watchers = self._watchers, set()
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)
        for happening in [one for one in self.awaited if one.when(self)]:
            self.awaited.remove(happening)
            task = asyncio.get_running_loop().create_task(self._let_happen(happening))
            self._happening.add(task)
            task.add_done_callback(self._happening.discard)

    async def _let_happen(self, happening: Happening) -> None:
        await self.clock.sleep(happening.after)
        happening.what(self)

    async def change_after(self, version: int) -> None:
        """Return as soon as there is a change later than `version`."""
        while self.version == version:
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.add(watcher)
            try:
                await watcher
            finally:
                self._watchers.discard(watcher)

    def addresses_of(self, host: str) -> tuple[str, ...]:
        """What a name resolves to now; an address resolves to itself."""
        host = normal_host(host)
        if host.replace(".", "").isdigit():
            return (host,)
        short = host.removesuffix(".local")
        if short == host:
            return ()
        if short in self.bystanders:
            return (self.bystanders[short],)
        pi = self.pis.get(short)
        return (pi.address,) if pi is not None and pi.avahi_answers else ()

    def pi_at(self, host: str) -> Pi | None:
        """The machine that has this name or address, switched on or not."""
        addresses = self.addresses_of(host)
        return next((pi for pi in self.pis.values() if pi.address in addresses), None)

    def api_at(self, host: str) -> Pi:
        """The server that listens on port 6443 there.

        Raises:
            Unreachable: none does.
        """
        host = normal_host(host)
        addresses = self.addresses_of(host)
        if not addresses:
            raise Unreachable(6, f"Could not resolve host: {host}", 2.0)
        servers = [pi for pi in self.pis.values() if pi.k3s.listening]
        if host == VIRTUAL_ADDRESS:
            found = next((pi for pi in servers if host in pi.k3s.names), None)
        else:
            found = next((pi for pi in servers if pi.address in addresses), None)
        if found is not None:
            return found
        there = self.pi_at(host)
        if (there is not None and there.is_up) or set(addresses) & set(self.bystanders.values()):
            message = f"Failed to connect to {host} port 6443 after 3 ms: Could not connect to server"
            raise Unreachable(7, message, 0.1)
        message = f"Failed to connect to {host} port 6443 after 5002 ms: Timeout was reached"
        raise Unreachable(28, message, 5.0)
