"""Verify, live: look after look at a formed cluster, and what happens to it in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.advert import render_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.sightings import EchoHeard, Interface, Listening, Sighting
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.ports import HERE, Interest, Lan, World
from sugarkube_tui.engine.proof import Check, Held, Proof, Rung, Verdict
from sugarkube_tui.tui.dialogs.proof_evidence import ProofEvidence
from sugarkube_tui.tui.screens.verify import VerifyScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.proof import KEPT_LOOKS, REST_S, Proving
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.widgets.grid import Grid
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.widgets.pane import Pane
from tests.engine.conftest import targets
from tests.tui.conftest import SMALL, Start

DEV = Environment("dev")
THREE = {"SUGARKUBE_SERVERS": "3"}
SIZES = pytest.mark.parametrize("size", [SMALL, (140, 40)], ids=["80x24", "140x40"])
Verifying = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture
def verifying(held: HeldSimulation, start: Start) -> Verifying:
    """Forms sugar/dev without the screens before it, and opens verify; the time is held after each look."""

    @asynccontextmanager
    async def run(
        size: tuple[int, int] = SMALL, *, world: World | None = None, variables: dict[str, str] | None = None
    ) -> AsyncIterator[Driver]:
        async with start(world or held.world, size, variables=THREE | (variables or {})) as driver:
            session, proving = driver.app.session, driver.app.session.proving
            session.run.start(Request(targets(0, 1, 2, 3, 4, 5), session.answers.choices, None))
            await driver.until(lambda: session.run.phase is Phase.DONE, "the cluster")
            held.clock.hold_when(lambda seconds: seconds == REST_S and proving.due is not None)
            driver.app.go(Stage.VERIFY)
            await driver.stage(Stage.VERIFY)
            await rested(driver, 1)
            yield driver

    return run


def proving_of(driver: Driver) -> Proving:
    return driver.app.session.proving


async def rested(driver: Driver, looks: int) -> None:
    """Wait until so many looks have ended, and the screen shows the last one."""
    proving = proving_of(driver)
    await driver.until(
        lambda: proving.due is not None and len(proving.looks) >= looks, f"the end of look {looks}"
    )
    await driver.shows("next look in")


async def look_again(driver: Driver, held: HeldSimulation) -> None:
    """Let the time go on until one more look has ended."""
    done = len(proving_of(driver).looks)
    held.clock.go_on()
    await rested(driver, done + 1)


def proof_of(driver: Driver) -> Proof:
    proof = proving_of(driver).proof
    assert proof is not None
    return proof


# -- what is shown


@SIZES
async def test_ten_rungs_of_three_servers_fit_and_hold(verifying: Verifying, size: tuple[int, int]) -> None:
    async with verifying(size) as driver:
        await driver.shows(
            "✔ sugar/dev is there: 3 of 3 servers seen, 6 of 6 nodes Ready", "next look in 10 s"
        )
        rows = [line for line in driver.text().splitlines() if "✔ proved" in line and "Ladder" not in line]
        assert [line.count("✔") for line in rows] == [len(Rung) + 1] * 3
        assert all("…" not in line for line in rows)
        assert "Ladder: sugarkube0 ✔ proved, expected" in driver.text()
        assert proof_of(driver).ok


async def test_the_round_is_judged(verifying: Verifying) -> None:
    async with verifying() as driver:
        proving = proving_of(driver)
        await driver.shows("Servers · round", "ms, quiet")
        proving.proof = replace(proof_of(driver), ms_elapsed=640.0)
        driver.app.session.changes.note()
        await driver.shows("▲ round 640 ms, busy", "multicast flooding")
        proving.proof = replace(proof_of(driver), ms_elapsed=3400.0)
        driver.app.session.changes.note()
        await driver.shows("▲ round 3400 ms, slow", "answers get lost")


@SIZES
async def test_every_pane_is_reached_by_keys(verifying: Verifying, size: tuple[int, int]) -> None:
    async with verifying(size) as driver:
        screen = driver.app.screen
        for widget, key in ((Pane, "tab"), (Pane, "tab"), (None, "tab")):
            await driver.press(key)
            assert widget is None or isinstance(screen.focused, widget)
        await driver.press("tab", "tab", "G")
        await driver.shows("sugarkube5 3 of 3 ✔ Ready agent v1.33.5+k3s1")
        await driver.press("shift+tab", "G")
        await driver.shows("node Ready")


async def test_arrows_and_vim_keys_move_the_cursor(verifying: Verifying) -> None:
    async with verifying() as driver:
        grid = driver.app.screen.query_one(Grid)
        await driver.press("right", "l", "l", "left", "h", "l")
        assert grid.column == 2
        await driver.shows("▸ ✔ name resolves")
        await driver.press("j", "down")
        await driver.shows("Ladder: sugarkube2")
        await driver.press(*("l" * 20))
        assert grid.column == len(Rung) - 1
        await driver.shows("▸ ✔ node Ready")


# -- what changes


@SIZES
async def test_a_server_without_power_is_stale_within_one_look_and_the_change_is_marked(
    held: HeldSimulation, verifying: Verifying, size: tuple[int, int]
) -> None:
    async with verifying(size) as driver:
        held.simulation.power_off("sugarkube2")
        await look_again(driver, held)
        server = proving_of(driver).server("sugarkube2.local")
        assert server is not None
        assert server.verdict is Verdict.STALE
        await driver.press("j", "j")
        await driver.shows("sugar/dev is not proved: 2 of 3 servers seen", "✖ stale")
        await driver.shows(
            "Ladder: sugarkube2 ✖ stale, expected", "▸»✖ advert seen", "✔ yes → ✖ no: not heard"
        )
        assert "»✖" in driver.text()
        await driver.press("c")
        await driver.shows("✖ not proved", "» sugarkube2: advert seen: ✔ yes → ✖ no")
        assert "sugarkube0: nodes" not in driver.text()  # the others' ladders are as whole as before
        assert not proving_of(driver).ok


async def test_former_values_stay_while_a_look_goes_on(held: HeldSimulation, verifying: Verifying) -> None:
    async with verifying() as driver:
        await driver.press("r")
        await driver.shows("looking afresh", "is there", "✔ proved")
        assert proving_of(driver).looking
        await look_again(driver, held)
        await driver.shows("nothing changed")


async def test_the_history_is_short_and_newest_first(held: HeldSimulation, verifying: Verifying) -> None:
    async with verifying((140, 40)) as driver:
        proving = proving_of(driver)
        await driver.press("c")
        await driver.shows("00:00 ✔ proved 3 of 3")
        await look_again(driver, held)
        await look_again(driver, held)
        assert len(proving.looks) == 3
        assert proving.looks[1].at_s - proving.looks[0].at_s > 10

        def rows() -> list[str]:
            return [
                line for line in driver.text().splitlines() if "nothing changed" in line and "ms " in line
            ]

        await driver.until(lambda: len(rows()) == 3, "three looks to be shown")
        assert "00:00" in rows()[-1]
        assert proving.looks.maxlen == KEPT_LOOKS
        await driver.press("c")
        await driver.shows("Who hears whom")


async def test_a_workstation_that_cannot_listen_says_so_and_goes_on(
    held: HeldSimulation, verifying: Verifying
) -> None:
    lan = TellingLan(held.world.lan)
    async with verifying(world=replace(held.world, lan=lan)) as driver:
        lan.fault = SugarkubeError("no interface can be used", remedy="plug in a cable")
        await look_again(driver, held)
        await driver.shows("no interface can be used", "plug in a cable", "✖ not proved")
        assert not proving_of(driver).ok
        lan.fault = None
        await look_again(driver, held)
        assert proving_of(driver).ok
        await driver.until(lambda: "no interface" not in driver.text(), "the problem to be settled")


# -- what it comes from


@SIZES
async def test_any_cell_opens_its_evidence(verifying: Verifying, size: tuple[int, int]) -> None:
    async with verifying(size) as driver:
        await driver.press("e")
        await driver.shows("advert seen: sugarkube0.local", "SRV sugarkube0.local:6443", "A 192.168.3.10")
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.app.screen, VerifyScreen), "the dialog to close")
        await driver.press("j", *("l" * RUNGS_TO_TLS), "space")
        await driver.shows("certificate: sugarkube1.local", "names:", "sugarkube1.local")
        assert proof_of(driver).servers[1].check(Rung.TLS).evidence[0] in driver.text()
        await driver.press("space")
        await driver.until(lambda: isinstance(driver.app.screen, VerifyScreen), "the dialog to close")


RUNGS_TO_TLS = list(Rung).index(Rung.TLS)


async def test_evidence_scrolls_and_is_never_markup(verifying: Verifying) -> None:
    async with verifying() as driver:
        lines = tuple(f"[/a] [red]line {number}[/red] \x1b[2J" for number in range(60))
        check = Check("sugarkube0.local", Rung.ADVERT, Held.NO, 3500.0, "[bold]seen[/]", "[/b] do it", lines)
        driver.app.push_screen(ProofEvidence(check, None))
        await driver.shows("✖ no 3500 ms", "[bold]seen[/]", "→ [/b] do it", "[/a] [red]line 0[/red]")
        await driver.press("G")
        await driver.shows("[red]line 59[/red]")


# -- the wire


async def test_the_wire_view_shows_packets_and_none_before(
    held: HeldSimulation, verifying: Verifying
) -> None:
    async with verifying() as driver:
        wire = proving_of(driver).wire
        assert wire.log.total == 0
        await driver.press("w")
        await driver.shows("─ Wire: ")
        await look_again(driver, held)
        await driver.shows(f"Wire: {HERE}")
        assert set(wire.vantages) >= {HERE, "sugarkube0", "sugarkube5"}
        log = driver.app.screen.query_one(LogLines)
        await driver.until(lambda: log.window.end >= wire.log.total, "all packets to be drawn")
        assert log.following
        captured = wire.log.total
        await driver.press("w")
        await driver.shows("Who hears whom")
        await look_again(driver, held)
        assert wire.log.total == captured


async def test_a_variable_shows_the_wire_from_the_start(verifying: Verifying) -> None:
    async with verifying(variables={"SUGARKUBE_DEBUG_MDNS": "1"}) as driver:
        await driver.shows(f"Wire: {HERE}", "_k3s-sugar-dev._tcp")
        assert proving_of(driver).wire.log.total > 0


# -- who is who, and who hears


async def test_a_forged_advert_is_another_cluster(held: HeldSimulation, verifying: Verifying) -> None:
    async with verifying((140, 40)) as driver:
        pi = held.simulation.pi("sugarkube7")
        pi.write(DEV.advert_path, render_advert(DEV, pi.name, pi.address))
        await look_again(driver, held)
        await look_again(driver, held)
        server = proving_of(driver).server("sugarkube7.local")
        assert server is not None
        assert (server.verdict, server.expected) == (Verdict.OTHER_CLUSTER, False)
        await driver.shows("✖ other CA", "says it serves sugar/dev, and is another cluster")
        await driver.press("G")
        await driver.shows("Ladder: sugarkube7 ✖ another cluster, seen only", "✖ CA is the token's")
        await driver.press("c")
        await driver.shows("» sugarkube7 is seen")
        assert not proving_of(driver).ok


class TellingLan:
    """A LAN that can be made to tell nothing, or that nobody can listen."""

    def __init__(self, lan: Lan) -> None:
        self.deaf = False
        self.fault: SugarkubeError | None = None
        self._lan = lan
        self.packets = lan.packets
        self.resolve = lan.resolve
        self.interfaces = lan.interfaces

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        if self.fault is not None:
            raise self.fault
        if not self.deaf:
            async for sighting in self._lan.watch(interest):
                yield sighting
        yield Listening((Interface("wlan0", "192.168.3.2", "192.168.3.0/24"),))
        yield EchoHeard("wlan0", 1.0)
        await asyncio.Event().wait()


@SIZES
async def test_a_workstation_that_hears_nothing_while_nodes_do_is_told_apart(
    held: HeldSimulation, verifying: Verifying, size: tuple[int, int]
) -> None:
    lan = TellingLan(held.world.lan)
    async with verifying(size, world=replace(held.world, lan=lan)) as driver:
        lan.deaf = True
        await look_again(driver, held)
        what = "the nodes hear one another, but this workstation hears nobody"
        await driver.shows(what, "0 of 3 servers seen")
        await driver.press("tab", "tab")
        await driver.shows("another network segment, VLAN or guest Wi-Fi")
        await driver.press("G")
        await driver.shows("sugarkube5 3 of 3 ✔ Ready")


# -- leaving


async def test_leaving_the_screen_ends_the_looks(held: HeldSimulation, verifying: Verifying) -> None:
    async with verifying() as driver:
        await look_again(driver, held)
        await driver.press("escape")
        await driver.stage(Stage.RUN)
        await driver.shows("3 servers and 3 agents are Ready")
        proving = proving_of(driver)
        await driver.until(lambda: not tasks_of("proof"), "the looks to end")
        held.clock.go_on()
        assert not proving.looking
        assert proving.due is None
        assert proving.ok, "what was proved stays proved"
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await rested(driver, 1)
        assert proving.ok


async def test_what_was_proved_says_nothing_of_a_later_run(
    held: HeldSimulation, verifying: Verifying
) -> None:
    async with verifying() as driver:
        session = driver.app.session
        assert session.leaving is not None
        assert not session.leaving.undone
        await driver.press("escape")
        await driver.stage(Stage.RUN)
        held.clock.go_on()
        session.run_again()
        assert session.run.phase.active
        await driver.until(lambda: session.run.phase is Phase.DONE, "the end of the second run")
        assert session.leaving.undone


async def test_finishing_in_the_middle_of_a_look_leaves_no_task(
    held: HeldSimulation, verifying: Verifying
) -> None:
    async with verifying() as driver:
        await driver.press("r")
        await driver.shows("looking afresh")
        await driver.press("enter")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
        assert driver.app.return_value == 0
    assert not tasks_of("proof")


def tasks_of(name: str) -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == name and not task.done()]
