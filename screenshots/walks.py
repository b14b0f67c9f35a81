"""What is pictured: walks through the wizard on simulated LANs.

Diagnostics are not: they tell of the machine that they are drawn on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from screenshots.driving import RUNS, Driver
from screenshots.held import HeldSimulation
from screenshots.studio import Studio
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.saved_plan import Question, RunState, SavedNode, SavedPlan, SavedRun
from sugarkube_tui.engine.events import ActionStarted, Event, Waiting
from sugarkube_tui.simulator.door import Door
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.tui.dialogs.resume import Resume
from sugarkube_tui.tui.dialogs.trust_key import TrustKey
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.proof import REST_S
from sugarkube_tui.tui.widgets.table import Table

HOSTS = 8
"""Hosts on the simulated LAN of six fresh Pis."""


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

    async with studio.wizard(held, on_event=hold_in_the_middle) as driver:
        await driver.hosts(HOSTS)
        await highlight_first_pi(driver, "g", "j")
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
        await studio.keep(driver, "review", "first by name")
        await driver.press("p")
        await studio.keep(driver, "save-plan", "Save")
        await driver.press("escape", "enter")
        await driver.stage(Stage.RUN)
        await driver.until(lambda: seen, "a server to join")
        await studio.keep(driver, "run")
        await _run_views(studio, driver)
        held.clock.go_on()
        await studio.keep(driver, "result", "Enter verifies")
        proving = driver.app.session.proving
        held.clock.hold_when(lambda seconds: seconds == REST_S and proving.due is not None)
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await studio.keep(driver, "verify", "is there", "next look in")


async def highlight_first_pi(driver: Driver, *keys: str) -> None:
    """Whoever is heard first is highlighted, and stays so while others come: these keys lead away from it."""
    table = driver.app.screen.query_one("#hosts", Table)
    while table.highlighted != "sugarkube0.local":
        await driver.press(*keys)
        await driver.still()


async def _run_views(studio: Studio, driver: Driver) -> None:
    """What else can be seen of a run that is in its middle."""
    await driver.press("v")
    await studio.keep(driver, "timeline", "waits for others")
    await driver.press("escape", "2", "z", "slash", *"k3s", "enter")
    await studio.keep(driver, "log-search", "/k3s")
    await driver.press("escape", "z", "x")
    await studio.keep(driver, "stop", "Stop the run?")
    await driver.press("n", "colon")
    await studio.keep(driver, "palette", "Search for commands", "one pane over")
    await driver.press("escape")


async def refused_logins(studio: Studio) -> None:
    """A sudo that asks for a password, and a host key that is not the one of before."""
    held = HeldSimulation()
    held.simulation.pi("sugarkube1").door = Door(sudo_password="moss")
    held.simulation.reflash("sugarkube3")
    async with studio.wizard(held) as driver:
        await driver.hosts(HOSTS)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await studio.keep(driver, "access-trouble", "4 of 6 in")
        await driver.press(*"moss", "enter")
        await driver.shows("5 of 6 in")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, TrustKey), "both keys")
        await studio.keep(driver, "host-key")


async def lost_power(studio: Studio) -> None:
    """A Pi that loses its power while k3s is installed on it, and is given up."""
    held = HeldSimulation()

    def pull_the_plug(event: Event) -> None:
        if (
            isinstance(event, ActionStarted)
            and event.node == "sugarkube4"
            and event.title.startswith("install k3s")
        ):
            held.simulation.power_off("sugarkube4")

    async with studio.wizard(held, on_event=pull_the_plug) as driver:
        await driver.hosts(HOSTS)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.review()
        await driver.press("enter")
        await driver.stage(Stage.RUN)
        await driver.shows("5/6 nodes ready", "1 asks")
        await driver.press("enter")
        await studio.keep(driver, "run-asks", "the connection broke", "u Give up")
        await driver.press("u")
        await driver.shows("Give sugarkube4 up?")
        await driver.press("y")
        await studio.keep(driver, "result-failed", "did not reach their goal")


async def split_brain(studio: Studio) -> None:
    """Two clusters under one name: seen on the LAN, refused before anything is changed."""
    async with studio.wizard(HeldSimulation("split-brain")) as driver:
        await driver.shows("6 hosts selected", "several clusters answer")
        await highlight_first_pi(driver, "g")
        await studio.keep(driver, "scan-split-brain")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.review()
        await studio.keep(driver, "review-refused", "to settle first")


async def left_off(studio: Studio) -> None:
    """The next start after one that was cut off in the middle of a run."""
    nodes = tuple(
        SavedNode(f"sugarkube{number}", f"192.168.3.{10 + number}", f"sugarkube{number}.local")
        for number in range(6)
    )
    plan = SavedPlan(nodes, Choices(servers=3), next=Question.REVIEW, run=SavedRun(RunState.BEGUN, RUNS))
    with TemporaryDirectory() as directory:
        kept = KeptPlan(Path(directory) / "plan.toml")
        kept.write(plan)
        async with studio.wizard(HeldSimulation(), kept=kept) as driver:
            await driver.until(lambda: isinstance(driver.app.screen, Resume), "the offer")
            scan = driver.app.session.scan
            await driver.until(lambda: len(scan.hosts) >= HOSTS, "the hosts behind it")
            await driver.still()
            behind = driver.app.screen_stack[-2].query_one("#hosts", Table)
            behind.highlight("sugarkube0.local")
            await studio.keep(driver, "resume")


WALKS: Mapping[str, Callable[[Studio], Awaitable[None]]] = {
    "first cluster": first_cluster,
    "refused logins": refused_logins,
    "lost power": lost_power,
    "split brain": split_brain,
    "left off": left_off,
}
