"""One look at the LAN: all layers that are wanted, side by side, until closed."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from zeroconf import NotRunningException
from zeroconf.asyncio import AsyncZeroconf

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.raspberry import has_pi_mac
from sugarkube_tui.cluster.sightings import AdvertSeen, HostSeen, Listening, Sighting
from sugarkube_tui.engine.ports import Greeter, Interest
from sugarkube_tui.lan.echo import Echoes
from sugarkube_tui.lan.given import GivenHosts
from sugarkube_tui.lan.greetings import Greetings
from sugarkube_tui.lan.interfaces import Link, is_ipv4, is_near
from sugarkube_tui.lan.names import Names
from sugarkube_tui.lan.neighbours import Neighbours
from sugarkube_tui.lan.outbox import Cost, Outbox
from sugarkube_tui.lan.questions import Questioner
from sugarkube_tui.lan.reverse import ReverseNames
from sugarkube_tui.lan.services import Services
from sugarkube_tui.lan.sweep import Sweep
from sugarkube_tui.lan.workstation import this_platform

ADDRESS_LIMIT = 1_024
"""Addresses that are followed in one look; a /22 has fewer."""
TELL_COSTS = 1.0
"""Seconds between two reports of what a layer has cost."""

_MULTICAST = frozenset({Layer.ADVERTS, Layer.NAMES, Layer.REVERSE, Layer.GIVEN})


class _Layer(Protocol):
    cost: Cost

    async def run(self) -> None: ...


class Look:
    """Runs the layers, and hands the addresses that one finds to the others.

    Args:
        links: where to look.
        greeter: asks SSH servers for their host key; None: only their banner is read.
    """

    def __init__(self, interest: Interest, links: Sequence[Link], greeter: Greeter | None) -> None:
        self._interest = interest
        self._links = tuple(links)
        self._greeter = greeter
        self._outbox = Outbox(self._follow)
        self._zeroconf: AsyncZeroconf | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._layers: list[_Layer] = []
        self._echoes: Echoes | None = None
        self._reverse: ReverseNames | None = None
        self._greetings: Greetings | None = None
        self._neighbours: Neighbours | None = None
        self._followed: set[str] = set()

    async def start(self) -> None:
        """Open what the layers need, and begin.

        Raises:
            OSError: zeroconf's sockets could not be used.
        """
        ours = tuple(link.interface for link in self._links)
        self._outbox.tell(Listening(ours, this_platform(), self._interest.layers))
        if self._interest.layers & _MULTICAST:
            browsing = Cost(Layer.ADVERTS, "questions")
            questioner = Questioner(self._links, browsing)
            self._zeroconf = AsyncZeroconf(zc=questioner)
            try:
                await questioner.async_wait_for_start()
            except NotRunningException as error:
                raise OSError(errno.EIO, "the sockets could not be set up") from error
            self._echoes = Echoes(self._links, self._outbox)
            browsing.note = self._echoes.note
            self._add_multicast(questioner, browsing)
        self._add_others()
        for layer in self._layers:
            self._spawn(layer.run(), type(layer).__name__)
        self._spawn(self._tell_costs(), "tell costs")

    async def next(self) -> Sighting:
        """The next sighting.  Raises what a layer failed with."""
        return await self._outbox.next()

    async def close(self) -> None:
        """Stop everything at once, sockets included."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._echoes is not None:
            self._echoes.close()
        if self._zeroconf is not None:
            await self._zeroconf.async_close()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._outbox.end_with)
        self._tasks.append(task)

    def _add_multicast(self, questioner: Questioner, browsing: Cost) -> None:
        interest, links, outbox = self._interest, self._links, self._outbox
        if Layer.GIVEN in interest.layers:
            self._layers.append(GivenHosts(interest.hosts, questioner, links, outbox))
        if Layer.NAMES in interest.layers:
            self._layers.append(Names(interest.names, questioner, links, outbox))
        if Layer.ADVERTS in interest.layers:
            self._layers.append(Services(interest.environments, questioner, browsing, links, outbox))
        if Layer.REVERSE in interest.layers:
            self._reverse = ReverseNames(questioner, links, outbox)
            self._layers.append(self._reverse)

    def _add_others(self) -> None:
        interest, links, outbox = self._interest, self._links, self._outbox
        if Layer.NEIGHBOURS in interest.layers:
            self._neighbours = Neighbours(links, outbox)
            self._layers.append(self._neighbours)
        if Layer.SSH in interest.layers:
            self._greetings = Greetings(self._greeter, links, outbox, self._spoken)
            self._layers.append(self._greetings)
        if Layer.SWEEP in interest.layers:
            self._layers.append(Sweep(interest.networks, links, outbox, self._spoken))

    def _spoken(self) -> None:
        """Somebody was spoken to: the kernel may know a new MAC address."""
        if self._neighbours is not None:
            self._neighbours.read_soon()

    def _follow(self, sighting: Sighting) -> None:
        """Hand new addresses to the layers that start from an address."""
        match sighting:
            case HostSeen(name=name, addresses=addresses):
                if sighting.layer is Layer.NEIGHBOURS and not has_pi_mac(sighting.mac):
                    return  # a telephone or a printer: nobody asked for it
            case AdvertSeen(advert=advert):
                name, addresses = advert.host, advert.addresses
            case _:
                return
        # ~/.ssh/config may name hosts anywhere; only what was typed is spoken to wherever it is.
        asked_for = (
            isinstance(sighting, HostSeen)
            and sighting.layer in (Layer.GIVEN, Layer.SWEEP)
            and not sighting.ssh_alias
        )
        banner = sighting.banner if isinstance(sighting, HostSeen) else ""
        is_named = name.endswith(".local")
        for address in filter(is_ipv4, addresses):
            if self._reverse is not None and is_named:
                self._reverse.settle(address)
            is_new = address not in self._followed and len(self._followed) < ADDRESS_LIMIT
            if is_new and (asked_for or is_near(address, self._links)):
                self._followed.add(address)
                if self._greetings is not None:
                    self._greetings.greet(address, banner)
                if self._reverse is not None and not is_named:
                    self._reverse.ask(address)

    async def _tell_costs(self) -> None:
        while True:
            for layer in self._layers:
                self._outbox.tell(layer.cost.told)
            await asyncio.sleep(TELL_COSTS)
