"""The demo as a tour: what the wizard says of the scenario, on a small terminal, too."""

from __future__ import annotations

import math

import pytest

from sugarkube_tui.simulator.stories import STORIES
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.wiring import demo_world
from tests.tui.conftest import LARGE, SMALL, Start


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("scenario", STORIES.values(), ids=list(STORIES))
async def test_the_scan_says_what_this_lan_shows_and_what_to_try(start: Start, scenario, size) -> None:
    async with start(demo_world(scenario.name, math.inf), size) as driver:
        await driver.shows(scenario.shows, scenario.hint, "sugarkube0")
        lines = [line.strip() for line in driver.text().splitlines()]
        assert {f"Demo  {scenario.shows}", f"Try   {scenario.hint}"} <= set(lines)


async def test_the_scenarios_name_is_at_the_top_of_every_screen(start: Start) -> None:
    async with start(demo_world("fresh", math.inf), LARGE) as driver:
        await driver.shows("demo: fresh", "8 hosts")
        await driver.hosts(8)
        await driver.press("enter")
        await driver.shows("demo: fresh")


async def test_a_fresh_cluster_can_be_run_again_as_the_tour_says(start: Start) -> None:
    async with start(demo_world("fresh", math.inf)) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.log_in()
        await driver.review()
        await driver.press("enter")
        await driver.shows("6/6 nodes ready", "r Run again")
        await driver.press("r")
        await driver.shows("3 servers and 3 agents are Ready; nothing had to be changed", "r Run again")


async def test_in_a_split_brain_the_refusal_can_be_settled_as_the_tour_says(start: Start) -> None:
    async with start(demo_world("split-brain", math.inf), LARGE) as driver:
        await driver.hosts(6)
        await driver.shows("split brain")
        await driver.press("enter")
        await driver.log_in()
        await driver.shows("Several clusters under one name")
        await driver.review()
        await driver.shows(
            "there are several clusters under the name sugar/dev", "Leave the nodes of the others out"
        )
        await driver.shows(
            "o leaves the highlighted node out; r looks again", "r Look again o Leave out Esc Back"
        )
        for stage in (Stage.ADDRESS, Stage.SERVERS, Stage.ENVIRONMENT, Stage.ACCESS, Stage.SCAN):
            await driver.press("escape")
            await driver.stage(stage)
        await driver.hosts(6)
        await driver.press("j", "j", "j", "space")
        await driver.shows("5 hosts selected")
        await driver.press("enter")
        await driver.shows("Enter goes on")
        await driver.press("enter")
        await driver.stage(Stage.ENVIRONMENT)
        await driver.review()
        await driver.shows("sugarkube3.local poses as a server of sugar/dev", "Enter starts")


async def test_a_token_of_another_cluster_is_told_early_and_the_refusal_names_a_way_out(start: Start) -> None:
    world = demo_world("wrong-token", math.inf)
    assert world.tour is not None
    async with start(world, LARGE, variables=dict(world.tour.variables)) as driver:
        await driver.hosts(6)
        await driver.press("enter")
        await driver.log_in()
        await driver.shows("Your token names another cluster", "unset SUGARKUBE_TOKEN_DEV")
        await driver.review()
        await driver.shows("is not for sugar/dev", "q leaves the wizard, which reads variables at its start")
        assert "leaves the highlighted node out" not in driver.text()
