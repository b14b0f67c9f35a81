"""The run: one execution of the plan.  It goes on whatever screen is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.events import Event, EventSink, Evidence, Result
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.joining import Answer, Question
from sugarkube_tui.engine.ports import World
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks
from sugarkube_tui.tui.words import problem_of

OpenJournal = Callable[[str], tuple[EventSink, str]]
"""Takes the environment; gives a sink that keeps events, and its directory for display."""


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


class Run:
    """Starts, stops and answers; everything else is folded from events.

    Attributes:
        question: what the run wants to know; None when it does not.
        fault: why it ended without telling, or why no log is kept.
    """

    def __init__(self, world: World, open_journal: OpenJournal, tasks: Tasks, changes: Changes) -> None:
        self.board = Board()
        self.phase = Phase.IDLE
        self.request: Request | None = None
        self.question: Question | None = None
        self.fault: Evidence | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._world = world
        self._open_journal = open_journal
        self._tasks = tasks
        self._changes = changes
        self._began = 0.0
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        """Since the run began, until its end."""
        end = self._ended if self._ended is not None else self._world.clock.now()
        return end - self._began

    def seconds_of(self, node: NodeBoard) -> float:
        return self.seconds if node.finished_at is None else node.finished_at

    def start(self, request: Request) -> None:
        """Begin, with a board and a log directory of its own."""
        self.fault = None
        try:
            sink, directory = self._open_journal(str(request.choices.environment))
        except OSError as error:  # a run without logs on disk is better than none
            sink, directory = (lambda event: None), ""
            self.fault = Evidence("no log of this run is kept", str(error))
        self.request = replace(request, log_directory=directory)
        self.board = Board(
            str(request.choices.environment),
            directory,
            {target.name: NodeBoard(target.name) for target in request.targets},
        )
        self.phase, self.question, self._ended = Phase.RUNNING, None, None
        self._began = self._world.clock.now()
        self._tasks.start("run", self._run(self.request, sink))
        self._changes.note()

    def stop(self) -> None:
        """Stop now.  No file is left half-written; what is done stays done."""
        if self.phase is Phase.RUNNING:
            self.phase = Phase.STOPPING
            self.question = None
            self._tasks.cancel("run")
            self._changes.note()

    def answer(self, answer: Answer) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def _ask(self, question: Question) -> Answer:
        self._answer = asyncio.get_running_loop().create_future()
        self.question = question
        self._changes.note()
        try:
            return await self._answer
        finally:
            self.question = None
            self._changes.note()

    async def _run(self, request: Request, sink: EventSink) -> None:
        formation = Formation(self._world, request, [sink, self._fold], self._ask)
        try:
            result = await formation.run()
            self.phase = Phase.FAILED if result is Result.FAILED else Phase.DONE
        except asyncio.CancelledError:
            self.phase = Phase.STOPPED
            raise
        except Exception as error:
            self.phase = Phase.FAILED
            self.fault = problem_of(error)
            raise
        finally:
            self._ended = self._world.clock.now()
            self._changes.note()
            await formation.close()

    def _fold(self, event: Event) -> None:
        self.board.fold(event)
        self._changes.note()
