"""The whole way, with keys only."""

from __future__ import annotations

import pytest

from screenshots.held import HeldSimulation
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.stepper import Stepper
from tests.tui.conftest import LARGE, SMALL, Start

HOSTS = 8


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_from_the_first_look_to_a_green_proof(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    async with start(held.world, size) as driver:
        await driver.hosts(HOSTS)
        await driver.shows("6 hosts selected", "sugarkube0", "192.168.3.15", "sugar/prod", "answers")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("6 of 6 in", "Pi 5 Model B", "SHA256:")
        await driver.press("enter")
        await driver.stage(Stage.ENVIRONMENT)
        await driver.shows("● dev", "_k3s-sugar-dev._tcp", "none needed: the first server")
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        await driver.shows("3 servers survive 1 failure", "sugarkube0 ◆ first server")
        await driver.press("enter")
        await driver.stage(Stage.ADDRESS)
        await driver.shows("none: nothing to check")
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        await driver.shows("6 nodes, ", " actions, 6 reboots: Enter starts", "v1.33.5+k3s1")
        await driver.press("j")
        await driver.shows("sugarkube0: first server", "change /boot/firmware/cmdline.txt", "cgroup_memory=1")
        await driver.press("enter")
        await driver.stage(Stage.RUN)
        await driver.shows("3 servers and 3 agents are Ready", "6/6 nodes ready", "Result")
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await driver.shows("✔ sugar/dev is there: 3 of 3 servers seen, 6 of 6 nodes Ready")
        await driver.press("enter")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
    assert driver.app.return_value == 0
    assert driver.app.return_code == 0


async def test_three_fresh_pis_and_an_agent_need_eight_key_presses_at_most(
    held: HeldSimulation, start: Start
) -> None:
    for name in ("sugarkube3", "sugarkube4", "sugarkube5", "sugarkube7"):
        del held.simulation.network.pis[name]
    async with start(held.world) as driver:
        session = driver.app.session
        await driver.shows("3 hosts selected")
        pressed = 0
        while driver.app.screen.query_one(Stepper).stage is not Stage.RUN:
            await driver.until(lambda: not (session.access.busy or session.review.looking), "what is asked")
            await driver.press("enter")
            pressed += 1
            assert pressed <= 8, driver.text()
        assert session.run.request is not None
        assert session.run.request.choices.servers == 3
        assert [target.name for target in session.run.request.targets] == [
            "sugarkube0",
            "sugarkube1",
            "sugarkube2",
        ]


async def test_a_second_walk_finds_nothing_to_do(held: HeldSimulation, start: Start) -> None:
    for walk in range(2):
        async with start(held.world) as driver:
            await driver.hosts(HOSTS)
            await driver.shows("6 hosts selected")
            await driver.press("enter")
            await driver.stage(Stage.ACCESS)
            await driver.log_in()
            await driver.review()
            if walk:
                await driver.shows("0 actions, 0 reboots: all is so already")
            await driver.press("enter")
            await driver.stage(Stage.RUN)
            await driver.shows("Enter verifies")


async def test_escape_goes_back_and_keeps_every_answer(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(HOSTS)
        await driver.press("j", "space")
        await driver.shows("5 hosts selected")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.press("down")
        await driver.shows("● int")
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        await driver.press("up", "J", "J", "enter")
        await driver.stage(Stage.ADDRESS)
        await driver.press(*"10.99.0.5")
        await driver.press("escape")
        await driver.stage(Stage.SERVERS)
        await driver.shows("● 1", "sugarkube2 ◆ first server")
        await driver.press("escape")
        await driver.stage(Stage.ENVIRONMENT)
        await driver.shows("● int")
        await driver.press("escape")
        await driver.stage(Stage.ACCESS)
        await driver.shows("5 of 5 in: Enter goes on")
        await driver.press("escape")
        await driver.stage(Stage.SCAN)
        await driver.shows("5 hosts selected")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        for stage in (Stage.ENVIRONMENT, Stage.SERVERS, Stage.ADDRESS):
            await driver.press("enter")
            await driver.stage(stage)
        await driver.shows("10.99.0.5")


async def test_leaving_before_anything_was_begun_is_no_failure(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.stage(Stage.SCAN)
        await driver.press("q")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
    assert driver.app.return_value == 0
