"""The sweep: where it may go, how gently, and what it finds."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Interface

import pytest

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen, Sighting
from sugarkube_tui.lan import door, sweep
from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.neighbours import Neighbour
from sugarkube_tui.lan.outbox import Outbox
from sugarkube_tui.lan.sweep import AT_ONCE, Sweep
from tests.unit.lan.doors import doors

BANNER = b"SSH-2.0-OpenSSH_9.2p1\r\n"
LOOPBACK = (Link("lo", IPv4Interface("127.0.0.1/8")),)


async def test_open_doors_are_found_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    banners = {f"127.0.4.{number}": BANNER for number in range(10, 30)} | {"127.0.4.200": b"220 mail\r\n"}
    told: list[Sighting] = []
    rounds: list[None] = []
    async with doors(banners) as state:
        monkeypatch.setattr(door, "SSH_PORT", state.port)
        own = (Link("lo", IPv4Interface("127.0.4.10/24")),)
        layer = Sweep((), own, Outbox(told.append), lambda: rounds.append(None))
        async with asyncio.timeout(10):
            await layer.run()
    seen = {s.addresses[0]: s for s in told if isinstance(s, HostSeen)}
    assert set(seen) == set(banners) - {"127.0.4.10"}
    assert {(s.layer, s.interface, s.name) for s in seen.values()} == {(Layer.SWEEP, "lo", "")}
    assert seen["127.0.4.11"].banner == "SSH-2.0-OpenSSH_9.2p1"
    assert seen["127.0.4.11"].what == "port 22 is open: SSH-2.0-OpenSSH_9.2p1"
    assert (seen["127.0.4.200"].what, seen["127.0.4.200"].banner) == ("port 22 is open: 220 mail", "")
    assert layer.cost.told.sent == 253
    assert layer.cost.told.ms is not None
    assert rounds == [None]
    assert state.most <= AT_ONCE


async def test_a_second_try_only_where_arp_has_found_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    knocks: list[tuple[str, float]] = []

    async def knock(address: str, patience: float) -> str:
        knocks.append((address, patience))
        if address == "127.0.4.1" or patience == sweep.PATIENCE:
            raise ConnectionRefusedError if address == "127.0.4.1" else TimeoutError
        return ""

    async def table() -> tuple[Neighbour, ...]:
        return tuple(Neighbour(f"127.0.4.{n}", "2c:cf:67:00:00:01", "lo") for n in (1, 2))

    monkeypatch.setattr(door, "knock", knock)
    monkeypatch.setattr(sweep, "read_neighbours", table)
    told: list[Sighting] = []
    await Sweep(("127.0.4.0/29",), LOOPBACK, Outbox(told.append), lambda: None).run()
    assert [address for address, patience in knocks if patience == sweep.SECOND_PATIENCE] == ["127.0.4.2"]
    assert [s.what for s in told if isinstance(s, HostSeen)] == ["port 22 is open"]


async def test_connections_are_few_and_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = most = 0
    free = asyncio.Event()

    async def knock(address: str, patience: float) -> str:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == AT_ONCE:
            free.set()
        await free.wait()
        await asyncio.sleep(0)
        open_now -= 1
        raise ConnectionRefusedError

    monkeypatch.setattr(door, "knock", knock)
    layer = Sweep(("127.0.4.0/24",), LOOPBACK, Outbox(lambda _: None), lambda: None)
    began = asyncio.get_running_loop().time()
    await layer.run()
    assert most == AT_ONCE
    assert asyncio.get_running_loop().time() - began >= 253 * sweep.PACE
