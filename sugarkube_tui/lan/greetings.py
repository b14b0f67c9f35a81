"""The layer `SSH`: banner and host key of hosts that other layers found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen
from sugarkube_tui.engine.ports import Greeter
from sugarkube_tui.lan import door
from sugarkube_tui.lan.interfaces import Link, interfaces_to
from sugarkube_tui.lan.outbox import Cost, Outbox

BANNERS_AT_ONCE = 5
KEYS_AT_ONCE = 3
"""Counted apart, so that servers which are slow in the key exchange do not keep banners waiting."""
CONNECT_WAIT = 2.0
"""Seconds for a connection: a Pi on Wi-Fi that sleeps needs more than one."""
KEY_WAIT = 5.0
"""Seconds for the host key: an old Pi takes its time for a key exchange."""


class Greetings:
    """Greets each address once; says nothing of those that do not open, or not to us.

    Args:
        greeter: asks for host keys; None: banners are all that is wanted.
        greeted: called when a connection was tried.
    """

    def __init__(
        self,
        greeter: Greeter | None,
        links: Iterable[Link],
        outbox: Outbox,
        greeted: Callable[[], None],
    ) -> None:
        self.cost = Cost(Layer.SSH, "connections")
        self._greeter = greeter
        self._links = tuple(links)
        self._outbox = outbox
        self._greeted = greeted
        self._to_greet: asyncio.Queue[str] = asyncio.Queue()
        self._to_ask: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def greet(self, address: str, banner: str = "") -> None:
        """Greet an IPv4 address soon; its banner may have been read already."""
        if banner:
            self._on_banner(address, banner)
        else:
            self._to_greet.put_nowait(address)

    def _on_banner(self, address: str, banner: str) -> None:
        if door.is_ssh(banner):
            self._tell(address, banner)
            if self._greeter is not None:
                self._to_ask.put_nowait((address, banner))

    async def run(self) -> None:
        """Greet until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(BANNERS_AT_ONCE):
                group.create_task(self._read_banners(), name=f"banners {number}")
            if self._greeter is not None:
                for number in range(KEYS_AT_ONCE):
                    group.create_task(self._ask_for_keys(self._greeter), name=f"host keys {number}")

    async def _read_banners(self) -> None:
        while True:
            address = await self._to_greet.get()
            self.cost.sent += 1
            with self.cost.working(self._outbox), suppress(OSError):
                banner = await door.knock(address, CONNECT_WAIT)
                self._on_banner(address, banner)
            self._greeted()

    async def _ask_for_keys(self, greeter: Greeter) -> None:
        while True:
            address, banner = await self._to_ask.get()
            self.cost.sent += 1
            with self.cost.working(self._outbox), suppress(OSError):
                key = await greeter.host_key(address, door.SSH_PORT, KEY_WAIT)
                self._tell(address, banner, key)

    def _tell(self, address: str, banner: str, host_key: str = "") -> None:
        self._outbox.tell(
            HostSeen(
                "",
                (address,),
                Layer.SSH,
                f"SSH server: {banner}",
                self._outbox.at_ms,
                interfaces_to([address], self._links),
                host_key=host_key,
                banner=banner,
            )
        )
