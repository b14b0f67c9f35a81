"""Subnets: which of them a sweep may go through."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

from sugarkube_tui.cluster.sightings import Interface

LARGEST_SWEEP = 22
"""Prefix length of the largest network that is swept: 1022 addresses."""


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
