"""The layer `SWEEP`: port 22 of every address of a subnet, gently, because it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen
from sugarkube_tui.cluster.subnets import networks_to_sweep
from sugarkube_tui.lan import door
from sugarkube_tui.lan.interfaces import Link, interfaces_to
from sugarkube_tui.lan.neighbours import read_neighbours
from sugarkube_tui.lan.outbox import Cost, Outbox

AT_ONCE = 48
"""Connections at the same time; with those of the layer `SSH` there are fewer than 64 sockets."""
PATIENCE = 0.35
"""Seconds for an answer.  With `AT_ONCE` and `PACE`, a /24 takes about 2 s."""
PACE = 0.007
"""Seconds from one connection to the next: about 140 packets a second disturb nobody."""
SECOND_PATIENCE = 1.5
"""Seconds for those that ARP has found but TCP has not: on Wi-Fi, a Pi sleeps between beacons."""


class Sweep:
    """Knocks once at each address; a second time where ARP says that somebody is there.

    Args:
        networks: what to go through, in CIDR form; empty: our own.
        swept: called when a round is over.
    """

    def __init__(
        self, networks: Sequence[str], links: Iterable[Link], outbox: Outbox, swept: Callable[[], None]
    ) -> None:
        self.cost = Cost(Layer.SWEEP, "connections")
        self._links = tuple(links)
        self._outbox = outbox
        self._swept = swept
        self._networks, notes = networks_to_sweep(networks, [link.interface for link in self._links])
        self.cost.note = "; ".join(notes)

    async def run(self) -> None:
        """Sweep once."""
        ours = {link.address for link in self._links}
        addresses = [str(address) for network in self._networks for address in network.hosts()]
        with self.cost.working(self._outbox):
            silent = await self._knock_at([a for a in addresses if a not in ours], PATIENCE)
            self._swept()
            if met := await _met():
                await self._knock_at([a for a in silent if a in met], SECOND_PATIENCE)

    async def _knock_at(self, addresses: Iterable[str], patience: float) -> list[str]:
        """Knock at all; returns those that gave no answer, not even that the port is closed."""
        silent: list[str] = []
        free = asyncio.Semaphore(AT_ONCE)

        async def knock(address: str) -> None:
            try:
                banner = await door.knock(address, patience)
            except ConnectionRefusedError:
                pass
            except OSError:  # TimeoutError is one
                silent.append(address)
            else:
                self._tell(address, banner)
            finally:
                free.release()

        async with asyncio.TaskGroup() as group:
            for address in addresses:
                await free.acquire()
                self.cost.sent += 1
                group.create_task(knock(address), name=f"knock at {address}")
                await asyncio.sleep(PACE)
        return silent

    def _tell(self, address: str, banner: str) -> None:
        self._outbox.tell(
            HostSeen(
                "",
                (address,),
                Layer.SWEEP,
                f"port 22 is open: {banner}" if banner else "port 22 is open",
                self._outbox.at_ms,
                interfaces_to([address], self._links),
                banner=banner if door.is_ssh(banner) else "",
            )
        )


async def _met() -> set[str]:
    """Addresses whose MAC address the kernel knows."""
    try:
        return {neighbour.address for neighbour in await read_neighbours()}
    except OSError:
        return set()
