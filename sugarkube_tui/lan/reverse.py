"""The layer `REVERSE`: addresses without a name, asked by multicast for the name that they have."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    DNSPointer,
    RecordUpdate,
    RecordUpdateListener,
    Zeroconf,
)

from sugarkube_tui.cluster.advert import usable_host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen
from sugarkube_tui.lan.interfaces import ADDRESS_LIMIT, Link, interfaces_to
from sugarkube_tui.lan.outbox import Cost, Outbox
from sugarkube_tui.lan.questions import TYPE_PTR, Questioner
from sugarkube_tui.lan.retries import Retries

WHAT = "its address's name"

NAMES_LIMIT = 4
"""Names believed of one address: more are a mistake or an attack."""
WAITS = (0.25, 0.75, 2.0, 1.0)
"""Seconds before each question: other layers may tell the name first, and a question may get lost."""


class ReverseNames(RecordUpdateListener):
    """Asks until somebody answers, three times at most; hears later answers, too."""

    def __init__(self, zeroconf: Questioner, links: Iterable[Link], outbox: Outbox) -> None:
        self.cost = Cost(Layer.REVERSE, "questions")
        self._zeroconf = zeroconf
        self._links = tuple(links)
        self._outbox = outbox
        self._retries = Retries(WAITS)
        self._addresses: dict[str, str] = {}  # of those asked about, by their reverse names
        self._named: dict[str, tuple[str, ...]] = {}  # all addresses of a name

    def ask(self, address: str) -> None:
        """Ask for the name of this IPv4 address soon."""
        self._addresses[f"{IPv4Address(address).reverse_pointer}."] = address
        self._retries.add(address)

    def settle(self, address: str) -> None:
        """Stop asking: another layer told the name."""
        self._retries.settle(address)

    async def run(self) -> None:
        """Ask until cancelled."""
        self._zeroconf.async_add_listener(self, None)
        try:
            while True:
                await self._retries.wait()
                with self.cost.working(self._outbox):
                    await self._ask_all()
        finally:
            self._zeroconf.async_remove_listener(self)

    async def _ask_all(self) -> None:
        while not self._retries.idle:
            asking, _ = await self._retries.due()
            names = [f"{IPv4Address(address).reverse_pointer}." for address in asking]
            self._zeroconf.ask(((name, TYPE_PTR) for name in names), self.cost)

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        """Called by zeroconf with all records of one packet, or with those that ran out."""
        for update in records:
            record = update.new
            if isinstance(record, DNSPointer) and not record.is_expired(now):
                address = self._addresses.get(record.key)
                name = usable_host(record.alias)
                if address and name.endswith(".local"):
                    self._tell(name, address)

    def _tell(self, name: str, address: str) -> None:
        self._retries.settle(address)
        others = sum(address in addresses for known, addresses in self._named.items() if known != name)
        if others >= NAMES_LIMIT:
            return
        addresses = tuple(dict.fromkeys((*self._named.get(name, ()), address)))[:ADDRESS_LIMIT]
        self._named[name] = addresses
        where = interfaces_to(addresses, self._links)
        self._outbox.tell(HostSeen(name, addresses, Layer.REVERSE, WHAT, self._outbox.at_ms, where))
