"""Subnets: which of them a sweep may go through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, collapse_addresses, ip_network

from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.cluster.text import clean_line

LARGEST_SWEEP = 22
"""Prefix length of the largest network that is swept: 1022 addresses."""


def networks_to_sweep(
    wanted: Sequence[str], interfaces: Iterable[Interface]
) -> tuple[tuple[IPv4Network, ...], tuple[str, ...]]:
    """What may be swept, and what is cut or refused, in words.

    Args:
        wanted: in CIDR form; empty: the interfaces' own networks, of large ones the part around us.
    """
    chosen: list[IPv4Network] = []
    notes: list[str] = []
    for text in wanted:
        shown = clean_line(text, 40)
        try:
            network = IPv4Network(text, strict=False)
        except ValueError:
            notes.append(f"{shown} is no IPv4 network")
            continue
        if not network.is_private:
            notes.append(f"{shown} is not private")
        elif network.prefixlen < LARGEST_SWEEP:
            notes.append(f"{shown} is larger than a /{LARGEST_SWEEP}")
        else:
            chosen.append(network)
    for interface in () if wanted else interfaces:
        if swept := swept_from(interface):
            chosen.append(IPv4Network(swept))
            if swept != interface.network:
                notes.append(f"of {interface.network} only {swept}, where this computer is")
        else:
            notes.append(f"{interface.network} is not private")
    return tuple(collapse_addresses(chosen)), tuple(dict.fromkeys(notes))


def swept_from(interface: Interface) -> str:
    """The network that is swept through an interface, in CIDR form; empty when it is not private.

    Its own, or of a large one the part in which this workstation is.
    """
    network = IPv4Network(interface.network, strict=False)
    if not network.is_private:
        return ""
    if network.prefixlen < LARGEST_SWEEP:
        network = IPv4Network((interface.address, LARGEST_SWEEP), strict=False)
    return str(network)


def count_hosts(network: str) -> int:
    """How many addresses of a network can belong to a host."""
    addresses = ip_network(network, strict=False).num_addresses
    return addresses - 2 if addresses > 2 else addresses
