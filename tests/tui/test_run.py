"""A run while it goes on: panes, stopping, questions, and terminals that change their size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.events import ActionStarted, Event, Printed
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.store.settings import Settings
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.screens.run import RunScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.widgets.node_pane import NodePane
from tests.tui.conftest import LARGE, Start

THREE = {"SUGARKUBE_SERVERS": "3"}


def hold_at_install(held: HeldSimulation) -> Callable[[Event], None]:
    """Holds the time, once, when k3s is about to be installed on sugarkube1."""
    held_once = False

    def on_event(event: Event) -> None:
        nonlocal held_once
        if held_once or not isinstance(event, ActionStarted):
            return
        if event.node == "sugarkube1" and "install k3s" in event.title:
            held_once = True
            held.clock.hold()

    return on_event


async def to_run(driver: Driver) -> None:
    await driver.hosts(8)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.log_in()
    await driver.review()
    await driver.shows("Enter starts")
    await driver.press("enter")
    await driver.until(lambda: driver.app.session.run.phase is not Phase.IDLE, "the run to begin")


async def to_the_middle(driver: Driver) -> None:
    await to_run(driver)
    await driver.until(
        lambda: "install k3s" in driver.app.session.run.board.nodes["sugarkube1"].action, "the installer"
    )


async def test_the_panes_show_the_end_when_they_are_looked_at_again(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world, variables={"SUGARKUBE_SERVERS": "1"}) as driver:
        await to_run(driver)
        await driver.shows("1 server and 5 agents are Ready", "Next", "these Pis are simulated")
        await driver.press("end")
        await driver.shows("Where the time went", "remote", "asking", "Logs")
        await driver.press("s")
        await driver.shows("▸1 sugarkube0 ✔ Ready", "6 sugarkube5 ✔ Ready")
        assert "▶ working" not in driver.text()
        leaving = driver.app.session.leaving
        assert leaving is not None
        words = leaving.last_words
        assert "6 of 6 nodes reached their goal" in words
        assert "its Pis were simulated" in words


async def test_a_command_for_what_comes_next_is_copied(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(held.world, variables={"SUGARKUBE_SERVERS": "1"}) as driver:
        copied: list[Excerpt] = []
        monkeypatch.setattr(driver.app, "copy", copied.append)
        await to_run(driver)
        await driver.shows("1 server and 5 agents are Ready", "y copy a command", "s Panes")
        await driver.press("y")
        await driver.shows("Copy a command", "$ sugarkube-tui verify dev")
        await driver.press("j", "j")
        await driver.shows("~/.kube/sugar-dev.yaml)")
        await driver.press("enter")
        await driver.until(lambda: bool(copied), "the copy")
        assert copied[0].lines[0].startswith("(umask 077; mkdir -p ~/.kube; ssh pi@192.168.3.10 sudo cat")
        await driver.press("s")
        await driver.shows("▸1 sugarkube0")
        await driver.press("y")  # there it is the log's key
        await driver.until(lambda: len(copied) == 2, "the log's lines")
        assert "sugarkube0" in copied[1].what


async def test_a_run_without_a_log_says_so_and_goes_on(
    held: HeldSimulation, start: Start, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    runs.write_text("in the way")
    async with start(held.world, LARGE, open_journal=partial(RunJournal, runs)) as driver:
        await to_run(driver)
        await driver.shows("no log is kept", "File exists", "make room, or make the directory writable")
        await driver.shows("are Ready", "Enter verifies")
        await driver.until(lambda: getattr(driver.app.focused, "id", "") == "result", "the result's focus")
        await driver.still()  # a pane that was not laid out has no end to go to
        await driver.press("end")
        await driver.until(lambda: driver.text().count("no log is kept") == 2, "the same among the result")
        assert "Logs " not in driver.text()
        leaving = driver.app.session.leaving
        assert leaving is not None
        assert "logs:" not in leaving.last_words


async def test_small_screens_show_a_list_and_one_pane(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.shows(
            "▸1 sugarkube0", "8/13 Install k3s", "0/6 nodes ready", "left, from built-in figures"
        )
        shown = [pane.node_name for pane in driver.app.screen.query(NodePane) if pane.display]
        assert shown == ["sugarkube0"]
        await driver.press("2")
        await driver.shows("▸2 sugarkube1", "─ 2 sugarkube1", "install k3s v1.33.5+k3s1 as server")
        await driver.press("tab")
        await driver.shows("▸3 sugarkube2")
        await driver.press("shift+tab", "shift+tab", "shift+tab")
        await driver.shows("▸6 sugarkube5")
        await driver.press("z")
        await driver.until(lambda: "▸6" not in driver.text(), "the zoom")
        await driver.press("z")
        await driver.shows("▸6 sugarkube5")


async def test_wide_screens_show_all_panes(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, LARGE, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.shows(*(f"─ {number + 1} sugarkube{number}" for number in range(6)))


async def test_stopping_asks_and_then_stops_at_once(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("x")
        await driver.shows("Stop the run?", "No file is left half-written")
        await driver.press("n")
        await driver.stage(Stage.RUN)
        await driver.press("x")
        await driver.shows("Stop the run?")
        await driver.press("y")
        await driver.until(lambda: driver.app.session.run.phase is Phase.STOPPED, "the stop")
        await driver.shows("stopped; no file was left half-written", "stopped: r runs again")
        held.clock.go_on()
        await driver.press("r")
        await driver.shows("3 servers and 3 agents are Ready")


async def test_leaving_during_a_run_asks(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("q")
        await driver.shows("A run is going on")
        await driver.press("escape")
        await driver.stage(Stage.RUN)
        assert driver.app.session.run.phase is Phase.RUNNING
        await driver.press("ctrl+q")
        await driver.shows("A run is going on")
        await driver.press("y")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
    assert driver.app.return_value == 1
    assert driver.app.session.run.phase.value == "stopped"


def fail_once(held: HeldSimulation, *nodes: str) -> Callable[[Event], None]:
    """Pulls these nodes' plugs when they begin to install k3s for the first time."""
    left = set(nodes)

    def on_event(event: Event) -> None:
        if isinstance(event, ActionStarted) and event.node in left and "install k3s" in event.title:
            left.discard(event.node)
            held.simulation.power_off(event.node)

    return on_event


