"""Which interfaces are used, and which addresses are believed."""

from __future__ import annotations

from ipaddress import IPv4Interface
from pathlib import Path

import ifaddr
import pytest

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.lan import interfaces
from sugarkube_tui.lan.interfaces import (
    ADDRESS_LIMIT,
    Link,
    choose_interfaces,
    has_carrier,
    interfaces_to,
    is_address,
    is_near,
    reachable,
)

LAN = (Link("eth0", IPv4Interface("192.168.1.2/24")),)


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, int]]:
    """Name → address and prefix; a test fills it in."""
    table: dict[str, tuple[str, int]] = {}

    def get_adapters() -> list[ifaddr.Adapter]:
        return [
            ifaddr.Adapter(name, name, [ifaddr.IP(ip, bits, name), ifaddr.IP(("fe80::1", 0, 2), 64, name)])
            for name, (ip, bits) in table.items()
        ]

    monkeypatch.setattr(ifaddr, "get_adapters", get_adapters)
    monkeypatch.setattr(interfaces, "has_carrier", lambda name: name != "eth9")
    return table


def test_lan_interfaces_are_chosen(adapters: dict[str, tuple[str, int]]) -> None:
    adapters |= {
        "lo": ("127.0.0.1", 8),
        "eth0": ("192.168.1.2", 24),
        "wlan0": ("10.1.0.7", 16),
        "eth9": ("192.168.9.2", 24),
        "docker0": ("172.17.0.1", 16),
        "br-1234": ("172.18.0.1", 16),
        "tailscale0": ("100.64.0.9", 32),
        "wg0": ("10.9.0.1", 24),
        "utun3": ("10.8.0.2", 24),
        "ppp0": ("8.8.4.4", 32),
    }
    assert [link.interface for link in choose_interfaces()] == [
        Interface("eth0", "192.168.1.2", "192.168.1.0/24"),
        Interface("wlan0", "10.1.0.7", "10.1.0.0/16"),
    ]


@pytest.mark.parametrize(
    ("name", "ip"), [("wg0", "10.9.0.1"), ("docker0", "172.17.0.1"), ("eth0", "8.8.4.4")]
)
def test_loopback_is_used_only_where_it_is_wanted(
    adapters: dict[str, tuple[str, int]], name: str, ip: str
) -> None:
    adapters |= {"lo": ("127.0.0.1", 8), name: (ip, 24)}
    with pytest.raises(SugarkubeError) as caught:
        choose_interfaces()
    assert f"{name} {ip}" in caught.value.why
    assert "by hand" in caught.value.remedy
    assert [link.name for link in choose_interfaces(["127.0.0.1"])] == ["lo"]


def test_no_interface_is_an_error_with_a_way_out(adapters: dict[str, tuple[str, int]]) -> None:
    with pytest.raises(SugarkubeError) as caught:
        choose_interfaces()
    assert "by hand" in caught.value.remedy


def test_wanted_address_overrides_and_must_exist(adapters: dict[str, tuple[str, int]]) -> None:
    adapters |= {"docker0": ("172.17.0.1", 16), "eth0": ("192.168.1.2", 24)}
    assert [link.name for link in choose_interfaces(["172.17.0.1"])] == ["docker0"]
    with pytest.raises(SugarkubeError, match=r"no address 192\.168\.1\.3"):
        choose_interfaces(["192.168.1.3"])


def test_named_interfaces_are_used_as_they_are(adapters: dict[str, tuple[str, int]]) -> None:
    adapters |= {"docker0": ("172.17.0.1", 16), "eth0": ("192.168.1.2", 24), "eth9": ("192.168.9.2", 24)}
    chosen = choose_interfaces(["172.17.0.1"], ("eth0", "eth9"))
    assert [link.address for link in chosen] == ["192.168.1.2", "192.168.9.2"]
    with pytest.raises(SugarkubeError, match="no interface eth1") as caught:
        choose_interfaces(None, ("eth1",))
    assert "docker0, eth0, eth9" in caught.value.why


def test_interfaces_to_an_address() -> None:
    links = (*LAN, Link("wlan0", IPv4Interface("192.168.1.3/24")), Link("eth1", IPv4Interface("10.0.0.2/8")))
    assert interfaces_to(["192.168.1.9", "fd00::1"], links) == "eth0, wlan0"
    assert interfaces_to(["192.168.1.9", "10.1.1.1", "nonsense"], links) == "eth0, wlan0, eth1"
    assert interfaces_to(["172.16.0.1"], links) == ""
    assert is_near("10.1.1.1", links)
    assert not is_near("fd00::1", links)


def test_carrier(tmp_path: Path) -> None:
    for name, text in {"up0": "1\n", "down0": "0\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "carrier").write_text(text)
    assert has_carrier("up0", tmp_path)
    assert has_carrier("up0:1", tmp_path)
    assert not has_carrier("down0", tmp_path)
    assert has_carrier("en0", tmp_path / "not-linux")


@pytest.mark.parametrize(
    ("announced", "believed"),
    [
        (["172.17.0.1", "192.168.1.5"], ["192.168.1.5"]),
        (["fd00::5", "192.168.1.5"], ["192.168.1.5", "fd00::5"]),
        (["10.2.0.5"], ["10.2.0.5"]),
        (["127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.251", "::1", "fe80::1", "nonsense"], []),
        (["192.168.1.5", "192.168.1.5"], ["192.168.1.5"]),
    ],
)
def test_only_addresses_that_lead_to_another_host(announced: list[str], believed: list[str]) -> None:
    assert reachable(announced, LAN) == tuple(believed)


def test_loopback_counts_when_that_is_all_there_is() -> None:
    assert reachable(["127.0.0.1"], [Link("lo", IPv4Interface("127.0.0.1/8"))]) == ("127.0.0.1",)


def test_a_host_of_hundreds_of_addresses_is_cut() -> None:
    found = reachable((f"192.168.1.{number}" for number in range(256)), LAN)
    assert len(found) == ADDRESS_LIMIT


def test_addresses_and_names() -> None:
    assert is_address("10.0.0.5")
    assert is_address("fd00::5")
    assert not is_address("10.0.0.0/24")
    assert not is_address("sugarkube0.local")
