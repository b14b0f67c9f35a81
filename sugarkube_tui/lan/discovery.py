"""`ZeroconfLan`: the port `Lan` by python-zeroconf, which is imported when a look begins."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing
from importlib import import_module
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import Interface, Sighting
from sugarkube_tui.engine.ports import Greeter, Interest, WireLine
from sugarkube_tui.lan.interfaces import Link, choose_interfaces, is_address

if TYPE_CHECKING:
    from sugarkube_tui.lan.look import Look

_BY_HAND = "or add the hosts by hand (name or address)"

MULTICAST_SHARE = 2 / 3
"""Of the time for a `.local` name; the rest is for the system's resolver."""


RECENT = 2.0
"""Seconds for which an answer is taken for granted: nobody repeats a record within one (RFC 6762 §6)."""


class ZeroconfLan:
    """The LAN over IPv4.

    Args:
        interfaces: the workstation's own IPv4 addresses to use; None to choose at each look.
        greeter: asks SSH servers for their host keys; None to read only their banners.
    """

    def __init__(self, interfaces: Sequence[str] | None = None, greeter: Greeter | None = None) -> None:
        self._wanted = interfaces
        self._greeter = greeter
        self._answered: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        """A fresh look that goes on until the iterator is closed; see `Lan.watch`.

        Raises:
            SugarkubeError: no interface or socket could be used; the given hosts come before.
        """
        from sugarkube_tui.lan.given import seen_as_given, told_as

        try:
            look = await self._begin(interest)
        except SugarkubeError:
            if Layer.GIVEN in interest.layers:
                for given in filter(told_as, interest.hosts):
                    yield seen_as_given(given, 0.0)
            raise
        try:
            while True:
                yield await look.next()
        finally:
            await look.close()

    async def _begin(self, interest: Interest) -> Look:
        # The first import takes long enough to make an interface stutter.
        await asyncio.to_thread(import_module, "sugarkube_tui.lan.look")
        from sugarkube_tui.lan.look import Look

        links = choose_interfaces(self._wanted, interest.interfaces)
        look = Look(interest, links, self._greeter)
        try:
            await look.start()
        except BaseException as error:
            await look.close()
            if isinstance(error, OSError):
                raise _refused(error, links) from error
            raise
        return look

    async def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        """The mDNS packets that pass on our interfaces, until closed; see `Lan.packets`.

        Raises:
            SugarkubeError: no interface or socket could be used.
        """
        from sugarkube_tui.lan.packets import capture

        links = choose_interfaces(self._wanted)
        try:
            async with aclosing(capture(links, service_types)) as lines:
                async for line in lines:
                    yield line
        except OSError as error:
            raise _refused(error, links) from error

    async def interfaces(self) -> tuple[Interface, ...]:
        """All interfaces on which Pis may be; empty when there is none."""
        try:
            links = await asyncio.to_thread(choose_interfaces, self._wanted)  # it loads its library
        except SugarkubeError:
            return ()
        return tuple(link.interface for link in links)

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        """A name's addresses; see `Lan.resolve`."""
        from sugarkube_tui.lan.names import resolve_system

        name = normal_host(name)
        if is_address(name):
            return (name,)
        loop = asyncio.get_running_loop()
        ends = loop.time() + timeout
        if name.endswith(".local"):
            answered, addresses = self._answered.get(name, (-RECENT, ()))
            if fresh or loop.time() - answered >= RECENT:
                addresses = await self._resolve_multicast(name, timeout * (1 if fresh else MULTICAST_SHARE))
                now = loop.time()
                self._answered = {n: a for n, a in self._answered.items() if now - a[0] < RECENT}
                self._answered[name] = (now, addresses)
            if addresses or fresh:
                return addresses
        # The system may have an mDNS resolver of its own (macOS does, Linux with nss-mdns), or a DNS
        # server that knows `.local`.
        return await resolve_system(name, ends - loop.time())

    async def _resolve_multicast(self, name: str, timeout: float) -> tuple[str, ...]:
        from zeroconf.asyncio import AsyncZeroconf

        from sugarkube_tui.lan.names import resolve_multicast
        from sugarkube_tui.lan.outbox import Cost
        from sugarkube_tui.lan.questions import Questioner

        try:
            links = choose_interfaces(self._wanted)
            questioner = Questioner(links, Cost(Layer.NAMES, "questions"))
        except (SugarkubeError, OSError):
            return ()
        try:
            return await resolve_multicast(questioner, name, links, timeout)
        finally:
            await AsyncZeroconf(zc=questioner).async_close()


def _refused(error: OSError, links: Iterable[Link]) -> SugarkubeError:
    where = ", ".join(link.address for link in links)
    if error.errno == errno.EADDRINUSE:
        return SugarkubeError(
            "another program keeps UDP port 5353 for itself, so the LAN cannot be searched",
            where=where,
            why=str(error),
            remedy="set disallow-other-stacks=no in /etc/avahi/avahi-daemon.conf and restart avahi-daemon, "
            + _BY_HAND,
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        return SugarkubeError(
            "this program may not use multicast DNS here",
            where=where,
            why=str(error),
            remedy="allow this terminal local network access (macOS: Privacy & Security > Local Network), "
            + _BY_HAND,
        )
    return SugarkubeError(
        "multicast DNS cannot be used on this computer's network",
        where=where,
        why=str(error),
        remedy="check the network connection, " + _BY_HAND,
    )
