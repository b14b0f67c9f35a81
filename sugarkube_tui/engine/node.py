"""One node's part of a run: converges its steps, and asks where one does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from sugarkube_tui.cluster.actions import Action, InstallPackages, WaitUntil
from sugarkube_tui.cluster.changes import change_of
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.errors import ConnectionLost
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.engine.apt import AptProgress
from sugarkube_tui.engine.asking import Desk, GivenUp
from sugarkube_tui.engine.connection import Connection
from sugarkube_tui.engine.errors import ActionFailed, StepFailed, evidence_of
from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Answer,
    NodeConnected,
    NodeFinished,
    Spent,
    StepFinished,
    StepStarted,
)
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import LineSink, Progress, Target, World
from sugarkube_tui.engine.telling import Teller
from sugarkube_tui.engine.voice import Voice
from sugarkube_tui.steps.base import Step, plan_step
from sugarkube_tui.steps.catalog import STEPS

ROUNDS = 3
"""How often a step may find more to do after what it did: a clock that settles, and is then corrected."""
RECONNECTS_PER_STEP = 2


class NodeRun:
    """A node as the run sees it.

    Attributes:
        voice: all its events are told through it.
        connection: its login, and its facts.
        goal: set when roles are assigned.
        result: how its part ended; None before.
    """

    def __init__(self, target: Target, world: World, teller: Teller, desk: Desk) -> None:
        self.voice = Voice(target.name, world.clock, teller)
        self.connection = Connection(target, world, self.voice)
        self.goal: Goal | None = None
        self.result: Result | None = None
        self._clock = world.clock
        self._desk = desk
        self._step_number = 0
        self._changed = False
        self._actions = 0

    @property
    def name(self) -> str:
        """What the run calls it."""
        return self.voice.name

    @property
    def assigned(self) -> Goal:
        """The goal, once roles are assigned; asking earlier is a fault of the program."""
        if self.goal is None:
            raise RuntimeError(f"{self.name} has no role yet")
        return self.goal

    def tell_connected(self) -> None:
        access = self.connection.known_facts.access
        self.voice.tell(
            NodeConnected(
                self.voice.at,
                self.name,
                access.hostname,
                access.model,
                access.address,
                access.host_key,
                access.first_contact,
            )
        )

    # -- steps

    async def converge(self, steps: Iterable[Step]) -> None:
        """Bring the node to its goal, step by step.

        Raises:
            StepFailed: a step could not be brought to its goal; it was told.
        """
        for step in steps:
            await self.in_step(step.id, step.title, partial(self.bring, step), partial(self._without, step))

    def _without(self, step: Step) -> str:
        return step.without(self.connection.known_facts, self.assigned)

    async def in_step(
        self,
        step: str,
        title: str,
        work: Callable[[], Awaitable[Result]],
        without: Callable[[], str] = lambda: "",
    ) -> None:
        """Tell the beginning and the end of a step around `work`, which is repeated if the connection breaks.

        Args:
            without: says what going on without the step means; empty: it cannot be gone without.

        Raises:
            StepFailed: the work did, and the operator gave the node up or is not there; it was told.
        """
        self._step_number += 1
        began = self._clock.now()
        self.voice.tell(StepStarted(self.voice.at, self.name, step, title, self._step_number))

        def finished(result: Result, evidence: Evidence | None = None) -> None:
            ms = (self._clock.now() - began) * 1000
            self.voice.tell(StepFinished(self.voice.at, self.name, step, title, result, ms, evidence))

        try:
            result = await self._until_settled(title, work, without)
        except asyncio.CancelledError:
            finished(Result.STOPPED)
            raise
        except Exception as error:
            finished(Result.FAILED, evidence_of(error))
            raise
        finished(result)

    async def _until_settled(
        self, title: str, work: Callable[[], Awaitable[Result]], without: Callable[[], str]
    ) -> Result:
        async def again() -> Result:
            await self.connection.refresh()
            return await work()

        attempt = work
        while True:
            try:
                return await self._reconnecting(attempt)
            except GivenUp as error:
                raise StepFailed(error.evidence) from error
            except Exception as error:
                evidence = evidence_of(error)
                means = without()
                skip = (Answer.SKIP,) if means else ()
                answers = (Answer.RETRY, *skip, Answer.GIVE_UP)
                match await self.ask_operator(title, evidence, answers, means):
                    case Answer.RETRY:
                        attempt = again
                    case Answer.SKIP:
                        self.voice.warn(f"the step {title} was left out: {means}", evidence.remedy)
                        return Result.SKIPPED
                    case _:
                        raise StepFailed(evidence) from error

    async def ask_operator(
        self, title: str, evidence: Evidence, answers: tuple[Answer, ...], without: str = ""
    ) -> Answer:
        """What the operator wants done about a failure; GIVE_UP at once where nobody can be asked."""
        with self.voice.stopwatch.spending(Spent.ASKING):
            return await self._desk.ask(self.name, title, evidence, answers, without)

    async def _reconnecting(self, work: Callable[[], Awaitable[Result]]) -> Result:
        reconnects = 0
        while True:
            try:
                return await work()
            except ConnectionLost as error:
                if reconnects == RECONNECTS_PER_STEP:
                    raise
                reconnects += 1
                await self.connection.reopen(error)

    async def bring(self, step: Step) -> Result:
        """Do what the step still has to do, then look again: nothing may be left.

        Raises:
            ActionFailed: an action failed, a problem blocks, or the second look finds more to do.
            ConnectionLost, AccessError: as for `Machine.apply`.
        """
        done: list[Action] = []
        told: list[Problem] = []
        for _ in range(ROUNDS):
            plan = plan_step(step, self.connection.known_facts, self.assigned)
            self._report(problem for problem in plan.problems if problem not in told)
            told += plan.problems
            if not plan.actions:
                if plan.problems:
                    return Result.WARNED
                return Result.CHANGED if done else Result.OK
            if any(action in done for action in plan.actions):
                break
            for action in plan.actions:
                await self._apply(step, action)
                done.append(action)
            # What this step changed may be facts of the steps that follow: one probe serves them, too.
            following = STEPS[STEPS.index(step) :]
            await self.connection.refresh({"access", "k3s", *(other.id for other in following)})
        raise ActionFailed(
            Evidence(
                f"{step.title}: done, but another look finds more to do",
                "; ".join(action.title for action in plan.actions),
                "run again; if it stays so, something else on the node undoes the change",
            )
        )

    def _report(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            if problem.blocking:
                raise ActionFailed(Evidence(problem.what, problem.why, problem.remedy))
            self.voice.warn(
                f"{problem.what} ({problem.why})" if problem.why else problem.what, problem.remedy
            )

    async def _apply(self, step: Step, action: Action) -> None:
        began = self._clock.now()
        voice = self.voice
        voice.tell(ActionStarted(voice.at, self.name, step.id, action.title, action.details))
        self._actions += 1
        self._changed = True
        deadline = action.deadline if isinstance(action, WaitUntil) else None
        what = f"waiting for {action.condition}" if isinstance(action, WaitUntil) else action.title
        progress = voice.progress(what, deadline)
        log = self._reading_apt(progress) if isinstance(action, InstallPackages) else voice.log
        try:
            await self.connection.apply(action, log, progress)
        finally:
            voice.wait_ended()
        ms = (self._clock.now() - began) * 1000
        voice.tell(ActionFinished(voice.at, self.name, step.id, action.title, ms, *change_of(action)))

    def _reading_apt(self, progress: Progress) -> LineSink:
        """Takes what apt-get prints, which also tells how far it is."""
        apt = AptProgress()

        def log(*lines: str) -> None:
            self.voice.log(*lines)
            news = [apt.read(line) for line in lines]
            if any(news):
                progress(apt.share, apt.seen)

        return log

    # -- the end

    def finish(self, result: Result | None = None, evidence: Evidence | None = None) -> None:
        """Tell that this node's part has ended; only the first call counts."""
        if self.result is not None:
            return
        if result is None:
            result = Result.CHANGED if self._changed else Result.WARNED if self.voice.warned else Result.OK
        self.result = result
        self.voice.tell(
            NodeFinished(
                self.voice.at,
                self.name,
                result,
                self.voice.stopwatch.totals(),
                self._actions,
                self.connection.reboots,
                evidence,
            )
        )
