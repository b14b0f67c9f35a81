"""The layer `NEIGHBOURS`: the kernel's table of who was met on our networks lately, with MAC addresses."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostGone, HostSeen
from sugarkube_tui.lan.interfaces import Link, is_ipv4, is_near
from sugarkube_tui.lan.outbox import Cost, Outbox

TABLE = Path("/proc/net/arp")
REREAD = 15.0
"""Seconds between reads while nothing calls for one."""
SPACING = 1.0
"""Seconds between reads at least."""
NEIGHBOUR_LIMIT = 1_024
"""Entries told; the kernel itself keeps about as many."""

_COMPLETE = 0x02  # ATF_COM in <net/if_arp.h>
_ARP_LINE = re.compile(r"\S+ \((?P<address>[0-9.]+)\) at (?P<mac>[0-9a-fA-F:]+) on (?P<interface>\S+)")
_NOBODY = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry of the table; `mac` in lower case with colons."""

    address: str
    mac: str
    interface: str


def parse_table(text: str) -> tuple[Neighbour, ...]:
    """The complete entries of Linux' /proc/net/arp."""
    found = []
    for line in text.splitlines()[1:]:
        match line.split():
            case [address, _, flags, mac, _, interface] if _is_complete(flags) and is_ipv4(address):
                found.append((address, mac, interface))
    return _neighbours(found)


def parse_arp(text: str) -> tuple[Neighbour, ...]:
    """The complete entries of what `arp -an` prints on macOS, where MAC addresses lack leading zeros."""
    return _neighbours(
        (match["address"], match["mac"], match["interface"])
        for match in map(_ARP_LINE.match, text.splitlines())
        if match and is_ipv4(match["address"])
    )


def _is_complete(flags: str) -> bool:
    try:
        return bool(int(flags, 16) & _COMPLETE)
    except ValueError:
        return False


def _neighbours(found: Iterable[tuple[str, str, str]]) -> tuple[Neighbour, ...]:
    entries = (Neighbour(address, _mac(mac), interface) for address, mac, interface in found)
    return tuple(entry for entry in entries if entry.mac not in ("", _NOBODY))


def _mac(text: str) -> str:
    """Six bytes in lower case with leading zeros; empty when it is something else."""
    parts = text.lower().split(":")
    if len(parts) != 6 or not all(re.fullmatch("[0-9a-f]{1,2}", part) for part in parts):
        return ""
    return ":".join(part.zfill(2) for part in parts)


async def read_neighbours() -> tuple[Neighbour, ...]:
    """The table as it is.

    Raises:
        OSError: it cannot be read here.
    """
    if sys.platform != "darwin":
        return parse_table(_read_table())
    process = await asyncio.create_subprocess_exec(
        "/usr/sbin/arp", "-an", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    return parse_arp(output.decode("ascii", errors="replace"))


def _read_table() -> str:
    # Not in a thread: the kernel answers from memory.
    return TABLE.read_text(encoding="ascii", errors="replace")


class Neighbours:
    """Reads the table now and then, and tells what changed: an entry that is still there proves no life."""

    def __init__(self, links: Iterable[Link], outbox: Outbox) -> None:
        self.cost = Cost(Layer.NEIGHBOURS, "reads")
        self._links = tuple(links)
        self._outbox = outbox
        self._known: dict[str, Neighbour] = {}
        self._wanted = asyncio.Event()

    def read_soon(self) -> None:
        """Somebody was spoken to, so that there may be a new entry."""
        self._wanted.set()

    async def run(self) -> None:
        """Read until cancelled, or until the table cannot be read."""
        while True:
            self._wanted.clear()
            with self.cost.working(self._outbox):
                try:
                    table = await read_neighbours()
                except OSError as error:
                    self.cost.note = f"the neighbour table cannot be read: {error.strerror}"
                    return
            self.cost.sent += 1
            self._compare(table)
            await asyncio.sleep(SPACING)
            try:
                async with asyncio.timeout(REREAD):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    def _compare(self, table: Iterable[Neighbour]) -> None:
        names = {link.name for link in self._links}
        ours = [n for n in table if n.interface in names and is_near(n.address, self._links)]
        now = {neighbour.address: neighbour for neighbour in ours[:NEIGHBOUR_LIMIT]}
        for address, known in self._known.items():
            if now.get(address) != known:
                self._outbox.tell(HostGone(address, Layer.NEIGHBOURS, _what(known)))
        for address, neighbour in now.items():
            if self._known.get(address) != neighbour:
                self._tell(neighbour)
        self._known = now

    def _tell(self, neighbour: Neighbour) -> None:
        self._outbox.tell(
            HostSeen(
                "",
                (neighbour.address,),
                Layer.NEIGHBOURS,
                _what(neighbour),
                self._outbox.at_ms,
                neighbour.interface,
                mac=neighbour.mac,
            )
        )


def _what(neighbour: Neighbour) -> str:
    return f"MAC {neighbour.mac}"
