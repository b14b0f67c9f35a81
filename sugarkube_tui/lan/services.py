"""The layer `ADVERTS`: service instances, followed from their first record to the last."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    BadTypeInNameException,
    DNSAddress,
    DNSPointer,
    DNSRecord,
    DNSService,
    DNSText,
    RecordUpdate,
    RecordUpdateListener,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser

from sugarkube_tui.cluster.advert import HTTPS_TYPE
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.sightings import AdvertSeen, HostSeen, LockSeen, Sighting
from sugarkube_tui.lan.interfaces import Link, interfaces_to, reachable
from sugarkube_tui.lan.outbox import REPEAT_MS, Cost, Outbox
from sugarkube_tui.lan.questions import (
    CLASS_IN,
    TYPE_A,
    TYPE_AAAA,
    TYPE_PTR,
    TYPE_SRV,
    TYPE_TXT,
    Questioner,
    fits_dns,
    rounds,
)
from sugarkube_tui.lan.retries import Retries
from sugarkube_tui.lan.wire import (
    DOMAIN,
    ENUMERATION,
    HOST_TYPES,
    JOIN_LOCK_TYPE,
    ServiceRecords,
    bare,
    goodbye_to,
    is_k3s_type,
    sighting_of,
)

INSTANCE_LIMIT = 2_000
"""Service instances followed in one look: a flood of made-up ones must not eat the memory."""
PER_HOST_LIMIT = 64
"""Address records read of one host, the newest, and instances of it that follow its addresses."""
LEARNED_TYPES_LIMIT = 32
WAITS = (0.1, 0.6, 1.4, 1.0)
"""Seconds before each question for missing records, and at last before giving up.

Answers to other questions may bring them, too.
"""
FIRST_ROUNDS = 3.0
"""Seconds in which zeroconf's browser asks its first two times, and answers come."""


@dataclass(slots=True)
class _Instance:
    """A service instance that somebody points to.

    Attributes:
        service_type: with domain.
        name: without type, as it was written.
        host: the SRV record's target in lower case, with trailing dot; empty while it is not known.
        told: what was made of its records.
        given_up: not all its records could be had.
    """

    service_type: str
    name: str
    host: str = ""
    told: Sighting | None = None
    given_up: bool = False


