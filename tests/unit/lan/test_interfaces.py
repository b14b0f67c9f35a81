"""Which interfaces are used, and which addresses are believed."""

from __future__ import annotations

from ipaddress import IPv4Interface
from pathlib import Path

import ifaddr
import pytest

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.lan import interfaces
from sugarkube_tui.lan.interfaces import choose_interfaces, has_carrier, is_address, reachable

LAN = (IPv4Interface("192.168.1.2/24"),)


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
    assert [str(i) for i in choose_interfaces()] == ["192.168.1.2/24", "10.1.0.7/16"]


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
    assert [str(i) for i in choose_interfaces(["127.0.0.1"])] == ["127.0.0.1/8"]


def test_no_interface_is_an_error_with_a_way_out(adapters: dict[str, tuple[str, int]]) -> None:
    with pytest.raises(SugarkubeError) as caught:
        choose_interfaces()
    assert "by hand" in caught.value.remedy


def test_wanted_address_overrides_and_must_exist(adapters: dict[str, tuple[str, int]]) -> None:
    adapters |= {"docker0": ("172.17.0.1", 16), "eth0": ("192.168.1.2", 24)}
    assert [str(i) for i in choose_interfaces(["172.17.0.1"])] == ["172.17.0.1/16"]
    with pytest.raises(SugarkubeError, match=r"no address 192\.168\.1\.3"):
        choose_interfaces(["192.168.1.3"])


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
    assert reachable(["127.0.0.1"], [IPv4Interface("127.0.0.1/8")]) == ("127.0.0.1",)


def test_addresses_and_names() -> None:
    assert is_address("10.0.0.5")
    assert is_address("fd00::5")
    assert not is_address("10.0.0.0/24")
    assert not is_address("sugarkube0.local")