async def test_a_failed_node_asks_in_its_pane_and_goes_on_when_the_cause_is_gone(
    held: HeldSimulation, start: Start
) -> None:
    lost = fail_once(held, "sugarkube4")
    async with start(held.world, variables=THREE, on_event=lost) as driver:
        await to_run(driver)
        await driver.shows("? 1 asks (Enter)", "5 sugarkube4 ? asks you")
        await driver.press("r")  # it is no question of the current node's
        assert driver.app.session.run.asking == ["sugarkube4"]
        await driver.press("enter")
        await driver.shows(
            "─ 5 sugarkube4",
            "did not come back",
            "r look again and go on",
            "look at its power",
            "(r retries)",
        )
        await driver.shows(
            "r Retry u Give up x Stop ? Help", "? 1 asks then about"
        )  # Enter leads nowhere else
        assert "i Go without" not in driver.text()
        held.simulation.power_on("sugarkube4")
        for _ in range(50):
            await held.clock.sleep(2.0)
        await driver.press("r")
        await driver.shows("3 servers and 3 agents are Ready")


async def test_a_question_and_the_panes_tell_other_keys_when_the_settings_name_them(
    held: HeldSimulation, start: Start
) -> None:
    keys = {"run.again": "f7", "run.give_up": "f8", "run.pane_5": "5,f5", "confirm.yes": "f9"}
    lost = fail_once(held, "sugarkube4")
    async with start(held.world, variables=THREE, on_event=lost, settings=Settings(keys=keys)) as driver:
        await to_run(driver)
        await driver.shows("? 1 asks")
        await driver.press("f5")
        await driver.shows("─ 5 sugarkube4", "F7 look again and go on", "F8 give", "(F7 retries)")
        await driver.press("f8")
        await driver.shows("Give sugarkube4 up?", "F9 give sugarkube4 up", "n keep it")
        await driver.press("f9")
        await driver.shows("(F7 runs again)")


async def test_several_nodes_ask_and_are_given_up_one_by_one(held: HeldSimulation, start: Start) -> None:
    lost = fail_once(held, "sugarkube3", "sugarkube5")
    async with start(held.world, variables=THREE, on_event=lost) as driver:
        await to_run(driver)
        await driver.shows("2 ask (Enter)")
        await driver.press("enter")
        await driver.shows("─ 4 sugarkube3")
        await driver.press("u")
        await driver.shows("Give sugarkube3 up?", "It stays as it is now; the other nodes go on. │")
        await driver.press("n")
        await driver.shows("2 ask")
        await driver.press("enter")
        await driver.shows("─ 6 sugarkube5")
        await driver.press("u")
        await driver.shows("Give sugarkube5 up?")
        await driver.press("y")
        await driver.shows("1 asks")
        await driver.press("enter")
        await driver.shows("─ 4 sugarkube3")
        await driver.press("u")
        await driver.shows("Give sugarkube3 up?", "It stays as it is now; the other nodes go on. │")
        await driver.press("y")
        await driver.shows("2 of 6 nodes did not reach their goal: sugarkube3, sugarkube5")


