"""Which network interfaces to ask on, and which of a host's addresses can be reached from there."""

from __future__ import annotations

import errno
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, ip_address, ip_interface
from pathlib import Path

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.sightings import Interface

ADDRESS_LIMIT = 16
"""Addresses believed of one host: more are a mistake or an attack."""

_VIRTUAL = re.compile(
    r"(docker|br-|veth|cni|flannel|cali|kube-|tailscale|zt|wg|tun|tap|utun|virbr|lxcbr|lxdbr|podman|vmnet|vboxnet)"
)
_ADD_BY_HAND = "connect to the Pis' network, or add the hosts by hand (name or address)"


@dataclass(frozen=True, slots=True)
class Link:
    """One IPv4 address of the workstation, and where it is.

    Attributes:
        name: of the interface.
        own: the address with its network.
    """

    name: str
    own: IPv4Interface

    @property
    def address(self) -> str:
        return str(self.own.ip)

    @property
    def interface(self) -> Interface:
        return Interface(self.name, self.address, str(self.own.network))


def choose_interfaces(
    addresses: Sequence[str] | None = None, names: Collection[str] = ()
) -> tuple[Link, ...]:
    """The interfaces on which Pis may be: private IPv4, carrier, no container bridge and no VPN.

    Args:
        addresses: the workstation's own IPv4 addresses to use instead.
        names: names of interfaces to use instead; they come before `addresses`.

    Returns:
        At least one; loopback only when it is wanted: there, silence would mean nothing.

    Raises:
        SugarkubeError: there is none, or a wanted one is missing.
    """
    import ifaddr

    found = [
        Link(str(adapter.name), IPv4Interface(f"{ip.ip}/{ip.network_prefix}"))
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if isinstance(ip.ip, str)
    ]
    if names:
        return _named(found, names)
    if addresses is not None:
        return _addressed(found, addresses)
    chosen = tuple(filter(_may_have_pis, found))
    if not chosen:
        others = ", ".join(f"{link.name} {link.address}" for link in found if not link.own.ip.is_loopback)
        raise SugarkubeError(
            "this computer has no network interface to search on",
            why=f"not private, a VPN, a bridge, or without link: {others}" if others else "",
            remedy=_ADD_BY_HAND,
        )
    return chosen


def _may_have_pis(link: Link) -> bool:
    return (
        link.own.ip.is_private
        and not link.own.ip.is_loopback
        and not _VIRTUAL.match(link.name)
        and has_carrier(link.name)
    )


def _named(found: Sequence[Link], names: Collection[str]) -> tuple[Link, ...]:
    for name in names:
        if all(link.name != name for link in found):
            raise SugarkubeError(
                f"this computer has no interface {name} with an IPv4 address",
                why="its interfaces: " + ", ".join(dict.fromkeys(link.name for link in found)),
                remedy=_ADD_BY_HAND,
            )
    return tuple(link for link in found if link.name in names)


def _addressed(found: Sequence[Link], addresses: Sequence[str]) -> tuple[Link, ...]:
    chosen = []
    for address in addresses:
        link = next((link for link in found if link.address == address), None)
        if link is None:
            raise SugarkubeError(
                f"this computer has no address {address}",
                why="its addresses: " + ", ".join(link.address for link in found),
                remedy=_ADD_BY_HAND,
            )
        chosen.append(link)
    return tuple(chosen)


def has_carrier(name: str, root: Path = Path("/sys/class/net")) -> bool:
    """Whether the link is up; True where the system does not say (only Linux has `root`)."""
    file = root / name.split(":")[0] / "carrier"
    try:
        return file.read_text().strip() != "0"
    except FileNotFoundError:
        return True
    except OSError as error:
        # The kernel refuses to read it (EINVAL) while the interface is administratively down.
        return error.errno != errno.EINVAL


def reachable(addresses: Iterable[str], links: Iterable[Link]) -> tuple[str, ...]:
    """A host's addresses that are worth dialling from here, IPv4 first, at most `ADDRESS_LIMIT`.

    A host with container bridges, or a hostile one, also announces addresses that lead elsewhere:
    IPv4 outside our networks is dropped when one inside is known, and so is what can never be another
    host.  Link-local IPv6 needs a scope, which mDNS over IPv4 does not tell.
    """
    links = tuple(links)
    on_loopback = any(link.own.ip.is_loopback for link in links)
    four: list[IPv4Address] = []
    six: list[IPv6Address] = []
    for text in addresses:
        try:
            address = ip_address(text)
        except ValueError:
            continue
        if address.is_unspecified or address.is_multicast or address.is_reserved:
            continue
        if address.is_loopback and not on_loopback:
            continue
        if isinstance(address, IPv4Address):
            if address.is_private:  # whoever says that it is elsewhere could send us anywhere
                four.append(address)
        elif not address.is_link_local:
            six.append(address)
    near = [address for address in four if _links_to(address, links)]
    return tuple(dict.fromkeys(str(address) for address in (*(near or four), *six)))[:ADDRESS_LIMIT]


def interfaces_to(addresses: Iterable[str], links: Iterable[Link]) -> str:
    """The names of the interfaces whose network holds one of these addresses; empty when none does."""
    links = tuple(links)
    four = [IPv4Address(address) for address in addresses if is_ipv4(address)]
    return ", ".join(dict.fromkeys(link.name for address in four for link in _links_to(address, links)))


def is_near(address: str, links: Iterable[Link]) -> bool:
    """Whether an IPv4 address is in one of our networks."""
    return is_ipv4(address) and bool(_links_to(IPv4Address(address), links))


def _links_to(address: IPv4Address, links: Iterable[Link]) -> list[Link]:
    return [link for link in links if address in link.own.network]


def is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether this is an IP address, not a name."""
    try:
        ip_interface(text)
    except ValueError:
        return False
    return "/" not in text
