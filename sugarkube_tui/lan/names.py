"""Asking for names: host name → addresses, by multicast DNS or by the system's resolver."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    DNSAddress,
    NotRunningException,
    RecordUpdate,
    RecordUpdateListener,
    Zeroconf,
)

from sugarkube_tui.cluster.advert import usable_host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostGone, HostSeen
from sugarkube_tui.lan.interfaces import Link, interfaces_to, reachable
from sugarkube_tui.lan.outbox import Cost, Outbox
from sugarkube_tui.lan.questions import ROUNDS, TYPE_A, TYPE_AAAA, Questioner, fits_dns, rounds

ANSWERS = "answers to its name"

RECORD_LIMIT = 64
"""Address records kept of one name, reachable or not."""

IPV4_GRACE = 0.3
"""Seconds after an answer of IPv6 addresses alone in which IPv4 may still come."""

Heard = Callable[[str, tuple[str, ...]], None]
"""Takes a name and all its reachable addresses; none when they were withdrawn or ran out."""


class NameListener(RecordUpdateListener):
    """Asks for addresses of names, and hears all answers, also those that nobody asked for.

    Args:
        names: with `.local`, lower case, without trailing dot.
    """

    def __init__(self, names: Iterable[str], links: Iterable[Link], heard: Heard) -> None:
        self.names = tuple(dict.fromkeys(name for name in names if fits_dns(name)))
        self._links = tuple(links)
        self._heard = heard
        self._known: dict[str, dict[str, None]] = {name: {} for name in self.names}

    @property
    def silent(self) -> list[str]:
        """Names that nobody has answered to."""
        return [name for name in self.names if not self._known[name]]

    def ask(self, zeroconf: Questioner, cost: Cost, number: int) -> None:
        """Ask one of the `rounds`: the first ones only for names that have not answered yet."""
        names = self.silent if number < len(ROUNDS) else self.names
        questions = [(f"{name}.", kind) for name in names for kind in (TYPE_A, TYPE_AAAA)]
        zeroconf.ask(questions, cost, unicast=number == 0)

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
            elif len(known) < RECORD_LIMIT:
                known[address] = None
            changed[name] = None
        for name in changed:
            self._heard(name, reachable(self._known[name], self._links))


class Names:
    """The layer `NAMES`: expected names, asked for their addresses.

    Args:
        names: with or without `.local`.
    """

    def __init__(
        self, names: Iterable[str], zeroconf: Questioner, links: Iterable[Link], outbox: Outbox
    ) -> None:
        usable = [name for name in map(usable_host, names) if name]
        local = [name if name.endswith(".local") else f"{name}.local" for name in usable]
        self.cost = Cost(Layer.NAMES, "questions")
        self._zeroconf = zeroconf
        self._links = tuple(links)
        self._outbox = outbox
        self._listener = NameListener(local, self._links, self._on_answer)

    async def run(self) -> None:
        """Ask in rounds until cancelled."""
        self._zeroconf.async_add_listener(self._listener, None)
        try:
            await ask_in_rounds(self._listener, self._zeroconf, self.cost, self._outbox)
        finally:
            self._zeroconf.async_remove_listener(self._listener)

    def _on_answer(self, name: str, addresses: tuple[str, ...]) -> None:
        if addresses:
            where = interfaces_to(addresses, self._links)
            seen = HostSeen(name, addresses, Layer.NAMES, ANSWERS, self._outbox.at_ms, where)
            self._outbox.tell(seen)
        else:
            self._outbox.tell(HostGone(name, Layer.NAMES, ANSWERS))


async def ask_in_rounds(listener: NameListener, zeroconf: Questioner, cost: Cost, outbox: Outbox) -> None:
    """Ask until cancelled; of the time, only that counts until all have answered, or `ROUNDS` are over."""
    asking = rounds()
    with cost.working(outbox):
        for _ in ROUNDS:
            number = await anext(asking)
            if not listener.silent:
                break
            listener.ask(zeroconf, cost, number)
    async for number in asking:
        listener.ask(zeroconf, cost, number)


async def resolve_multicast(
    zeroconf: Questioner, name: str, links: Iterable[Link], timeout: float
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

    listener = NameListener([name], links, heard)

    async def ask() -> None:
        cost = Cost(Layer.NAMES, "questions")
        async for number in rounds():
            listener.ask(zeroconf, cost, number)

    asking = None
    try:
        async with asyncio.timeout(timeout):
            await zeroconf.async_wait_for_start()
            zeroconf.async_add_listener(listener, None)
            asking = asyncio.create_task(ask(), name=f"ask for {name}")
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
