"""Draws the wizard's screens on the simulated LAN: `python -m screenshots.make [directory]`.

Each screen is kept as SVG and as plain text.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from screenshots.driving import Driver, wizard
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.events import Event, Waiting
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.proof import REST_S

SIZE = (120, 36)
VARIABLES = {"SUGARKUBE_SERVERS": "3"}
HOSTS = 8
"""Hosts on the simulated LAN."""


def keep(driver: Driver, directory: Path, name: str) -> None:
    """Write the present screen as `<name>.svg` and `<name>.txt`."""
    svg = driver.app.export_screenshot(title="sugarkube-tui")
    # Rich gives every picture names of its own; with fixed ones a picture only changes when the screen does.
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some viewers eat blanks without it
    (directory / f"{name}.svg").write_text(svg, encoding="utf-8")
    (directory / f"{name}.txt").write_text(driver.text() + "\n", encoding="utf-8")


async def draw(directory: Path) -> None:
    """Walk through the whole wizard, and keep the telling screens."""
    held = HeldSimulation()
    seen = False

    def hold_in_the_middle(event: Event) -> None:
        nonlocal seen
        if seen or not isinstance(event, Waiting) or event.node != "sugarkube1":
            return
        if event.what.startswith("waiting for the k3s server") and (event.progress or 0.0) > 0.03:
            seen = True
            held.clock.hold()

    app = wizard(held.world, variables=VARIABLES, on_event=hold_in_the_middle)
    async with app.run_test(size=SIZE) as pilot:
        driver = Driver(app, pilot)
        await driver.hosts(HOSTS)
        await driver.press("j")
        await driver.pilot.pause(0.2)
        keep(driver, directory, "1-scan")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("Enter goes on")
        keep(driver, directory, "2-access")
        await driver.press("enter")
        await driver.stage(Stage.ENVIRONMENT)
        keep(driver, directory, "3-environment")
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        keep(driver, directory, "4-servers")
        await driver.press("enter")
        await driver.stage(Stage.ADDRESS)
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        await driver.shows("Enter starts")
        await driver.press("j")
        await driver.pilot.pause(0.2)
        keep(driver, directory, "5-review")
        await driver.press("enter")
        await driver.stage(Stage.RUN)
        await driver.until(lambda: seen, "a server to join")
        await driver.pilot.pause(0.3)
        keep(driver, directory, "6-run")
        held.clock.go_on()
        await driver.shows("Enter verifies")
        await driver.pilot.pause(0.2)
        keep(driver, directory, "7-summary")
        proving = driver.app.session.proving
        held.clock.hold_when(lambda seconds: seconds == REST_S and proving.due is not None)
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await driver.shows("is there", "next look in")
        await driver.pilot.pause(0.2)
        keep(driver, directory, "8-verify")


def main() -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(directory))


if __name__ == "__main__":
    main()
