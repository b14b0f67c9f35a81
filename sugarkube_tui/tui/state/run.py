"""The run: one execution of the plan.  It goes on whatever screen is shown."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.estimate import Estimate, remaining, samples
from sugarkube_tui.engine.events import Answer, Asked, Event
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.report import Report, report_of
from sugarkube_tui.store.history import History
from sugarkube_tui.store.journal import REMEDY
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.journal import Journal, NoJournal, OpenJournal
from sugarkube_tui.tui.tasks import Tasks, completed


class Phase(StrEnum):
    """Where the run is."""

    IDLE = "not started"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        return self in (Phase.RUNNING, Phase.STOPPING)

    @property
    def told(self) -> str:
        """What goes behind "the run"."""
        return {Phase.STOPPED: "was stopped", Phase.FAILED: "failed"}.get(self, f"is {self}")


class Run:
    """Starts, stops and answers; everything else is folded from events.

    Attributes:
        fault: why it ended without telling.
        report: what came of it; None before its end.
        report_path: where that is kept; empty when it is not.
    """

    def __init__(
        self, world: World, open_journal: OpenJournal, history: History, tasks: Tasks, changes: Changes
    ) -> None:
        self.board = Board()
        self.phase = Phase.IDLE
        self.request: Request | None = None
        self.fault: Evidence | None = None
        self.report: Report | None = None
        self.report_path = ""
        self._history = history
        self._estimated: tuple[int, Estimate] | None = None
        self._answers: dict[str, asyncio.Future[Answer]] = {}
        self._formation: Formation | None = None
        self._world = world
        self._open_journal = open_journal
        self._journal: Journal = NoJournal()
        self._unreported: Evidence | None = None
        self._tasks = tasks
        self._changes = changes
        self._began = 0.0
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """Since the run began, until its end."""
        end = self._ended if self._ended is not None else self._world.clock.now()
        return end - self._began

    def remaining(self) -> Estimate:
        """How long it will still take; looked at anew every second."""
        second = int(self.seconds)
        if self._estimated is None or self._estimated[0] != second:
            estimate = remaining(self.board, self.seconds, self._history.recall())
            self._estimated = (second, estimate)
        return self._estimated[1]

    def start(self, request: Request) -> None:
        """Begin, with a board and a log directory of its own."""
        self.fault = None
        journal = self._journal = self._open_journal(str(request.choices.environment))
        self.request = request
        self.board = Board(
            str(request.choices.environment),
            str(journal.directory or ""),
            {target.name: NodeBoard(target.name) for target in request.targets},
        )
        self.phase, self._ended, self._estimated = Phase.RUNNING, None, None
        self.report, self.report_path, self._unreported = None, "", None
        self._began = self._world.clock.now()
        self._tasks.start("run", self._run(request, journal))
        self._changes.note()

    def again(self) -> None:
        """The same once more, from what is true on the nodes by then."""
        if self.request is not None and not self.phase.active:
            self.start(self.request)

    def stop(self) -> None:
        """Stop now.  No file is left half-written; what is done stays done."""
        if self.phase is Phase.RUNNING and self._ended is None:
            self.phase = Phase.STOPPING
            self._tasks.cancel("run")
            self._changes.note()

    @property
    def unkept(self) -> tuple[Evidence, ...]:
        """Why log or report, or the rest of the log, are not kept; the run goes on all the same."""
        return tuple(problem for problem in (self._journal.problem, self._unreported) if problem is not None)

    @property
    def asking(self) -> list[str]:
        """Names of the nodes that wait for an answer, in the run's order."""
        return [name for name, node in self.board.nodes.items() if node.question is not None]

    def answer(self, node: str, answer: Answer) -> None:
        """Answer a node's question; one that it did not ask, or not with this answer, is left alone."""
        waiting = self._answers.get(node)
        question = self.board.nodes[node].question
        if waiting is not None and not waiting.done() and question and answer in question.answers:
            waiting.set_result(answer)

    def give_up(self, node: str) -> None:
        """Set a node aside, whatever it is doing; the others go on."""
        if self._formation is not None:
            self._formation.give_up(node)

    async def _ask(self, asked: Asked) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[asked.node] = answer
        try:
            return await answer
        finally:
            del self._answers[asked.node]

    async def _run(self, request: Request, journal: Journal) -> None:
        formation = self._formation = Formation(self._world, request, self._ask)
        phase = Phase.FAILED
        try:
            result = await formation.run([journal, self._fold], str(journal.directory or ""))
            phase = Phase.FAILED if result is Result.FAILED else Phase.DONE
        except asyncio.CancelledError:
            phase = Phase.STOPPED
            raise
        except Exception as error:
            self.fault = evidence_of(error)
            raise
        finally:
            self._formation = None
            self._ended = self._world.clock.now()
            try:
                await self._keep(journal, report_of(self.board, request.targets, request.choices.environment))
            finally:
                self.phase = phase
                self._changes.note()
                await formation.close()

    async def _keep(self, journal: Journal, report: Report) -> None:
        """Keep the report, and what later runs can learn from this one.

        The disk may be slow, so a thread waits for it; whoever cancels waits for that thread.
        """
        durations = samples(self.board)

        def write() -> Path | None:
            try:
                return journal.finish(report)
            finally:
                self._history.record(durations)

        try:
            self.report_path = str(await completed(asyncio.to_thread(write)) or "")
        except OSError as error:
            self._unreported = Evidence("the report is not kept", str(error), REMEDY)
        finally:
            self.report = report

    def _fold(self, event: Event) -> None:
        self.board.fold(event)
        self._changes.note()
