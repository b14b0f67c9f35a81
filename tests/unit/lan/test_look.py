"""What one layer finds is handed to the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import HostSeen, LayerTold
from sugarkube_tui.engine.ports import Given, Interest
from sugarkube_tui.lan import door, neighbours
from sugarkube_tui.lan.discovery import ZeroconfLan
from tests.unit.lan.doors import Doors, doors
from tests.unit.lan.test_discovery import LOOPBACK, until

BANNER = b"SSH-2.0-OpenSSH_9.2p1 Raspbian-2\r\n"
PI, GIVEN, PRINTER = "127.0.4.1", "127.0.4.2", "127.0.4.3"


class Keys:
    async def host_key(self, address: str, port: int, timeout: float) -> str:
        return f"SHA256:{address}"


@pytest.fixture
async def servers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doors]:
    async with doors(dict.fromkeys((PI, GIVEN, PRINTER), BANNER)) as state:
        monkeypatch.setattr(door, "SSH_PORT", state.port)
        yield state


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two neighbours, of which one has a Pi's MAC address."""
    file = tmp_path / "arp"
    entry = "{} 0x1 0x2 {} * lo\n"
    file.write_text(
        "head\n" + entry.format(PI, "d8:3a:dd:00:00:01") + entry.format(PRINTER, "02:00:00:00:00:03")
    )
    monkeypatch.setattr(neighbours, "TABLE", file)


@pytest.mark.usefixtures("table")
async def test_found_addresses_are_greeted_but_no_stranger_of_the_neighbour_table(servers: Doors) -> None:
    layers = frozenset({Layer.GIVEN, Layer.NEIGHBOURS, Layer.SSH})
    interest = Interest((), hosts=(Given(GIVEN, GIVEN),), layers=layers)
    keys: dict[str, HostSeen] = {}
    macs: dict[str, str] = {}

    def complete(sighting: object) -> bool:
        if isinstance(sighting, HostSeen):
            if sighting.host_key:
                keys[sighting.addresses[0]] = sighting
            if sighting.mac:
                macs[sighting.addresses[0]] = sighting.mac
        # The cost is told after the work, so that nothing can follow.
        return isinstance(sighting, LayerTold) and sighting.layer is Layer.SSH and sighting.sent >= 4

    async with aclosing(ZeroconfLan(LOOPBACK, Keys()).watch(interest)) as sightings:
        await until(sightings, complete)
    assert macs == {PI: "d8:3a:dd:00:00:01", PRINTER: "02:00:00:00:00:03"}
    assert {address: seen.host_key for address, seen in keys.items()} == {
        PI: f"SHA256:{PI}",
        GIVEN: f"SHA256:{GIVEN}",
    }
    assert {(seen.banner, seen.interface) for seen in keys.values()} == {(BANNER.decode().strip(), "lo")}
    assert servers.opened == 2


async def test_what_the_sweep_finds_is_asked_for_its_key_alone(servers: Doors) -> None:
    interest = Interest((), layers=frozenset({Layer.SWEEP, Layer.SSH}), networks=("127.0.4.0/30",))
    async with aclosing(ZeroconfLan(LOOPBACK, Keys()).watch(interest)) as sightings:
        for _ in (PI, GIVEN):
            seen = await until(sightings, lambda s: isinstance(s, HostSeen) and bool(s.host_key))
            assert isinstance(seen, HostSeen)
            assert seen.banner == BANNER.decode().strip()
    assert servers.opened == 2
