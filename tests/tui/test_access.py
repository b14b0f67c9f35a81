"""Failing logins are told with their remedy, and can be settled one by one."""

from __future__ import annotations

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.access import Entry
from tests.tui.conftest import Start


async def to_access(driver: Driver) -> None:
    await driver.hosts(8)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)


async def test_a_refused_user_is_told_with_its_remedy_and_can_be_changed(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.press("end", *"zero", "enter")
        await driver.shows("0 of 6 in", "✖ failed", "does not let pizero in", "Check the user name")
        await driver.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
        await driver.press("end", *["backspace"] * 4, "enter")
        await driver.shows("6 of 6 in: Enter goes on")


async def test_a_host_that_is_off_can_be_left_out(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        held.simulation.power_off("sugarkube2")
        await driver.press("enter")
        await driver.shows("5 of 6 in", "No answer from port 22")
        await driver.press("o")
        await driver.shows("5 of 5 in: Enter goes on")
        assert "sugarkube2" not in driver.text()


async def test_a_host_that_comes_back_is_tried_again_alone(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        held.simulation.power_off("sugarkube2")
        await driver.press("enter")
        await driver.shows("5 of 6 in")
        access = driver.app.session.access
        kept = access.hosts["sugarkube0"]
        held.simulation.power_on("sugarkube2")
        for _ in range(50):
            await held.clock.sleep(2.0)
        await driver.press("enter")
        await driver.shows("6 of 6 in: Enter goes on")
        assert access.hosts["sugarkube0"] is kept


async def test_an_identity_file_that_is_not_there_is_told_at_once(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.press("tab", *"/nowhere", "enter")
        await driver.shows("there is no file /nowhere")
        assert all(one.entry is Entry.UNTRIED for one in driver.app.session.access.hosts.values())


async def test_passwords_are_never_shown(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.press("tab", "tab", *"raspberry", "tab", *"sesame")
        await driver.shows("•••••••••", "••••••")
        await driver.press("enter")
        await driver.shows("6 of 6 in")
        assert "raspberry" not in driver.text()
        assert "sesame" not in driver.text()
        login = driver.app.session.access.hosts["sugarkube0"].login
        assert login.password is not None and login.password.reveal() == "raspberry"
