"""The kernel's neighbour table, as Linux and macOS print it."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostGone, HostSeen
from sugarkube_tui.lan import neighbours
from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.neighbours import Neighbour, Neighbours, parse_arp, parse_table
from sugarkube_tui.lan.outbox import Outbox

LINKS = (Link("eth0", IPv4Interface("192.168.3.2/24")),)
HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
LINUX = HEAD + (
    "192.168.3.10     0x1         0x2         D8:3A:DD:00:00:0a     *        eth0\n"
    "192.168.3.11     0x1         0x0         00:00:00:00:00:00     *        eth0\n"
    "192.168.3.12     0x1         0x6         2c:cf:67:00:00:0c     *        eth0\n"
    "192.168.3.13     0x1         0x2         00:00:00:00:00:00     *        eth0\n"
    "172.17.0.2       0x1         0x2         02:42:ac:11:00:02     *        docker0\n"
    "192.168.3.14     0x1         what        2c:cf:67:00:00:0e     *        eth0\n"
    "nonsense\n"
)
MACOS = (
    "? (192.168.3.10) at d8:3a:dd:0:0:a on en0 ifscope [ethernet]\n"
    "? (192.168.3.11) at (incomplete) on en0 ifscope [ethernet]\n"
    "pi.lan (192.168.3.12) at 2c:cf:67:0:0:c on en0 ifscope [ethernet]\n"
    "? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]\n"
    "? (999.0.0.1) at 1:0:5e:0:0:fb on en0\n"
    "? (192.168.3.13) at 1:2:3 on en0\n"
)


def test_linux() -> None:
    assert parse_table(LINUX) == (
        Neighbour("192.168.3.10", "d8:3a:dd:00:00:0a", "eth0"),
        Neighbour("192.168.3.12", "2c:cf:67:00:00:0c", "eth0"),
        Neighbour("172.17.0.2", "02:42:ac:11:00:02", "docker0"),
    )


def test_macos() -> None:
    assert parse_arp(MACOS) == (
        Neighbour("192.168.3.10", "d8:3a:dd:00:00:0a", "en0"),
        Neighbour("192.168.3.12", "2c:cf:67:00:00:0c", "en0"),
        Neighbour("224.0.0.251", "01:00:5e:00:00:fb", "en0"),
    )


@given(st.text(max_size=400))
def test_nothing_is_too_odd(text: str) -> None:
    assert isinstance(parse_table(HEAD + text), tuple)
    assert isinstance(parse_arp(text), tuple)
    assert isinstance(parse_arp("? (10.0.0.1) at " + text), tuple)


async def test_only_changes_on_our_networks_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "arp"
    table.write_text(LINUX)
    monkeypatch.setattr(neighbours, "TABLE", table)
    monkeypatch.setattr(neighbours, "SPACING", 0.0)
    outbox = Outbox(lambda _: None)
    layer = Neighbours(LINKS, outbox)
    reading = asyncio.create_task(layer.run())
    async with asyncio.timeout(10):
        seen = [await outbox.next() for _ in range(2)]
        assert [(s.addresses, s.mac, s.interface) for s in seen if isinstance(s, HostSeen)] == [
            (("192.168.3.10",), "d8:3a:dd:00:00:0a", "eth0"),
            (("192.168.3.12",), "2c:cf:67:00:00:0c", "eth0"),
        ]
        table.write_text(LINUX.replace("2c:cf:67:00:00:0c", "2c:cf:67:00:00:ff"))
        layer.read_soon()
        assert await outbox.next() == HostGone("192.168.3.12", Layer.NEIGHBOURS, "MAC 2c:cf:67:00:00:0c")
        changed = await outbox.next()
        assert isinstance(changed, HostSeen)
        assert (changed.mac, changed.what) == ("2c:cf:67:00:00:ff", "MAC 2c:cf:67:00:00:ff")
    reading.cancel()
    assert layer.cost.told.sent == 2


async def test_a_table_that_cannot_be_read_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "TABLE", tmp_path / "missing")
    layer = Neighbours(LINKS, Outbox(lambda _: None))
    async with asyncio.timeout(10):
        await layer.run()
    assert layer.cost.note == "the neighbour table cannot be read: No such file or directory"
