"""Subnets: what a sweep may go through."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.cluster.subnets import LARGEST_SWEEP, count_hosts, networks_to_sweep, swept_from

ETH0 = Interface("eth0", "192.168.3.2", "192.168.3.0/24")


@pytest.mark.parametrize(
    ("address", "network", "swept"),
    [
        ("192.168.3.2", "192.168.3.0/24", "192.168.3.0/24"),
        ("192.168.3.2", "192.168.0.0/22", "192.168.0.0/22"),
        ("10.1.2.3", "10.0.0.0/8", "10.1.0.0/22"),
        ("8.8.8.8", "8.8.8.0/24", ""),
    ],
)
def test_only_private_networks_are_swept_and_of_large_ones_the_part_around_us(
    address: str, network: str, swept: str
) -> None:
    assert swept_from(Interface("eth0", address, network)) == swept


@pytest.mark.parametrize(
    ("network", "number"), [("192.168.3.0/24", 254), ("10.1.0.0/22", 1022), ("10.1.0.4/31", 2)]
)
def test_addresses_of_hosts_are_counted(network: str, number: int) -> None:
    assert count_hosts(network) == number


@pytest.mark.parametrize(
    ("own", "swept", "note"),
    [
        ("192.168.3.7/24", "192.168.3.0/24", ""),
        ("10.1.5.7/22", "10.1.4.0/22", ""),
        ("10.1.5.7/16", "10.1.4.0/22", "of 10.1.0.0/16 only 10.1.4.0/22, where this computer is"),
        ("203.0.114.7/24", "", "203.0.114.0/24 is not private"),
    ],
)
def test_own_networks(own: str, swept: str, note: str) -> None:
    interface = IPv4Interface(own)
    eth0 = Interface("eth0", str(interface.ip), str(interface.network))
    networks, notes = networks_to_sweep((), (eth0,))
    assert [str(network) for network in networks] == ([swept] if swept else [])
    assert notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("wanted", "note"),
    [
        ("8.8.8.0/24", "8.8.8.0/24 is not private"),
        ("0.0.0.0/0", "0.0.0.0/0 is not private"),
        ("10.0.0.0/21", "10.0.0.0/21 is larger than a /22"),
        ("fd00::/120", "fd00::/120 is no IPv4 network"),
        ("\x1b[2Jnonsense", "nonsense is no IPv4 network"),
    ],
)
def test_refused_networks(wanted: str, note: str) -> None:
    assert networks_to_sweep((wanted, "10.0.0.9/30"), (ETH0,)) == ((IPv4Network("10.0.0.8/30"),), (note,))


@given(st.lists(st.one_of(st.text(max_size=20), st.ip_addresses(v=4).map(lambda a: f"{a}/20")), max_size=4))
def test_never_large_and_never_public(wanted: list[str]) -> None:
    networks, notes = networks_to_sweep(tuple(wanted), (ETH0,))
    assert all(network.is_private and network.prefixlen >= LARGEST_SWEEP for network in networks)
    assert "\x1b" not in "".join(notes)
