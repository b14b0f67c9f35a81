"""The scan screen: what is found, what is not, and names that were made to do harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import AdvertSeen, HostGone, HostSeen, Sighting
from sugarkube_tui.engine.ports import Interest
from sugarkube_tui.tui.stages import Stage
from tests.tui.conftest import LARGE, SMALL, Start

HOSTILE = ("[/foo]", "[k3s]pi", "[bold red]", "\x1b[2Jclear\x1b]0;title\x07", "sugarkube[0]", "a" * 300)


@dataclass
class ScriptedLan:
    """Says what it was given, and then keeps silent."""

    sightings: Sequence[Sighting] = ()
    error: SugarkubeError | None = None
    interests: list[Interest] = field(default_factory=list)

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        self.interests.append(interest)
        if self.error is not None:
            raise self.error
        for sighting in self.sightings:
            yield sighting
        await asyncio.Event().wait()

    async def resolve(self, name: str, timeout: float) -> tuple[str, ...]:
        return ()


async def test_nothing_found_says_what_was_looked_for_and_what_to_do(
    held: HeldSimulation, start: Start
) -> None:
    async with start(replace(held.world, lan=ScriptedLan())) as driver:
        await driver.shows("Listening on the LAN")
        sleeper = asyncio.ensure_future(held.clock.sleep(5.0))
        await driver.shows("Nothing found after 5 s", "sugarkube0.local", "multicast (UDP 5353)")
        await driver.shows("a adds a host", "r looks again")
        await sleeper
        await driver.press("enter")
        await driver.shows("no host is selected")
        await driver.stage(Stage.SCAN)


async def test_a_lan_that_cannot_be_heard_is_told(held: HeldSimulation, start: Start) -> None:
    error = SugarkubeError("no network interface is up", remedy="plug in a cable, then look again")
    async with start(replace(held.world, lan=ScriptedLan(error=error))) as driver:
        await driver.shows("no network interface is up", "plug in a cable")


async def test_the_look_asks_for_all_environments_and_expected_names(
    held: HeldSimulation, start: Start
) -> None:
    lan = ScriptedLan()
    variables = {"SUGARKUBE_ENV": "lab7", "SUGARKUBE_NODE_PREFIX": "berry"}
    async with start(replace(held.world, lan=lan), variables=variables, hosts=("10.1.2.3",)) as driver:
        await driver.until(lambda: bool(lan.interests), "the look")
    interest = lan.interests[0]
    assert {one.name for one in interest.environments} == {"lab7", "dev", "int", "prod", "staging"}
    assert interest.names[0] == "berry0.local"
    assert "raspberrypi.local" in interest.names
    assert interest.hosts == ("10.1.2.3",)


async def test_a_host_is_added_by_hand_and_selected(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("a")
        await driver.shows("Add a host")
        await driver.press(*"http:x", "enter")
        await driver.shows("neither an IP address nor a DNS name")
        await driver.press(*["backspace"] * 6, *"192.168.3.30", "enter")
        await driver.shows("7 hosts selected")


async def test_a_rescan_forgets_what_is_gone_and_keeps_the_selection(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("j", "space")
        await driver.shows("5 hosts selected")
        held.simulation.power_off("sugarkube5")
        await driver.press("r")
        await driver.shows("4 hosts selected")


async def test_a_host_that_says_goodbye_leaves_the_table(held: HeldSimulation, start: Start) -> None:
    seen = HostSeen("sugarkube3.local", ("10.0.0.3",), "name answers", 5.0)
    stays = HostSeen("sugarkube4.local", ("10.0.0.4",), "name answers", 6.0)
    lan = ScriptedLan([seen, stays, HostGone("sugarkube3.local", "name answers")])
    async with start(replace(held.world, lan=lan)) as driver:
        await driver.shows("sugarkube4", "1 host selected")
        assert "sugarkube3" not in driver.text()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_hostile_names_are_shown_as_text(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    sightings: list[Sighting] = []
    for number, name in enumerate(HOSTILE):
        address = f"10.0.0.{number}"
        sightings.append(HostSeen(name, (address,), f"{name} advert", 5.0))
        advert = Advert(Environment(), name, 6443, name, (address,), {name: name}, name, name)
        sightings.append(AdvertSeen(advert, 6.0))
    lan = ScriptedLan(sightings)
    async with start(replace(held.world, lan=lan), size) as driver:
        await driver.shows("[/foo]", "[k3s]pi", "[bold red]", "sugarkube[0]", "[/foo]:6443")
        await driver.until(lambda: len(driver.app.session.scan.hosts) == len(HOSTILE), "all hosts")
        await driver.press("home")
        for _ in HOSTILE:
            await driver.press("space", "j")
        await driver.shows(f"{len(HOSTILE)} hosts selected")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("[/foo]", "[k3s]pi")
        await driver.press("enter")
        await driver.until(lambda: not driver.app.session.access.busy, "all logins to end")
        await driver.shows("✖ failed", "[/foo]")
        assert "\x1b" not in driver.text()
