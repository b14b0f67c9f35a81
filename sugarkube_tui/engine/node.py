"""One node's part of a run: converges its steps, survives reboots and lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from sugarkube_tui.cluster.actions import Action, InstallPackages, Reboot, WaitUntil
from sugarkube_tui.cluster.changes import change_of
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.errors import ConnectionLost
from sugarkube_tui.cluster.facts import AccessFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.cluster.queries import Query
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.apt import AptProgress
from sugarkube_tui.engine.asking import Desk, GivenUp
from sugarkube_tui.engine.errors import ActionFailed, StepFailed, evidence_of
from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Answer,
    NodeConnected,
    NodeFinished,
    Spending,
    Spent,
    StepFinished,
    StepStarted,
    WaitEnded,
    Waiting,
    Warned,
)
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import Answers, LineSink, Machine, Target, World
from sugarkube_tui.engine.returning import RETRY_S, Return, come_back
from sugarkube_tui.engine.telling import Stopwatch, Teller
from sugarkube_tui.steps.base import Step, plan_step
from sugarkube_tui.steps.catalog import PROBED, STEPS, read_facts

BACK_WITHIN_S = 60.0
"""Seconds to wait for a node whose connection broke, before its part is given up."""
WAKING_S = 20.0
"""Seconds in which a k3s that was started may still come up by itself, before it is judged."""
ROUNDS = 3
"""How often a step may find more to do after what it did: a clock that settles, and is then corrected."""
RECONNECTS_PER_STEP = 2


class NodeRun:
    """A node as the run sees it.  All its events are told here.

    Attributes:
        facts: as of the last probe; None before the first.
        goal: set when roles are assigned.
    """

    def __init__(self, target: Target, world: World, teller: Teller, desk: Desk) -> None:
        self.target = target
        self.name = target.name
        self.facts: NodeFacts | None = None
        self.goal: Goal | None = None
        self.result: Result | None = None
        self.stopwatch = Stopwatch(world.clock, self._spends)
        self._world = world
        self._teller = teller
        self._desk = desk
        self._machine: Machine | None = None
        self._answers: dict[str, Answers] = {}
        self._step_number = 0
        self._changed = False
        self._warned = False
        self._actions = 0
        self._reboots = 0

    def _spends(self, kind: Spent) -> None:
        self._teller.tell(Spending(self._teller.at, self.name, kind))

    # -- connection and facts

    async def connect(self) -> NodeFacts:
        """Log in and read all facts.

        Raises:
            SugarkubeError: what `Machines.open` and `Machine.probe` raise.
        """
        with self.stopwatch.spending(Spent.REMOTE):
            if self._machine is None:
                self._machine = await self._world.machines.open(self.target)
            try:
                facts = await self._settled()
            except ConnectionLost:
                # The connection was kept since the review and may have died meanwhile: try a new one.
                await self.close()
                self._machine = await self._world.machines.open(self.target)
                facts = await self._settled()
        return facts

    async def _settled(self) -> NodeFacts:
        """Facts, a k3s that is just starting given some time: it is no wreck only because it is slow."""
        facts = await self.refresh()
        began = self._world.clock.now()
        while facts.k3s.waking and self._world.clock.now() - began < WAKING_S:
            await self._world.clock.sleep(RETRY_S)
            facts = await self.refresh({"k3s"})
        return facts

    def tell_connected(self) -> None:
        access = self._known_facts().access
        self._teller.tell(
            NodeConnected(
                self._teller.at,
                self.name,
                access.hostname,
                access.model,
                access.address,
                access.host_key,
                access.first_contact,
            )
        )

    async def refresh(self, steps: Collection[str] | None = None) -> NodeFacts:
        """Probe these steps (default: all) and bring the facts up to date."""
        wanted = [step.id for step in PROBED if steps is None or step.id in steps]
        with self.stopwatch.spending(Spent.REMOTE):
            self._answers.update(await self._connected().probe(wanted))
        self.facts = read_facts(self._answers)
        return self.facts

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        with self.stopwatch.spending(Spent.REMOTE):
            return await self._connected().ask(query, stdin)

    async def close(self) -> None:
        if self._machine is not None:
            machine, self._machine = self._machine, None
            await machine.close()

    def _connected(self) -> Machine:
        if self._machine is None:
            raise ConnectionLost("there is no connection", where=self.name)
        return self._machine

    # -- steps

    async def converge(self, steps: Iterable[Step]) -> None:
        """Bring the node to its goal, step by step.

        Raises:
            StepFailed: a step could not be brought to its goal; it was told.
        """
        for step in steps:
            await self.in_step(step.id, step.title, partial(self.bring, step), partial(self._without, step))

    def _without(self, step: Step) -> str:
        return step.without(self._known_facts(), self.assigned)

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
        began = self._world.clock.now()
        self._teller.tell(StepStarted(self._teller.at, self.name, step, title, self._step_number))

        def finished(result: Result, evidence: Evidence | None = None) -> None:
            ms = (self._world.clock.now() - began) * 1000
            self._teller.tell(StepFinished(self._teller.at, self.name, step, title, result, ms, evidence))

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
            await self.refresh()
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
                        self._warn(f"{title} was left out: {means}", evidence.remedy)
                        return Result.SKIPPED
                    case _:
                        raise StepFailed(evidence) from error

    async def ask_operator(
        self, title: str, evidence: Evidence, answers: tuple[Answer, ...], without: str = ""
    ) -> Answer:
        """What the operator wants done about a failure; GIVE_UP at once where nobody can be asked."""
        with self.stopwatch.spending(Spent.ASKING):
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
                await self._reconnect(error)

    async def bring(self, step: Step) -> Result:
        """Do what the step still has to do, then look again: nothing may be left.

        Raises:
            ActionFailed: an action failed, a problem blocks, or the second look finds more to do.
            ConnectionLost, AccessError: as for `Machine.apply`.
        """
        done: list[Action] = []
        told: list[Problem] = []
        for _ in range(ROUNDS):
            plan = plan_step(step, self._known_facts(), self.assigned)
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
            await self.refresh({"access", "k3s", *(other.id for other in following)})
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
            self._warn(f"{problem.what} ({problem.why})" if problem.why else problem.what, problem.remedy)

    def _warn(self, what: str, remedy: str) -> None:
        self._warned = True
        self._teller.tell(Warned(self._teller.at, self.name, what, remedy))

    async def _apply(self, step: Step, action: Action) -> None:
        began = self._world.clock.now()
        tell = self._teller.tell
        tell(ActionStarted(self._teller.at, self.name, step.id, action.title, action.details))
        self._actions += 1
        self._changed = True
        try:
            if isinstance(action, Reboot):
                await self._reboot(action)
            else:
                with self.stopwatch.spending(Spent.REMOTE):
                    await self._connected().apply(action, self._log_of(action), self._progress_of(action))
        finally:
            tell(WaitEnded(self._teller.at, self.name))
        ms = (self._world.clock.now() - began) * 1000
        tell(ActionFinished(self._teller.at, self.name, step.id, action.title, ms, *change_of(action)))

    def _log_of(self, action: Action) -> LineSink:
        """Takes the action's output; that of apt-get also tells how far it is."""
        if not isinstance(action, InstallPackages):
            return self._log
        apt, progress = AptProgress(), self._progress_of(action)

        def log(*lines: str) -> None:
            self._log(*lines)
            news = [apt.read(line) for line in lines]
            if any(news):
                progress(apt.share, apt.seen)

        return log

    def _log(self, *lines: str) -> None:
        self._teller.log(self.name, *lines)

    def _progress_of(self, action: Action) -> Callable[[float | None, str], None]:
        until = self._teller.at + action.deadline if isinstance(action, WaitUntil) else None
        what = f"waiting for {action.condition}" if isinstance(action, WaitUntil) else action.title

        def progress(share: float | None, seen: str) -> None:
            self._teller.tell(Waiting(self._teller.at, self.name, what, until, seen, share))

        return progress

    # -- reboots and lost connections

    async def _reboot(self, action: Reboot) -> None:
        with self.stopwatch.spending(Spent.REBOOT):
            # The node may go down quicker than the answer to the command comes back.
            with suppress(ConnectionLost):
                await self._connected().apply(action, self._log, self._progress_of(action))
            self._reboots += 1
            await self._back(Return("the reboot", action.deadline, lambda boot_id: boot_id != action.boot_id))

    async def _reconnect(self, lost: ConnectionLost) -> None:
        self._log(f"connection lost: {lost.what}")
        with self.stopwatch.spending(Spent.REMOTE):
            try:
                await self._back(Return("the node to answer again", BACK_WITHIN_S, lambda boot_id: True))
            except ActionFailed as error:
                raise ActionFailed(
                    replace(error.evidence, what="the connection broke and the node did not come back")
                ) from lost
        self._teller.tell(WaitEnded(self._teller.at, self.name))

    async def _back(self, wanted: Return) -> None:
        """Wait for the node to come back; the connection is a new one then, or none.

        Raises:
            ActionFailed: as for `come_back`.
        """
        clock = self._world.clock
        began = clock.now()
        until = self._teller.at + wanted.deadline
        what = f"waiting for {wanted.what}"

        async def look(address: str) -> AccessFacts:
            await self.close()
            self._machine = await self._world.machines.open(replace(self.target, host=address))
            return (await self.refresh()).access

        def progress(share: float | None, seen: str) -> None:
            self._teller.tell(Waiting(self._teller.at, self.name, what, until, seen, share))

        await self.close()
        try:
            found = await come_back(
                wanted, self.target.host, self._known_facts().access, look, clock, progress
            )
        except ActionFailed:
            await self.close()
            raise
        self._log(f"back after {clock.now() - began:.1f} s, boot id {found.boot_id}")

    # -- the end

    def finish(self, result: Result | None = None, evidence: Evidence | None = None) -> None:
        """Tell that this node's part has ended; only the first call counts."""
        if self.result is not None:
            return
        if result is None:
            result = Result.CHANGED if self._changed else Result.WARNED if self._warned else Result.OK
        self.result = result
        self._teller.tell(
            NodeFinished(
                self._teller.at,
                self.name,
                result,
                self.stopwatch.totals(),
                self._actions,
                self._reboots,
                evidence,
            )
        )

    def waiting(self, what: str, seconds: float | None, seen: str, others: Iterable[str] = ()) -> None:
        """Tell what the node waits for; `seconds` from now it gives up, None: when `others` are done."""
        until = None if seconds is None else self._teller.at + seconds
        self._teller.tell(Waiting(self._teller.at, self.name, what, until, seen, others=tuple(others)))

    def wait_ended(self) -> None:
        self._teller.tell(WaitEnded(self._teller.at, self.name))

    def _known_facts(self) -> NodeFacts:
        if self.facts is None:
            raise RuntimeError(f"nothing is known of {self.name} yet")
        return self.facts

    @property
    def assigned(self) -> Goal:
        """The goal, once roles are assigned; asking earlier is a fault of the program."""
        if self.goal is None:
            raise RuntimeError(f"{self.name} has no role yet")
        return self.goal