async def test_of_several_panes_that_ask_the_one_with_the_focus_is_seen(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lost = fail_once(held, "sugarkube3", "sugarkube5")
    async with start(held.world, LARGE, variables=THREE, on_event=lost) as driver:
        await to_run(driver)
        await driver.shows("2 ask (Enter)")
        await driver.press("enter")
        await driver.shows("┏━ 4 sugarkube3 ? asks you", "╭─ 6 sugarkube5 ? asks you")
        await driver.press("enter")
        await driver.shows("╭─ 4 sugarkube3 ? asks you", "┏━ 6 sugarkube5 ? asks you")


async def test_a_node_that_works_can_be_given_up(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("2", "u")
        await driver.shows("Give sugarkube1 up?", "Nothing more is begun on it", "without the first server")
        await driver.press("y")
        await driver.shows("2 sugarkube1 ✖ failed")
        held.clock.go_on()
        await driver.shows("1 of 6 nodes did not reach their goal: sugarkube1", "given up by the operator")


async def test_leaving_while_nodes_ask_says_so(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=fail_once(held, "sugarkube0")) as driver:
        await to_run(driver)
        await driver.shows("1 asks")
        await driver.press("q")
        await driver.shows("A run is going on", "sugarkube0 waits for your answer")
        await driver.press("y")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
    assert driver.app.session.run.phase is Phase.STOPPED


async def test_a_node_is_gone_to_by_some_letters_of_its_name(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("p")
        await driver.shows("Go to node", "some letters of its name")
        await driver.press(*"e9")
        await driver.shows("no node's name has these letters")
        await driver.press("backspace", "backspace")
        await driver.shows("some letters of its name", "↑ ↓ choose")
        await driver.press("e", "5", "enter")
        await driver.shows("▸6 sugarkube5", "─ 6 sugarkube5")
        await driver.press("p", "down", "enter")
        await driver.shows("▸2 sugarkube1")
        await driver.press("p", "x", "y", "enter")
        await driver.shows("▸2 sugarkube1")


async def test_the_timeline_shows_where_the_time_went_while_it_runs_and_afterwards(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("v")
        await driver.shows(
            "|00:00", "▸ sugarkube0 w", "RRRR", "w work R reboot . waits for others ? asks you"
        )
        await driver.press("j", "j")
        await driver.shows("▸ sugarkube2", "waited for nobody")
        await driver.press("5")
        await driver.shows("▸ sugarkube4")
        await driver.press("escape")
        await driver.shows("─ 5 sugarkube4")
        await driver.press("v")
        held.clock.go_on()
        await driver.shows("3 servers and 3 agents are Ready")
        await driver.press("v")
        await driver.shows("▸ sugarkube4", "waited for sugarkube", "...", "✔")


async def test_the_question_about_a_dead_address_is_answered_for_all(
    held: HeldSimulation, start: Start
) -> None:
    variables = {**THREE, "SUGARKUBE_API_REGADDR": "192.168.3.99"}
    async with start(held.world, variables=variables) as driver:
        await to_run(driver)
        await driver.shows("1 asks (Enter)")
        await driver.press("enter")
        await driver.shows("192.168.3.99 does not answer", "d join through the server's own address")
        await driver.press("d")
        await driver.shows("3 servers and 3 agents are Ready")


async def test_a_run_survives_a_terminal_of_any_size(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, LARGE, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        for size in ((40, 10), (1, 1), (80, 24), (59, 40), (200, 15), (60, 16)):
            await driver.pilot.resize_terminal(*size)
            await driver.pilot.pause()
            assert tuple(driver.app.size) == size
        await driver.shows("sugarkube0", "nodes ready")
        await driver.pilot.resize_terminal(40, 10)
        await driver.shows("too small", "60×16")
        await driver.press("x")  # what cannot be read must not be decided
        await driver.pilot.resize_terminal(*LARGE)
        await driver.shows("─ 6 sugarkube5")
        assert isinstance(driver.app.screen, RunScreen)
        held.clock.go_on()
        await driver.shows("3 servers and 3 agents are Ready")


async def test_reading_back_stops_following_and_counts_what_is_new(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        await driver.press("2", "g")
        run = driver.app.session.run
        pane = next(pane for pane in driver.app.screen.query(NodePane) if pane.node_name == "sugarkube1")
        log = pane.query_one(LogLines)
        await driver.until(lambda: not log.following, "reading")
        before = log.scroll_offset.y
        for number in range(3):
            run.board.fold(Printed(1.0, "sugarkube1", (f"[/a] line [{number}]",)))
        await driver.shows("+3 new", "paused, f follows")
        assert log.scroll_offset.y == before
        await driver.press("f")
        await driver.shows("[/a] line [2]")
        await driver.until(lambda: log.following and log.window.unseen == 0, "following")


async def test_hidden_panes_draw_nothing(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables=THREE, on_event=hold_at_install(held)) as driver:
        await to_the_middle(driver)
        names = [pane.node_name for pane in driver.app.screen.query(NodePane)]
        assert names == ["sugarkube0"]  # the others are not even made
        await driver.press("3")
        await driver.shows("─ 3 sugarkube2")
        await driver.press("1")
        await driver.shows("─ 1 sugarkube0")
        hidden = next(pane for pane in driver.app.screen.query(NodePane) if not pane.display)
        assert hidden.node_name == "sugarkube2"
        run = driver.app.session.run
        drawn = hidden.query_one(LogLines).window.end
        run.board.fold(Printed(1.0, "sugarkube2", ("unseen",)))
        run.board.fold(Printed(1.0, "sugarkube0", ("seen",)))
        await driver.press("end")
        await driver.shows("seen")
        assert hidden.query_one(LogLines).window.end == drawn
