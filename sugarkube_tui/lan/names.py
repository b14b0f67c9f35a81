"""Asking for names: host name → addresses, by multicast DNS or by the system's resolver."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from ipaddress import IPv4Interface, ip_address

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    DNSAddress,
    DNSOutgoing,
    DNSQuestion,
    NotRunningException,
    RecordUpdate,
    RecordUpdateListener,
    Zeroconf,
)

from sugarkube_tui.lan.interfaces import reachable

ROUNDS = (0.0, 0.25, 1.0, 3.0, 8.0)
"""Seconds from the start at which names are asked for: several rounds beat one (contract §5.4).

The first wants a unicast answer, which another stack on this machine may swallow; so the second follows soon.
"""

REFRESH = 30.0
"""Seconds between rounds after the last one: an address is believed for 120 s (RFC 6762 §10)."""

# RFC 1035 §3.2.2 and §4.1.1, RFC 3596 §2.1.
_TYPE_A, _TYPE_AAAA, _CLASS_IN, _QUERY = 1, 28, 1, 0

IPV4_GRACE = 0.3
"""Seconds after an answer of IPv6 addresses alone in which IPv4 may still come."""

Heard = Callable[[str, tuple[str, ...]], None]
"""Takes a name and all its reachable addresses; none when they were withdrawn or ran out."""


class NameListener(RecordUpdateListener):
    """Asks for addresses of names, and hears all answers, also those that nobody asked for.

    Args:
        names: with `.local`, lower case, without trailing dot.
    """

    def __init__(self, names: Iterable[str], ours: Iterable[IPv4Interface], heard: Heard) -> None:
        self.names = tuple(dict.fromkeys(name for name in names if _fits_dns(name)))
        self._ours = tuple(ours)
        self._heard = heard
        self._known: dict[str, dict[str, None]] = {name: {} for name in self.names}

    async def ask(self, zeroconf: Zeroconf) -> None:
        """Ask in rounds until cancelled."""
        started = asyncio.get_running_loop().time()
        for due in ROUNDS:
            await asyncio.sleep(started + due - asyncio.get_running_loop().time())
            self._send(zeroconf, [n for n in self.names if not self._known[n]], unicast=due == 0.0)
        while True:
            await asyncio.sleep(REFRESH)
            self._send(zeroconf, self.names, unicast=False)

    def _send(self, zeroconf: Zeroconf, names: Iterable[str], *, unicast: bool) -> None:
        query = DNSOutgoing(_QUERY)
        for name in names:
            for record_type in (_TYPE_A, _TYPE_AAAA):
                question = DNSQuestion(f"{name}.", record_type, _CLASS_IN)
                question.unicast = unicast
                query.add_question(question)
        if query.questions:
            zeroconf.async_send(query)

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Called by zeroconf with all records of one packet, or with those that ran out."""
        changed: dict[str, None] = {}
        for update in records:
            record = update.new
            if not isinstance(record, DNSAddress):
                continue
            name = record.name.rstrip(".").lower()
            known = self._known.get(name)
            if known is None:
                continue
            try:
                address = str(ip_address(record.address))
            except ValueError:
                continue
            if record.is_expired(now):
                known.pop(address, None)
            else:
                known[address] = None
            changed[name] = None
        for name in changed:
            self._heard(name, reachable(self._known[name], self._ours))


async def resolve_multicast(
    zeroconf: Zeroconf, name: str, ours: Iterable[IPv4Interface], timeout: float
) -> tuple[str, ...]:
    """Addresses of a `.local` name, IPv4 first; empty when nobody answers within `timeout` seconds."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[None] = loop.create_future()
    best: tuple[str, ...] = ()

    def settle() -> None:
        if not answer.done():
            answer.set_result(None)

    def heard(_: str, addresses: tuple[str, ...]) -> None:
        nonlocal best
        best = addresses
        if any(":" not in address for address in addresses):
            settle()
        elif addresses:
            loop.call_later(IPV4_GRACE, settle)

    listener = NameListener([name], ours, heard)
    asking = None
    try:
        async with asyncio.timeout(timeout):
            await zeroconf.async_wait_for_start()
            zeroconf.async_add_listener(listener, None)
            asking = asyncio.create_task(listener.ask(zeroconf), name=f"ask for {name}")
            await answer
    except (TimeoutError, NotRunningException):
        pass
    finally:
        if asking is not None:
            asking.cancel()
            zeroconf.async_remove_listener(listener)
    return best


async def resolve_system(name: str, timeout: float) -> tuple[str, ...]:
    """Addresses by the system's resolver, IPv4 first; empty when there is none within `timeout` seconds."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(addresses: tuple[str, ...]) -> None:
        if not answer.done():
            answer.set_result(addresses)

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, ValueError):  # ValueError: no name that DNS could hold
            found = []
        addresses = tuple(
            dict.fromkeys(str(entry[4][0]) for entry in sorted(found, key=lambda e: e[0] != socket.AF_INET))
        )
        try:
            loop.call_soon_threadsafe(settle, addresses)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    # Not in the loop's executor: that would hold up the program's end until the resolver gives up.
    threading.Thread(target=look_up, name=f"resolve {name}", daemon=True).start()
    try:
        async with asyncio.timeout(timeout):
            return await answer
    except TimeoutError:
        return ()


def _fits_dns(name: str) -> bool:
    """RFC 1035 §2.3.4: 1 to 63 octets in a label, 255 in a name."""
    labels = [len(label.encode("utf-8", "replace")) for label in name.split(".")]
    return all(0 < length <= 63 for length in labels) and sum(labels) + len(labels) < 255