class Services(RecordUpdateListener):
    """Browses types; hears what is said of their instances.

    zeroconf's browser only asks: it knows the times at which to ask (RFC 6762 §5.2).  The records are
    heard here, whoever asked for them, so that types which zeroconf refuses to browse are followed, too.

    Args:
        environments: whose adverts to browse for.
        cost: what `zeroconf` charges its browsers' questions to.
    """

    def __init__(
        self,
        environments: Iterable[Environment],
        zeroconf: Questioner,
        cost: Cost,
        links: Iterable[Link],
        outbox: Outbox,
    ) -> None:
        self.cost = cost
        self._zeroconf = zeroconf
        self._links = tuple(links)
        self._outbox = outbox
        kinds = [*(e.service_type for e in environments), HTTPS_TYPE, *HOST_TYPES, JOIN_LOCK_TYPE]
        self._first = tuple(dict.fromkeys(f"{kind}{DOMAIN}".lower() for kind in kinds))
        self._types = set(self._first)
        self._instances: dict[str, _Instance] = {}
        self._on_host: dict[str, set[str]] = {}
        self._changed: set[str] = set()
        self._retries = Retries(WAITS)
        self._browsers: list[AsyncServiceBrowser] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Browse until cancelled."""
        self._zeroconf.async_add_listener(self, None)
        try:
            self._browse([*self._first, ENUMERATION])
            self._spawn(self._first_rounds(), "browse")
            await self._complete()
        finally:
            for task in self._tasks:
                task.cancel()
            self._zeroconf.async_remove_listener(self)
            for browser in self._browsers:
                await browser.async_cancel()

    async def _first_rounds(self) -> None:
        with self.cost.working(self._outbox):
            await asyncio.sleep(FIRST_ROUNDS)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Types

    def _browse(self, types: list[str]) -> None:
        self._browsers.append(AsyncServiceBrowser(self._zeroconf, types, handlers=[_heard_elsewhere]))

    def _learn(self, service_type: str) -> None:
        if service_type in self._types or len(self._types) >= len(self._first) + LEARNED_TYPES_LIMIT:
            return
        self._types.add(service_type)
        try:
            self._browse([service_type])
        except BadTypeInNameException:
            self._spawn(self._browse_odd(service_type), "browse an odd type")

    async def _browse_odd(self, service_type: str) -> None:
        async for number in rounds():
            self._zeroconf.ask([(service_type, TYPE_PTR)], self.cost, unicast=number == 0)

    # Records

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Called by zeroconf with all records of one packet, or with those that ran out."""
        for update in records:
            record = update.new
            if isinstance(record, DNSPointer):
                self._on_pointer(record, gone=record.is_expired(now), repeated=update.old is not None)
            elif record.is_expired(now):
                continue  # an instance stays until its pointer goes: its age tells the rest
            elif isinstance(record, (DNSService, DNSText)):
                self._touch([record.key], repeated=update.old is not None)
            elif isinstance(record, DNSAddress):
                self._touch(self._on_host.get(record.key, ()), repeated=update.old is not None)

    def _on_pointer(self, record: DNSPointer, *, gone: bool, repeated: bool) -> None:
        key = record.alias_key
        if record.key == ENUMERATION:
            if not gone and is_k3s_type(record.alias):
                self._learn(key)
        elif record.key not in self._types or not key.endswith(f".{record.key}"):
            return
        elif gone:
            self._forget(key)
        else:
            if key not in self._instances and fits_dns(key):
                self._meet(key, _Instance(record.key, record.alias[: -len(record.key) - 1]))
            self._touch([key], repeated=repeated)

    def _meet(self, key: str, instance: _Instance) -> None:
        if len(self._instances) < INSTANCE_LIMIT:
            self._instances[key] = instance
        else:
            self.cost.note = f"more than {INSTANCE_LIMIT} services are announced; the others are left out"

    def _touch(self, keys: Iterable[str], *, repeated: bool) -> None:
        """Note that instances were heard of; the same again matters only for their age."""
        for key in keys:
            instance = self._instances.get(key)
            if instance is not None and not (repeated and self._is_recent(instance.told)):
                self._changed.add(key)

    def _is_recent(self, told: Sighting | None) -> bool:
        return (
            isinstance(told, (HostSeen, AdvertSeen, LockSeen)) and self._outbox.at_ms - told.at_ms < REPEAT_MS
        )

    def async_update_records_complete(self) -> None:
        """Called by zeroconf when its cache holds the records."""
        changed, self._changed = self._changed, set()
        for key in changed:
            if key in self._instances:
                self._look_at(key, self._instances[key])

    def _look_at(self, key: str, instance: _Instance) -> None:
        records = self._records(key, instance)
        has_all = bool(records.addresses and (records.txt or records.kind in HOST_TYPES))
        # A part is better than nothing, but not than what was told already.
        if has_all or (instance.given_up and instance.told is None):
            self._tell(instance, sighting_of(records, self._outbox.at_ms))
        if has_all:
            self._retries.settle(key)
        elif not instance.given_up:
            self._retries.add(key)

    def _records(self, key: str, instance: _Instance) -> ServiceRecords:
        service = self._newest(key, TYPE_SRV)
        text = self._newest(key, TYPE_TXT)
        if isinstance(service, DNSService) and service.server_key != instance.host:
            self._leave_host(key, instance)
            instance.host = service.server_key
            others = self._on_host.setdefault(instance.host, set())
            if len(others) < PER_HOST_LIMIT:
                others.add(key)
        addresses = reachable(self._addresses(instance.host), self._links)
        return ServiceRecords(
            kind=bare(instance.service_type),
            instance=instance.name,
            host=instance.host,
            port=service.port if isinstance(service, DNSService) else None,
            addresses=addresses,
            interface=interfaces_to(addresses, self._links),
            txt=text.text if isinstance(text, DNSText) else b"",
        )

    def _newest(self, key: str, record_type: int) -> DNSRecord | None:
        records = self._zeroconf.cache.get_all_by_details(key, record_type, CLASS_IN)
        return max(records, key=lambda record: record.created, default=None)

    def _addresses(self, host: str) -> list[str]:
        cache = self._zeroconf.cache
        records = [
            record
            for record_type in (TYPE_A, TYPE_AAAA)
            for record in cache.get_all_by_details(host, record_type, CLASS_IN)[-PER_HOST_LIMIT:]
        ]
        return [
            str(ip_address(record.address))
            for record in records
            if isinstance(record, DNSAddress) and len(record.address) in (4, 16)
        ]

    def _tell(self, instance: _Instance, sighting: Sighting | None) -> None:
        """Tell what an instance says now; take back what it said of another host or cluster."""
        last = instance.told
        if last is not None and (sighting is None or _subject(last) != _subject(sighting)):
            self._take_back(last)
        instance.told = sighting
        if sighting is not None:
            self._outbox.tell(sighting)

    def _forget(self, key: str) -> None:
        instance = self._instances.pop(key, None)
        if instance is not None:
            self._retries.settle(key)
            self._leave_host(key, instance)
            if instance.told is not None:
                self._take_back(instance.told)

    def _take_back(self, told: Sighting) -> None:
        if gone := goodbye_to(told):
            self._outbox.tell(gone)

    def _leave_host(self, key: str, instance: _Instance) -> None:
        others = self._on_host.get(instance.host, set())
        others.discard(key)
        if not others:
            self._on_host.pop(instance.host, None)

    # Missing records

    async def _complete(self) -> None:
        """Ask for what pointers came without, until cancelled."""
        while True:
            await self._retries.wait()
            asking, given_up = await self._retries.due()
            questions: dict[tuple[str, int], None] = {}
            for key in asking:
                questions |= dict.fromkeys(self._missing(key, self._instances[key]))
            self._zeroconf.ask(questions, self.cost)
            for key in given_up:
                self._instances[key].given_up = True
                self._look_at(key, self._instances[key])

    def _missing(self, key: str, instance: _Instance) -> list[tuple[str, int]]:
        if self._newest(key, TYPE_SRV) is None or self._newest(key, TYPE_TXT) is None:
            return [(key, TYPE_SRV), (key, TYPE_TXT)]
        if fits_dns(instance.host):
            return [(instance.host, TYPE_A), (instance.host, TYPE_AAAA)]
        return []


def _heard_elsewhere(
    zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
) -> None:
    """zeroconf's browser wants a handler."""


def _subject(sighting: Sighting) -> str:
    match sighting:
        case HostSeen(name=name):
            return name
        case AdvertSeen(advert=advert):
            return f"{advert.host} {advert.environment}"
        case _:
            return ""
