"""The plan is kept as it grows, and the next start goes on with it."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from screenshots.driving import RUNS, Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.saved_plan import Question, RunState, SavedNode, SavedPlan, SavedRun
from sugarkube_tui.engine.events import ActionStarted, Event
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.plans import read_plan
from sugarkube_tui.store.run_lock import RunLock
from sugarkube_tui.tui.dialogs.resume import Resume
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from tests.tui.conftest import LARGE, SMALL, Start

THREE = {"SUGARKUBE_SERVERS": "3"}
NODES = tuple(
    SavedNode(f"sugarkube{number}", f"192.168.3.{10 + number}", f"sugarkube{number}.local")
    for number in range(3)
)
PLAN = SavedPlan(NODES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "plan.toml"


async def offered(driver: Driver) -> None:
    await driver.until(lambda: isinstance(driver.app.screen, Resume), "the offer")
    await driver.pilot.pause()


async def to_servers(driver: Driver) -> None:
    """Five of the six hosts, environment int."""
    await driver.hosts(8)
    await driver.press("j", "space")
    await driver.shows("5 hosts selected")
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.log_in()
    await driver.press("j", "enter")
    await driver.stage(Stage.SERVERS)


async def to_review(driver: Driver) -> Request:
    await to_servers(driver)
    await driver.press("enter")
    await driver.stage(Stage.ADDRESS)
    await driver.press(*"10.99.0.5", "enter")
    await driver.stage(Stage.REVIEW)
    await driver.until(lambda: not driver.app.session.review.looking, "the look")
    await driver.pilot.pause(0.1)
    return driver.app.session.request()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_the_next_start_goes_on_with_the_question_that_was_open(
    held: HeldSimulation, start: Start, path: Path, size: tuple[int, int]
) -> None:
    async with start(held.world, size, kept=KeptPlan(path)) as driver:
        await to_servers(driver)
        names = [*driver.app.session.access.hosts]
        await driver.press("q")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    async with start(held.world, size, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.shows(
            "Go on where you left off?", "sugar/int", f"5: {names[0]}, {names[1]}", "then Servers"
        )
        assert "sugar/int, " not in driver.text()  # how many servers was not answered yet
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        assert driver.app.session.answers.environment == Environment("int")
        assert [*driver.app.session.access.hosts] == names
        await driver.press("escape", "escape")
        await driver.stage(Stage.ACCESS)
        await driver.shows("5 of 5 in")
        await driver.press("escape")
        await driver.hosts(8)
        await driver.shows("5 hosts selected")


async def test_who_was_at_the_logins_is_told_of_them_alone(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.press("q")
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.shows("Enter go on: log in │")


async def test_who_leaves_at_the_offer_finds_it_again(held: HeldSimulation, start: Start, path: Path) -> None:
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await to_servers(driver)
        await driver.press("q")
    kept = path.read_bytes()
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.press("q")
        await driver.until(lambda: driver.app.return_value is not None, "the end")
    assert path.read_bytes() == kept


async def test_what_was_reviewed_is_asked_for_again_exactly(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    async with start(held.world, kept=KeptPlan(path)) as driver:
        asked = await to_review(driver)
        await driver.press("q")
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.shows("sugar/int, 3 servers", "10.99.0.5", "then Review")
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        assert driver.app.session.request() == asked


async def test_who_starts_afresh_keeps_the_plan_until_other_answers_replace_it(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    KeptPlan(path).write(replace(PLAN, choices=replace(PLAN.choices, environment=Environment("prod"))))
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.press("n")
        await driver.hosts(8)
        await driver.shows("6 hosts selected")
        assert read_plan(path).choices.environment == Environment("prod")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.press("q")
        await driver.press("tab", "tab", "tab", "tab", "q")
    kept = read_plan(path)
    assert kept.choices.environment == Environment()
    assert len(kept.nodes) == 6


def stop_at_install(held: HeldSimulation) -> Callable[[Event], None]:
    """Holds the time when k3s is about to be installed on sugarkube1."""

    def on_event(event: Event) -> None:
        if isinstance(event, ActionStarted) and event.node == "sugarkube1" and "install k3s" in event.title:
            held.clock.hold()

    return on_event


async def test_a_run_that_was_left_is_found_and_completed_from_facts(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    async with start(
        held.world, variables=THREE, kept=KeptPlan(path), on_event=stop_at_install(held)
    ) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.review()
        await driver.press("enter")
        run = driver.app.session.run
        await driver.until(lambda: "install k3s" in run.board.nodes["sugarkube1"].action, "the installer")
        begun = SavedRun(RunState.BEGUN, RUNS)
        await driver.until(lambda: read_plan(path).run == begun, "the run's beginning to be kept")
        await driver.press("q")
        await driver.shows("A run is going on")
        await driver.press("y")
    assert read_plan(path).run == SavedRun(RunState.STOPPED, RUNS)
    held.clock.go_on()
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.shows("▲ a run was begun and stopped", "Its log", RUNS)
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        await driver.shows("Enter starts")
        await driver.press("enter")
        await driver.stage(Stage.RUN)
        await driver.shows("3 servers and 3 agents are Ready")
        done = SavedRun(RunState.DONE, RUNS)
        await driver.until(lambda: read_plan(path).run == done, "the run's end to be kept")
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await driver.press("q")
    async with start(held.world, kept=KeptPlan(path)) as driver:  # nothing is left to go on with
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)


async def test_a_run_that_goes_on_elsewhere_is_named_and_not_offered(
    held: HeldSimulation, start: Start, path: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "run"
    runs.mkdir()
    lock = RunLock(runs)
    plan = replace(PLAN, run=SavedRun(RunState.BEGUN, str(runs)))
    KeptPlan(path).write(plan)
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await driver.shows(
            "A run is going on elsewhere", "another sugarkube-tui is running sugar/dev (process "
        )
        await driver.press("enter")
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.press("q")
    assert read_plan(path) == plan
    async with start(held.world, kept=KeptPlan(path), plan=PLAN) as driver:
        await driver.shows("A run is going on elsewhere")
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)
        await driver.press("q")
    assert read_plan(path) == plan
    lock.release()
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.shows("the program ended before it did")


async def test_a_saved_plan_that_was_named_is_taken_up_at_once(held: HeldSimulation, start: Start) -> None:
    moved = replace(NODES[1], address="192.168.3.200")
    plan = replace(PLAN, nodes=(NODES[0], moved, replace(NODES[2], user="admin")))
    async with start(held.world, plan=plan) as driver:
        await driver.stage(Stage.ACCESS)
        await driver.shows("2 of 3 in", "does not let admin in")
        access = driver.app.session.access
        assert access.hosts["sugarkube1"].host.address == "192.168.3.11"
        assert driver.app.session.keeping.plan().nodes == (NODES[0], NODES[1], plan.nodes[2])
        await driver.shows("Login for sugarkube2 alone")
        await driver.press("shift+tab", "ctrl+u", *"pi", "enter")
        await driver.shows("3 of 3 in: Enter goes on")
        assert driver.app.session.keeping.plan().nodes == NODES
        await driver.press("enter")
        await driver.stage(Stage.REVIEW)


async def test_a_release_that_is_gone_is_told_where_the_plan_is_offered(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    KeptPlan(path).write(replace(PLAN, airgap=Path("/nowhere")))
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await offered(driver)
        await driver.press("enter")
        await driver.shows("/nowhere: there is no install.sh", "start afresh")
        await driver.press("escape")
        await driver.stage(Stage.SCAN)


@pytest.mark.parametrize(
    ("text", "said"), [("schema = 9", "schema number 9"), ("servers = ", "this plan cannot be read")]
)
async def test_a_plan_that_cannot_be_read_is_told_and_never_lost(
    held: HeldSimulation, start: Start, path: Path, text: str, said: str
) -> None:
    path.parent.mkdir()
    path.write_text(text)
    aside = path.with_name("plan.unread-2.toml")
    path.with_name("plan.unread-1.toml").write_text("an earlier one")
    async with start(held.world, (160, 40), kept=KeptPlan(path)) as driver:
        await driver.hosts(8)
        await driver.shows(said, "put aside as", aside.name)
        assert path.read_text() == text
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.until(lambda: driver.app.session.trouble is None, "the plan to be replaced")
    assert read_plan(path).next is Question.ACCESS
    assert aside.read_text() == text


async def test_a_disk_that_fails_is_told_and_stops_nothing(
    held: HeldSimulation, start: Start, path: Path
) -> None:
    path.parent.write_text("a file where the directory should be")
    async with start(held.world, kept=KeptPlan(path)) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("this plan is not kept for a later start", "goes on without")
        await driver.log_in()


async def test_plan_and_review_are_saved_as_files(
    held: HeldSimulation, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with start(held.world) as driver:
        asked = await to_review(driver)
        await driver.press("p")
        await driver.shows("Save the plan", "sugar-int.plan.toml", "Enter saves it")
        await driver.press("enter")
        await driver.shows("written: ")
        plan = read_plan(tmp_path / "sugar-int.plan.toml")
        assert (len(plan.nodes), plan.choices, plan.run) == (5, asked.choices, None)
        await driver.press("t")
        await driver.shows("sugar-int-review.txt")
        await driver.press("enter")
        await driver.until(lambda: (tmp_path / "sugar-int-review.txt").exists(), "the text")
    text = (tmp_path / "sugar-int-review.txt").read_text()
    assert text.startswith("sugar/int: 3 servers wanted, k3s v1.33.5+k3s1\nregistration address: 10.99.0.5\n")
    assert f"{plan.nodes[0].name}: first server" in text
    assert "cgroup_memory=1" in text
    assert driver.app.session.run.phase is Phase.IDLE


async def test_a_file_that_is_there_is_replaced_only_when_that_is_wanted(
    held: HeldSimulation, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "sugar-dev-review.txt"
    file.write_text("precious")
    async with start(held.world, plan=PLAN) as driver:
        await driver.stage(Stage.REVIEW)
        await driver.shows("Enter starts")
        await driver.press("t", "enter")
        await driver.shows("Replace the file?")
        await driver.press("n")
        await driver.shows("Save the review")
        assert file.read_text() == "precious"
        await driver.press("enter")
        await driver.shows("Replace the file?")
        await driver.press("y")
        await driver.shows("written: ")
        await driver.press("t", "ctrl+u", *"/no/x", "enter")
        await driver.shows("No such file or directory")
        await driver.press("ctrl+u", ".", "enter")
        await driver.shows("this is a directory")
        await driver.press("ctrl+u", "enter")
        await driver.shows("the file has no name yet")
    assert file.read_text().startswith("sugar/dev")
