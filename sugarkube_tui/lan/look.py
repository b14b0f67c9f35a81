"""One look at the LAN: a browser and a name asker on a fresh zeroconf instance, until closed."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from ipaddress import IPv4Interface
from typing import Any

from zeroconf import BadTypeInNameException, IPVersion, NotRunningException, ServiceStateChange, Zeroconf
from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from sugarkube_tui.cluster.advert import HTTPS_TYPE, usable_host
from sugarkube_tui.cluster.hosts import AdvertSeen, HostGone, HostSeen, Sighting
from sugarkube_tui.engine.ports import Interest
from sugarkube_tui.lan.interfaces import reachable
from sugarkube_tui.lan.names import NameListener, resolve_system
from sugarkube_tui.lan.wire import (
    ANSWERS,
    BY_HAND,
    DOMAIN,
    ENUMERATION,
    HOST_TYPES,
    ServiceRecords,
    bare,
    goodbye_to,
    is_k3s_type,
    seen_by_hand,
    sighting_of,
)

INSTANCE_LIMIT = 2_000
"""Service instances followed in one look: a flood of made-up ones must not eat the memory."""
LEARNED_TYPES_LIMIT = 32
RESOLVE_TIMEOUT_MS = 3_000
SYSTEM_TIMEOUT = 10.0
"""Seconds for the system's resolver."""

_Key = tuple[str, str]


