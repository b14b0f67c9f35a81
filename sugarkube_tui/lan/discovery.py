"""`ZeroconfLan`: the port `Lan` by python-zeroconf, which is imported when a look begins."""

from __future__ import annotations

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

_BY_HAND = "or add the hosts by hand (name or address)"


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
            SugarkubeError: no interface or socket could be used.
        """
        from sugarkube_tui.lan.look import Look

        ours = choose_interfaces(self._wanted)
        look = Look(interest, self._open(ours), ours)
        try:
            try:
                await look.start()
            except OSError as error:
                raise _refused(error, ours) from error
            while True:
                yield await look.sightings.get()
        finally:
            await look.close()

    async def resolve(self, name: str, timeout: float) -> tuple[str, ...]:
        """A name's addresses, IPv4 first; empty when nobody answers within `timeout` seconds."""
        from sugarkube_tui.lan.names import resolve_multicast, resolve_system

        name = normal_host(name)
        if is_address(name):
            return (name,)
        if not name.endswith(".local"):
            return await resolve_system(name, timeout)
        try:
            ours = choose_interfaces(self._wanted)
            zeroconf = self._open(ours)
        except SugarkubeError:
            # The system may have an mDNS resolver of its own (macOS does, Linux with nss-mdns).
            return await resolve_system(name, timeout)
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
