"""Greeting hosts that were found otherwise."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Interface

import pytest

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen, Sighting
from sugarkube_tui.lan import door
from sugarkube_tui.lan.greetings import KEYS_AT_ONCE, Greetings
from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.outbox import Outbox
from tests.unit.lan.doors import doors

LINKS = (Link("lo", IPv4Interface("127.0.0.1/8")),)
BANNER = "SSH-2.0-OpenSSH_9.2p1"


class Keys:
    """A greeter that knows keys by address; where it knows none, it is refused."""

    def __init__(self, **keys: str) -> None:
        self.keys = keys
        self.asked: list[str] = []
        self.at_once = self.most = 0

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        self.asked.append(address)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if address not in self.keys:
            raise ConnectionRefusedError
        return self.keys[address]


async def greet(greeter: Keys | None, *addresses: str, banner: str = "", connections: int) -> list[HostSeen]:
    """What is told until that many connections were tried and are over."""
    told: list[Sighting] = []
    layer = Greetings(greeter, LINKS, Outbox(told.append), lambda: None)
    for address in addresses:
        layer.greet(address, banner)
    working = asyncio.create_task(layer.run())
    async with asyncio.timeout(10):
        while layer.cost.told.sent < connections or (greeter and greeter.at_once):
            await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait([working])
    return [sighting for sighting in told if isinstance(sighting, HostSeen)]


async def test_banner_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"127.0.4.1": f"{BANNER}\r\n".encode(), "127.0.4.2": b"220 mail\r\n"}
    async with doors(said) as state:
        monkeypatch.setattr(door, "SSH_PORT", state.port)
        greeter = Keys(**{"127.0.4.1": "SHA256:one"})
        seen = await greet(greeter, "127.0.4.1", "127.0.4.2", "127.0.4.3", connections=4)
    assert {s.addresses for s in seen} == {("127.0.4.1",)}
    assert {(s.layer, s.what, s.banner, s.interface) for s in seen} == {
        (Layer.SSH, f"SSH server: {BANNER}", BANNER, "lo")
    }
    assert [s.host_key for s in seen] == ["", "SHA256:one"]
    assert greeter.asked == ["127.0.4.1"]


async def test_a_known_banner_is_not_read_again() -> None:
    greeter = Keys(**{"127.0.4.1": "SHA256:one"})
    seen = await greet(greeter, "127.0.4.1", banner=BANNER, connections=1)
    assert [(s.banner, s.host_key) for s in seen] == [(BANNER, ""), (BANNER, "SHA256:one")]


async def test_a_refused_key_leaves_the_banner() -> None:
    for greeter, connections in ((Keys(), 1), (None, 0)):
        seen = await greet(greeter, "127.0.4.1", banner=BANNER, connections=connections)
        assert [(s.banner, s.host_key) for s in seen] == [(BANNER, "")]


async def test_few_at_the_same_time() -> None:
    greeter = Keys()
    await greet(greeter, *(f"127.0.4.{number}" for number in range(100)), banner=BANNER, connections=100)
    assert greeter.most == KEYS_AT_ONCE
    assert len(greeter.asked) == 100