class Look:
    """Collects sightings in `sightings`, in the order in which they came.

    Args:
        ours: the interfaces that `zeroconf` uses.
    """

    def __init__(self, interest: Interest, zeroconf: AsyncZeroconf, ours: Iterable[IPv4Interface]) -> None:
        self.sightings: asyncio.Queue[Sighting] = asyncio.Queue()
        self._interest = interest
        self._zeroconf = zeroconf
        self._ours = tuple(ours)
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._resolving: dict[_Key, asyncio.Task[None]] = {}
        self._again: set[_Key] = set()
        self._told: dict[_Key, Sighting] = {}
        self._answered: set[str] = set()
        self._by_hand: dict[str, str] = {}
        self._types: set[str] = set()
        self._browsers: list[AsyncServiceBrowser] = []
        self._listener: NameListener | None = None

    async def start(self) -> None:
        """Send the first questions.

        Raises:
            OSError: zeroconf's sockets could not be used.
        """
        try:
            await self._zeroconf.zeroconf.async_wait_for_start()
        except NotRunningException as error:
            raise OSError(errno.EIO, "the sockets could not be set up") from error
        self._browse([e.service_type for e in self._interest.environments], learned=False)
        self._browse([HTTPS_TYPE, *HOST_TYPES], learned=False)
        self._browsers.append(
            AsyncServiceBrowser(self._zeroconf.zeroconf, ENUMERATION, handlers=[self._on_type])
        )
        for host in self._interest.hosts:
            self._add_by_hand(host)
        names = [usable_host(name) for name in self._interest.names]
        wanted = [name if name.endswith(".local") else f"{name}.local" for name in names if name]
        self._listener = NameListener([*wanted, *self._by_hand], self._ours, self._on_name)
        self._zeroconf.zeroconf.async_add_listener(self._listener, None)
        self._spawn(self._listener.ask(self._zeroconf.zeroconf), "ask for names")

    async def close(self) -> None:
        """Stop everything at once, sockets included."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for browser in self._browsers:
            await browser.async_cancel()
        if self._listener is not None:
            self._zeroconf.zeroconf.async_remove_listener(self._listener)
        await self._zeroconf.async_close()

    @property
    def _at_ms(self) -> float:
        return (self._loop.time() - self._started) * 1000

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = self._loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Services

    def _browse(self, kinds: Iterable[str], *, learned: bool) -> None:
        for kind in kinds:
            if kind in self._types or (learned and len(self._types) > LEARNED_TYPES_LIMIT):
                continue
            self._types.add(kind)
            try:
                browser = AsyncServiceBrowser(
                    self._zeroconf.zeroconf, f"{kind}{DOMAIN}", handlers=[self._on_service]
                )
            except BadTypeInNameException:
                continue  # such a type cannot be browsed; its servers also advertise as _https._tcp
            self._browsers.append(browser)

    def _on_type(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is ServiceStateChange.Added and is_k3s_type(name):
            self._browse([bare(name)], learned=True)

    def _on_service(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        key = (service_type, name.lower())
        if state_change is ServiceStateChange.Removed:
            self._again.discard(key)
            if key in self._resolving:
                self._resolving.pop(key).cancel()
            self._take_back(key)
        elif key in self._resolving:
            self._again.add(key)
        elif key in self._told or len(self._told) + len(self._resolving) < INSTANCE_LIMIT:
            self._resolving[key] = self._spawn(self._resolve(key, name), f"resolve {key[0]}")

    async def _resolve(self, key: _Key, name: str) -> None:
        service_type = key[0]
        task = asyncio.current_task()
        try:
            while True:
                self._again.discard(key)
                try:
                    info = AsyncServiceInfo(service_type, name)
                    whole = await info.async_request(self._zeroconf.zeroconf, RESOLVE_TIMEOUT_MS)
                except ZeroconfError:
                    return  # control characters, or a name that fits in no question
                records = ServiceRecords(
                    kind=bare(service_type),
                    instance=name[: -len(service_type) - 1],
                    host=info.server or "",
                    port=info.port,
                    addresses=reachable(info.parsed_addresses(), self._ours),
                    txt=info.properties,
                )
                # A part is better than nothing, but not than what was told already.
                if whole or key not in self._told:
                    self._tell(key, sighting_of(records, self._at_ms))
                if key not in self._again:
                    return
        finally:
            if self._resolving.get(key) is task:
                del self._resolving[key]

    def _tell(self, key: _Key, sighting: Sighting | None) -> None:
        """Pass a sighting on unless it is the last one again; take back what it replaces."""
        last = self._told.get(key)
        if sighting is None:
            self._take_back(key)
            return
        if last is not None and _undated(last) == _undated(sighting):
            return
        if last is not None and _subject(last) != _subject(sighting):
            self._take_back(key)
        self._told[key] = sighting
        self.sightings.put_nowait(sighting)

    def _take_back(self, key: _Key) -> None:
        last = self._told.pop(key, None)
        gone = last and goodbye_to(last)
        if gone:
            self.sightings.put_nowait(gone)

    # Names

    def _on_name(self, name: str, addresses: tuple[str, ...]) -> None:
        if not addresses:
            if name in self._answered:
                self._answered.discard(name)
                self.sightings.put_nowait(HostGone(name, ANSWERS))
            return
        key = ("", name)
        seen = HostSeen(name, addresses, ANSWERS, self._at_ms)
        last = self._told.get(key)
        if last is not None and name in self._answered and _undated(last) == _undated(seen):
            return
        self._told[key] = seen
        self._answered.add(name)
        if name in self._by_hand:
            self.sightings.put_nowait(HostSeen(self._by_hand[name], addresses, BY_HAND, self._at_ms))
        self.sightings.put_nowait(seen)

    def _add_by_hand(self, typed: str) -> None:
        seen = seen_by_hand(typed, self._at_ms)
        if seen is None:
            return
        self.sightings.put_nowait(seen)
        if seen.addresses:
            return
        name = seen.name
        if name.endswith(".local"):
            self._by_hand[name] = name
            return
        if "." not in name:
            self._by_hand[f"{name}.local"] = name  # most likely that is meant
        self._spawn(self._resolve_by_hand(name), f"resolve {name}")

    async def _resolve_by_hand(self, name: str) -> None:
        addresses = await resolve_system(name, SYSTEM_TIMEOUT)
        if addresses:
            self.sightings.put_nowait(HostSeen(name, addresses, BY_HAND, self._at_ms))


def open_zeroconf(ours: Iterable[IPv4Interface]) -> AsyncZeroconf:
    """A new instance with an empty cache.

    Raises:
        OSError: the sockets could not be made, for example because another program keeps port 5353.
    """
    return AsyncZeroconf(interfaces=[str(interface.ip) for interface in ours], ip_version=IPVersion.V4Only)


def _undated(sighting: Sighting) -> Sighting:
    return replace(sighting, at_ms=0.0) if isinstance(sighting, (HostSeen, AdvertSeen)) else sighting


def _subject(sighting: Sighting) -> str:
    match sighting:
        case HostSeen(name=name):
            return name
        case AdvertSeen(advert=advert):
            return f"{advert.host} {advert.environment}"
        case _:
            return ""
