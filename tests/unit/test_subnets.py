"""Subnets: what a sweep may go through."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.cluster.subnets import count_hosts, swept_from


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
