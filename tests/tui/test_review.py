"""The review blocks what must not start, and says what to do about it."""

from __future__ import annotations

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.tui.stages import Stage
from tests.tui.conftest import LARGE, Start


async def to_review(driver: Driver) -> None:
    await driver.hosts(8)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.log_in()
    await driver.review()


async def test_a_node_that_went_away_blocks_until_it_is_left_out(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, LARGE) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        held.simulation.power_off("sugarkube4")
        await driver.review()
        await driver.shows(
            "1 problem to settle first", "Cluster ✖ blocked", "no access", "No answer from port 22"
        )
        await driver.shows("o leaves the highlighted node out; r looks again", "r Look again o Leave out")
        assert "Start" not in driver.text()
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        assert not driver.app.session.run.phase.active
        await driver.press("o")
        await driver.shows("5 nodes, ", "Enter starts")


async def test_a_wrong_token_is_a_problem_of_the_whole_cluster(held: HeldSimulation, start: Start) -> None:
    token = f"K10{'ab' * 32}::server:not-the-one"
    async with start(held.world, LARGE, variables={"SUGARKUBE_TOKEN": token}) as driver:
        await to_review(driver)
        await driver.shows("✖ blocked", "SUGARKUBE_TOKEN holds the token of a cluster that was not found")
        await driver.shows("unset SUGARKUBE_TOKEN")
        assert "not-the-one" not in driver.text()


async def test_every_action_is_shown_with_its_details(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, (132, 120)) as driver:
        await to_review(driver)
        await driver.press("j")
        await driver.shows(
            "-hosts: files dns",
            "apt-get install --yes",
            "reboot (switches the memory cgroup on)",
            "INSTALL_K3S_EXEC=server",
            "+  <name replace-wildcards",
        )
