"""The plan on disk: kept as it grows, found again at the next start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.saved_plan import Question, RunState, SavedPlan, SavedRun
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import Target
from sugarkube_tui.engine.resuming import node_of
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.run_lock import worked_on_by
from sugarkube_tui.tui.stages import STAGE_OF, Stage
from sugarkube_tui.tui.state.answers import Answers
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks, completed

if TYPE_CHECKING:
    from sugarkube_tui.engine.events import Event
    from sugarkube_tui.engine.report import Report
    from sugarkube_tui.tui.state.journal import Journal, OpenJournal

PAUSE_S = 0.5
"""Seconds without a further answer before the plan is written."""

_STATES = {Result.FAILED: RunState.FAILED, Result.STOPPED: RunState.STOPPED}


@dataclass(frozen=True, slots=True)
class Found:
    """An unfinished plan of an earlier start.

    Attributes:
        process: that works on its run right now, 0 when its number is not known; None: nobody does.
    """

    plan: SavedPlan
    process: int | None = None


class Keeping:
    """How far the operator has come, and the file that says so.

    Args:
        targets: gives the nodes as they are by now, with the logins that are tried next.

    Attributes:
        next: the question that is open.
        run: the plan's last run.
        problem: why the plan could not be read or written the last time; None: it could.
    """

    def __init__(
        self,
        kept: KeptPlan,
        answers: Answers,
        targets: Callable[[], Iterable[Target]],
        tasks: Tasks,
        changes: Changes,
    ) -> None:
        self.next = Question.ACCESS
        self.run: SavedRun | None = None
        self.problem: Evidence | None = None
        self._kept = kept
        self._answers = answers
        self._targets = targets
        self._tasks = tasks
        self._changes = changes
        self._resumed = False
        self._waiting = False
        self._paused = False
        self._turn = asyncio.Lock()

    # -- an earlier start

    def find(self) -> Found | None:
        """What an earlier start has left to go on with.

        While another process works on it, nothing is kept here: that plan is the one to find again.
        """
        try:
            plan = self._kept.read()
        except InvalidInput as error:
            aside = self._kept.aside
            remedy = f"before other answers take its place, it is put aside as {aside}" if aside else ""
            self.problem = replace(evidence_of(error), remedy=remedy)
            self._changes.note()
            return None
        if plan is None or not plan.unfinished:
            return None
        process = None
        if plan.run is not None and plan.run.state is RunState.BEGUN and plan.run.directory:
            process = worked_on_by(Path(plan.run.directory))
        self._paused = process is not None
        return Found(plan, process)

    def take_up(self, plan: SavedPlan) -> None:
        """Go on where this plan ends."""
        self.next, self.run, self._resumed = plan.next, plan.run, True

    @property
    def resuming(self) -> bool:
        """A plan was taken up, and its logins are to be tried."""
        return self._resumed

    # -- answers

    def answered(self, stage: Stage) -> Stage | None:
        """Take note that a stage is answered, and say which one comes now; None: it was the last one.

        Behind the logins of a plan that was taken up comes the question that was open.
        """
        after = stage.after
        if after is None or (question := after.question) is None:
            return after
        self.next = max(self.next, question, key=list(Question).index)
        self.soon()
        if stage is Stage.ACCESS and self._resumed:
            self._resumed = False
            return STAGE_OF[self.next]
        return after

    def journal(self, open_journal: OpenJournal) -> OpenJournal:
        """The same journal; the plan tells of a run's beginning and end, too."""

        def opened(environment: str) -> Journal:
            return _Telling(open_journal(environment), self._tell)

        return opened

    def _tell(self, run: SavedRun) -> None:
        self.run = run
        self._write_in(0.0)

    # -- writing

    def plan(self) -> SavedPlan:
        """The plan as it is by now."""
        choices = self._answers.choices
        airgap = choices.airgap
        return SavedPlan(
            nodes=tuple(map(node_of, self._targets())),
            choices=replace(choices, airgap=None),
            airgap=airgap.directory if airgap is not None else None,
            next=self.next,
            saved=datetime.now().astimezone().replace(microsecond=0),
            run=self.run,
        )

    def soon(self) -> None:
        """Write it down when no other answer follows at once."""
        self._write_in(PAUSE_S)

    def _write_in(self, seconds: float) -> None:
        self._waiting = True
        self._tasks.start("keeping", self._write(seconds))

    async def _write(self, seconds: float) -> None:
        """The disk may be slow, so a thread waits for it; one at a time, so that the last word stays."""
        await asyncio.sleep(seconds)
        async with self._turn:
            if (plan := self._taken()) is not None:
                self.problem = await completed(asyncio.to_thread(self._written, plan))
                self._changes.note()

    def _taken(self) -> SavedPlan | None:
        """What is to be written now; None: there is nothing to go on with."""
        self._waiting = False
        plan = self.plan()
        return None if self._paused or not plan.nodes else plan

    def _written(self, plan: SavedPlan) -> Evidence | None:
        """Write it down; why that failed, if it did."""
        try:
            self._kept.write(plan)
        except (OSError, UnicodeEncodeError) as error:  # a key file's name need not be text
            return Evidence(
                "this plan is not kept for a later start",
                str(error),
                "make room, or make the directory writable: sugarkube-tui goes on without",
            )
        return None

    def flush(self) -> None:
        """Write down what still waits to be, when no task does it any more."""
        if self._waiting and (plan := self._taken()) is not None:
            self.problem = self._written(plan)


class _Telling:
    """A journal that says when its run begins, and how it ends."""

    def __init__(self, journal: Journal, tell: Callable[[SavedRun], None]) -> None:
        self._journal = journal
        self._say = tell
        self._tell(RunState.BEGUN)

    @property
    def directory(self) -> Path | None:
        return self._journal.directory

    @property
    def problem(self) -> Evidence | None:
        return self._journal.problem

    def __call__(self, event: Event) -> None:
        from sugarkube_tui.engine.events import RunFinished

        self._journal(event)
        if isinstance(event, RunFinished):
            self._tell(_STATES.get(event.result, RunState.DONE))

    def finish(self, report: Report) -> Path | None:
        return self._journal.finish(report)

    def _tell(self, state: RunState) -> None:
        self._say(SavedRun(state, str(self.directory or "")))
