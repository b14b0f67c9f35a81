"""Which network interfaces to ask on, and which of a host's addresses can be reached from there."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, ip_address, ip_interface
from pathlib import Path

from sugarkube_tui.cluster.errors import SugarkubeError

_VIRTUAL = re.compile(
    r"(docker|br-|veth|cni|flannel|cali|kube-|tailscale|zt|wg|tun|tap|utun|virbr|lxcbr|lxdbr|podman|vmnet|vboxnet)"
)
_ADD_BY_HAND = "connect to the Pis' network, or add the hosts by hand (name or address)"


def choose_interfaces(wanted: Sequence[str] | None = None) -> tuple[IPv4Interface, ...]:
    """The interfaces on which Pis may be: private IPv4, carrier, no container bridge and no VPN.

    Args:
        wanted: the workstation's own IPv4 addresses to use instead.

    Returns:
        At least one; loopback only when it is wanted: there, silence would mean nothing.

    Raises:
        SugarkubeError: there is none, or a wanted one is missing.
    """
    import ifaddr

    found: dict[IPv4Interface, str] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str):
                found[IPv4Interface(f"{ip.ip}/{ip.network_prefix}")] = str(adapter.name)
    if wanted is not None:
        return _pick(found, wanted)
    chosen = tuple(
        interface
        for interface, name in found.items()
        if interface.ip.is_private
        and not interface.ip.is_loopback
        and not _VIRTUAL.match(name)
        and has_carrier(name)
    )
    if not chosen:
        others = ", ".join(f"{name} {i.ip}" for i, name in found.items() if not i.ip.is_loopback)
        raise SugarkubeError(
            "this computer has no network interface to search on",
            why=f"not private, a VPN, a bridge, or without link: {others}" if others else "",
            remedy=_ADD_BY_HAND,
        )
    return chosen


def _pick(found: Iterable[IPv4Interface], wanted: Sequence[str]) -> tuple[IPv4Interface, ...]:
    chosen = []
    for address in wanted:
        interface = next((i for i in found if str(i.ip) == address), None)
        if interface is None:
            raise SugarkubeError(
                f"this computer has no address {address}",
                why="its addresses: " + ", ".join(str(i.ip) for i in found),
                remedy=_ADD_BY_HAND,
            )
        chosen.append(interface)
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


def reachable(addresses: Iterable[str], ours: Iterable[IPv4Interface]) -> tuple[str, ...]:
    """A host's addresses that are worth dialling from here, IPv4 first.

    A host with container bridges, or a hostile one, also announces addresses that lead elsewhere:
    IPv4 outside our networks is dropped when one inside is known, and so is what can never be another
    host.  Link-local IPv6 needs a scope, which mDNS over IPv4 does not tell.
    """
    ours = tuple(ours)
    on_loopback = any(interface.ip.is_loopback for interface in ours)
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
            four.append(address)
        elif not address.is_link_local:
            six.append(address)
    near = [address for address in four if any(address in interface.network for interface in ours)]
    return tuple(dict.fromkeys(str(address) for address in (*(near or four), *six)))


def is_address(text: str) -> bool:
    """Whether this is an IP address, not a name."""
    try:
        ip_interface(text)
    except ValueError:
        return False
    return "/" not in text
