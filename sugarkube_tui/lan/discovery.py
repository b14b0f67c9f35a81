"""`ZeroconfLan`: the port `Lan` by python-zeroconf, which is imported when a look begins."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncGenerator, Iterable, Sequence
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import Sighting
from sugarkube_tui.engine.ports import Interest
from sugarkube_tui.lan.interfaces import choose_interfaces, is_address

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

    from sugarkube_tui.lan.look import Look

_BY_HAND = "or add the hosts by hand (name or address)"

MULTICAST_SHARE = 2 / 3
"""Of the time for a `.local` name; the rest is for the system's resolver."""


class ZeroconfLan:
    """Multicast DNS over IPv4.

    Args:
        interfaces: the workstation's own IPv4 addresses to use; None to choose at each look.
    """

    def __init__(self, interfaces: Sequence[str] | None = None) -> None:
        self._wanted = interfaces

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        """A fresh look that goes on until the iterator is closed; see `Lan.watch`.

        Raises:
            SugarkubeError: no interface or socket could be used; the hosts typed by hand come before.
        """
        from sugarkube_tui.lan.wire import seen_by_hand

        try:
            look = await self._begin(interest)
        except SugarkubeError:
            for seen in map(seen_by_hand, interest.hosts):
                if seen is not None:
                    yield seen
            raise
        try:
            while True:
                yield await look.sightings.get()
        finally:
            await look.close()

    async def _begin(self, interest: Interest) -> Look:
        from sugarkube_tui.lan.look import Look

        ours = choose_interfaces(self._wanted)
        look = Look(interest, self._open(ours), ours)
        try:
            await look.start()
        except BaseException as error:
            await look.close()
            if isinstance(error, OSError):
                raise _refused(error, ours) from error
            raise
        return look

    async def resolve(self, name: str, timeout: float) -> tuple[str, ...]:
        """A name's addresses, IPv4 first; empty when nobody answers within `timeout` seconds."""
        from sugarkube_tui.lan.names import resolve_system

        name = normal_host(name)
        if is_address(name):
            return (name,)
        loop = asyncio.get_running_loop()
        ends = loop.time() + timeout
        if name.endswith(".local"):
            addresses = await self._resolve_multicast(name, timeout * MULTICAST_SHARE)
            if addresses:
                return addresses
        # The system may have an mDNS resolver of its own (macOS does, Linux with nss-mdns), or a DNS
        # server that knows `.local`.
        return await resolve_system(name, ends - loop.time())

    async def _resolve_multicast(self, name: str, timeout: float) -> tuple[str, ...]:
        from sugarkube_tui.lan.names import resolve_multicast

        try:
            ours = choose_interfaces(self._wanted)
            zeroconf = self._open(ours)
        except SugarkubeError:
            return ()
        try:
            return await resolve_multicast(zeroconf.zeroconf, name, ours, timeout)
        finally:
            await zeroconf.async_close()

    def _open(self, ours: Iterable[IPv4Interface]) -> AsyncZeroconf:
        from sugarkube_tui.lan.look import open_zeroconf

        try:
            return open_zeroconf(ours)
        except OSError as error:
            raise _refused(error, ours) from error


def _refused(error: OSError, ours: Iterable[IPv4Interface]) -> SugarkubeError:
    where = ", ".join(str(interface.ip) for interface in ours)
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
