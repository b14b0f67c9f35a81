"""What is pictured: walks through the wizard on simulated LANs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from screenshots.studio import Studio
from sugarkube_tui.engine.events import Event, Waiting
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.proof import REST_S

THREE_SERVERS = {"SUGARKUBE_SERVERS": "3"}
HOSTS = 8
"""Hosts on the simulated LAN."""


async def first_cluster(studio: Studio) -> None:
    """From the first look to the proof: every stage of the wizard."""
    held = HeldSimulation()
    seen = False

    def hold_in_the_middle(event: Event) -> None:
        nonlocal seen
        if seen or not isinstance(event, Waiting) or event.node != "sugarkube1":
            return
        if event.what.startswith("waiting for the k3s server") and (event.progress or 0.0) > 0.03:
            seen = True
            held.clock.hold()

    async with studio.wizard(held, THREE_SERVERS, hold_in_the_middle) as driver:
        await driver.hosts(HOSTS)
        await driver.press("j")
        await studio.keep(driver, "scan")
        await driver.press("question_mark")
        await studio.keep(driver, "help", "Esc closes")
        await driver.press("escape", "enter")
        await driver.stage(Stage.ACCESS)
        await studio.keep(driver, "access", "Enter goes on")
        for stage in (Stage.ENVIRONMENT, Stage.SERVERS, Stage.ADDRESS):
            await driver.press("enter")
            await driver.stage(stage)
            await studio.keep(driver, stage.value.lower())
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        await driver.shows("Enter starts")
        await driver.press("j")
        await studio.keep(driver, "review", "first server")
        await driver.press("enter")
        await driver.stage(Stage.RUN)
        await driver.until(lambda: seen, "a server to join")
        await studio.keep(driver, "run")
        held.clock.go_on()
        await studio.keep(driver, "result", "Enter verifies")
        await verified(driver, held)
        await studio.keep(driver, "verify", "is there", "next look in")


async def verified(driver: Driver, held: HeldSimulation) -> None:
    """From the run's end to a verify screen whose time is held after its first look."""
    proving = driver.app.session.proving
    held.clock.hold_when(lambda seconds: seconds == REST_S and proving.due is not None)
    await driver.press("enter")
    await driver.stage(Stage.VERIFY)


WALKS: Mapping[str, Callable[[Studio], Awaitable[None]]] = {"first cluster": first_cluster}
