"""What the wizard keeps of a run: the screen never waits for the disk, and trouble with it is told."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.choices import Choices, Defaults
from sugarkube_tui.cluster.saved_plan import RunState, SavedPlan
from sugarkube_tui.engine.events import ActionStarted, Event, RunFinished
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login, Target
from sugarkube_tui.engine.report import Report
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.store.history import History
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.run_lock import worked_on_by
from sugarkube_tui.tui.state.answers import Answers
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.journal import NoJournal
from sugarkube_tui.tui.state.keeping import Keeping
from sugarkube_tui.tui.state.run import Phase, Run
from sugarkube_tui.tui.tasks import Tasks
from tests.tui.conftest import LARGE, Start
from tests.tui.test_run import to_run

REQUEST = Request((Target("sugarkube0", "192.168.3.10", Login()),), Choices())
HUNG_S = 30


class Slow(RunJournal):
    """A journal on a disk that takes its time."""

    def __init__(self, runs: Path) -> None:
        super().__init__(runs, "sugar/dev")
        self.writing = threading.Event()
        self.written = threading.Event()

    def finish(self, report: Report) -> Path | None:
        self.writing.set()
        self.written.wait(HUNG_S)
        return super().finish(report)


class Desk:
    """A run whose journal is slow."""

    def __init__(self, runs: Path) -> None:
        self.journal = Slow(runs)
        self.faults: list[BaseException] = []
        changes = Changes()
        self.tasks = Tasks(self.faults.append, changes.note)
        world = Simulation().world
        self.run = Run(world, lambda environment: self.journal, History(None), self.tasks, changes)
        self.run.start(REQUEST)

    async def until_writing(self) -> None:
        while not self.journal.writing.is_set():
            await asyncio.sleep(0.005)

    async def until_over(self) -> None:
        while self.run.phase.active:
            await asyncio.sleep(0.005)


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_the_result_comes_with_its_report_and_nobody_waits_for_the_disk(desk: Desk) -> None:
    async with asyncio.timeout(HUNG_S):
        await desk.until_writing()  # and this goes on, although the disk does not
        assert desk.run.phase is Phase.RUNNING
        assert desk.run.report is None
        desk.run.stop()  # there is nothing left to stop
        desk.journal.written.set()
        await desk.until_over()
    assert desk.run.phase is Phase.DONE
    assert Path(desk.run.report_path).read_text().startswith("# sugarkube run")
    assert desk.run.unkept == ()
    assert desk.journal.directory is not None
    assert worked_on_by(desk.journal.directory) is None


async def test_a_run_that_is_stopped_keeps_its_report_too(desk: Desk) -> None:
    async with asyncio.timeout(HUNG_S):
        while not desk.run.board.nodes["sugarkube0"].action:
            await asyncio.sleep(0)
        desk.run.stop()
        desk.journal.written.set()
        await desk.until_over()
    assert desk.run.phase is Phase.STOPPED
    assert "**stopped**" in Path(desk.run.report_path).read_text()


async def test_whoever_leaves_waits_until_the_report_is_kept(desk: Desk) -> None:
    async with asyncio.timeout(HUNG_S):
        await desk.until_writing()
        leaving = asyncio.create_task(desk.tasks.close())
        for _ in range(100):  # as often as it wants to
            await asyncio.sleep(0)
        assert not leaving.done()
        desk.journal.written.set()
        await leaving
    assert desk.run.phase is Phase.DONE
    assert Path(desk.run.report_path).exists()
    assert desk.faults == []


async def test_a_full_disk_ends_the_log_and_the_wizard_says_so(
    held: HeldSimulation, start: Start, tmp_path: Path
) -> None:
    def open_journal(environment: str) -> RunJournal:
        journal = RunJournal(tmp_path, environment)
        assert journal.directory is not None
        (journal.directory / "sugarkube1.log").symlink_to("/dev/full")
        return journal

    async with start(held.world, LARGE, open_journal=open_journal) as driver:
        await to_run(driver)
        await driver.shows("the log stops here", "No space left on device", "make room, or make the")
        await driver.shows("are Ready", "Enter verifies")
        assert driver.app.session.run.report_path  # the report found some


class SlowPlan(KeptPlan):
    """A plan on a disk that takes its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.writing = threading.Event()
        self.written = threading.Event()
        self.states: list[RunState] = []

    def write(self, plan: SavedPlan) -> None:
        assert plan.run is not None
        self.states.append(plan.run.state)
        self.writing.set()
        self.written.wait(HUNG_S)
        super().write(plan)


async def test_nobody_waits_until_the_plan_is_kept_and_the_last_word_stays(tmp_path: Path) -> None:
    kept, changes = SlowPlan(tmp_path / "state" / "plan.toml"), Changes()
    faults: list[BaseException] = []
    tasks = Tasks(faults.append, changes.note)
    answers = Answers(Defaults(Choices(), {}), {}, changes.note)
    keeping = Keeping(kept, answers, lambda: REQUEST.targets, tasks, changes)
    async with asyncio.timeout(HUNG_S):
        journal = keeping.journal(lambda environment: NoJournal())("sugar/dev")
        while not kept.writing.is_set():
            await asyncio.sleep(0.005)  # and this goes on, although the disk does not
        journal(RunFinished(1.0, Result.OK, "done"))
        leaving = asyncio.create_task(tasks.close())
        for _ in range(100):  # as often as it wants to
            await asyncio.sleep(0)
        assert not leaving.done()
        kept.written.set()
        await leaving
    keeping.flush()
    assert kept.states == [RunState.BEGUN, RunState.DONE]
    plan = kept.read()
    assert plan is not None
    assert plan.run is not None
    assert plan.run.state is RunState.DONE
    assert faults == []


class Vanishing(RunJournal):
    """Its directory is removed by somebody in the middle of the run."""

    def __call__(self, event: Event) -> None:
        if isinstance(event, ActionStarted) and self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
        super().__call__(event)


async def test_a_report_that_cannot_be_kept_is_missed_on_the_result(
    held: HeldSimulation, start: Start, tmp_path: Path
) -> None:
    async with start(
        held.world, LARGE, open_journal=lambda environment: Vanishing(tmp_path, environment)
    ) as driver:
        await to_run(driver)
        await driver.shows("are Ready")
        await driver.until(lambda: getattr(driver.app.focused, "id", "") == "result", "the result's focus")
        await driver.still()
        await driver.press("end")
        await driver.shows("✖ the log stops here", "✖ the report is not kept", "No such file or directory")
        assert driver.app.session.run.report_path == ""
