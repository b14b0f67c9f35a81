"""The wizard's state: the one owner of all that outlives a screen, and of what goes on behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.saved_plan import Question, SavedPlan
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import World
from sugarkube_tui.tui.beginning import Memory, Start
from sugarkube_tui.tui.stages import STAGE_OF, Stage
from sugarkube_tui.tui.state.answers import Answers
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.keeping import Keeping
from sugarkube_tui.tui.state.progress import Mark, missing, progress
from sugarkube_tui.tui.tasks import Tasks

if TYPE_CHECKING:
    from sugarkube_tui.cluster.hosts import Host
    from sugarkube_tui.cluster.outlook import Outlook
    from sugarkube_tui.cluster.plan import Problem
    from sugarkube_tui.cluster.roles import Roles
    from sugarkube_tui.engine.formation import Request
    from sugarkube_tui.store.history import History
    from sugarkube_tui.tui.state.access import Access
    from sugarkube_tui.tui.state.address import AddressCheck
    from sugarkube_tui.tui.state.leaving import Leaving
    from sugarkube_tui.tui.state.proof import Proving
    from sugarkube_tui.tui.state.review import Review
    from sugarkube_tui.tui.state.run import Run
    from sugarkube_tui.tui.state.scan import Scan


class Session:
    """From the first look at the LAN to the proof.

    A stage's state, and with it the part of the engine that the stage needs, is loaded when it is first
    asked for: the first frame must not wait for it.

    Attributes:
        history: how long steps took in earlier runs.
        fault: an error that nobody had foreseen; it is shown until the next one.
    """

    def __init__(self, world: World, start: Start, memory: Memory) -> None:
        self.world = world
        self.fault: Evidence | None = None
        self.changes = Changes()
        self.tasks = Tasks(self._on_fault, self.changes.note)
        self.answers = Answers(start.defaults, start.variables, self._on_choice)
        self.keeping = Keeping(
            memory.kept, self.answers, lambda: self.access.intended, self.tasks, self.changes
        )
        self._start = start
        self._memory = memory

    @cached_property
    def scan(self) -> Scan:
        from sugarkube_tui.tui.state.scan import Scan

        return Scan(
            self.world,
            self._start.defaults,
            self._start.given,
            self._memory.consents,
            self.answers.known_cas,
            self.tasks,
            self.changes,
        )

    @cached_property
    def access(self) -> Access:
        from sugarkube_tui.tui.state.access import Access

        return Access(self.world, self._start.login, self.tasks, self.changes)

    @cached_property
    def address(self) -> AddressCheck:
        from sugarkube_tui.tui.state.address import AddressCheck

        return AddressCheck(self.world, self.tasks, self.changes)

    @cached_property
    def review(self) -> Review:
        from sugarkube_tui.tui.state.review import Review

        return Review(self.world, self.tasks, self.changes)

    @cached_property
    def run(self) -> Run:
        from sugarkube_tui.tui.state.run import Run

        open_journal = self.keeping.journal(self._memory.open_journal)
        return Run(self.world, open_journal, self.history, self.tasks, self.changes)

    @cached_property
    def history(self) -> History:
        from sugarkube_tui.store.history import History

        return History(self._memory.history)

    @cached_property
    def proving(self) -> Proving:
        from sugarkube_tui.engine.verify import shows_packets
        from sugarkube_tui.tui.state.proof import Proving

        capturing = shows_packets(self._start.variables)
        return Proving(self.world, self.tasks, self.changes, capturing=capturing)

    def _has(self, state: str) -> bool:
        """The state of a later stage was asked for already."""
        return state in vars(self)

    @property
    def has_scan(self) -> bool:
        """The LAN is being looked at, or was."""
        return self._has("scan")

    @property
    def has_run(self) -> bool:
        """A run was begun, at least."""
        return self._has("run") and self.run.request is not None

    def _on_fault(self, error: BaseException) -> None:
        self.fault = evidence_of(error)

    def _on_choice(self) -> None:
        self.keeping.soon()
        self.changes.note()

    @property
    def trouble(self) -> Evidence | None:
        """What went wrong beside what the operator is doing."""
        unkept = self.run.unkept if self.has_run else ()
        return self.fault or self.keeping.problem or next(iter(unkept), None)

    async def close(self) -> None:
        """End all tasks, each with its own clean-up, and keep the last answers."""
        await self.tasks.close()
        self.keeping.flush()

    # -- what follows from the answers

    def progress(self, here: Stage) -> Mapping[Stage, Mark]:
        """How it stands with every stage, as seen from one of them."""
        wanting: set[Stage] = set()
        if here.number <= Stage.REVIEW.number:
            wanting = missing(
                selected=self.has_scan and bool(self.scan.selected),
                logged_in=self._has("access") and self.access.all_in,
                token_usable=not self.answers.has_bad_token,
            )
        return progress(here, STAGE_OF[self.keeping.next], wanting)

    def outlook(self, environment: Environment | None = None) -> Outlook:
        """What is known by now of an environment's cluster.

        Args:
            environment: None: the chosen one.
        """
        from sugarkube_tui.cluster.outlook import Outlook

        environment = environment or self.answers.environment
        live = self.scan.live_servers(environment)
        return Outlook(environment, self.access.facts, live, self.answers.usable_token(environment))

    @property
    def roles(self) -> Roles:
        """Who becomes what, as far as nodes and LAN are known by now."""
        return self.outlook().roles(self.answers.choices)

    def strangers(self, environment: Environment | None = None) -> tuple[Problem, ...]:
        """Chosen hosts that belong to another environment, by their adverts or their k3s.

        Args:
            environment: None: the chosen one.
        """
        from sugarkube_tui.cluster.belonging import strangers

        facts = self.access.facts if self._has("access") else {}
        return strangers(environment or self.answers.environment, self.scan.selected, facts)

    def choose_hosts(self, hosts: Sequence[Host]) -> None:
        """The hosts that are to become the cluster; a user or port that one was named with is kept."""
        self.access.choose(hosts, {host.short_name: self.scan.given_for(host) for host in hosts})

    def leave_out(self, name: str) -> None:
        """Do without this node from here on."""
        one = self.access.hosts.get(name)
        if one is not None:
            self.scan.leave_out(one.host.name)
        self.access.leave_out(name)
        self.keeping.soon()

    # -- work

    async def resume(self, plan: SavedPlan) -> None:
        """Take up a saved plan; its nodes are where their names are by now.

        Raises:
            InvalidInput: the plan's k3s release cannot be used.
        """
        from sugarkube_tui.engine.resuming import given_of, located
        from sugarkube_tui.store.plans import choices_of

        choices = await asyncio.to_thread(choices_of, plan)
        plan = await located(self.world.lan, plan)
        self.answers.take_up(choices, servers_chosen=plan.next in (Question.ADDRESS, Question.REVIEW))
        self.scan.resume(self.answers.defaults, map(given_of, plan.nodes))
        self.access.resume(plan.nodes)
        self.keeping.take_up(plan)
        self.changes.note()

    def request(self) -> Request:
        """What the answers ask for.

        Raises:
            InvalidInput: the exported token is none.
        """
        from sugarkube_tui.engine.formation import Request

        return Request(self.access.targets, self.answers.choices, self.answers.token())

    def start_run(self) -> None:
        """Carry out what was reviewed.  The scan has done its work by then."""
        if self.review.request is None or self.run.phase.active:
            return
        self.scan.stop()
        self.run.start(self.review.request)

    def run_again(self) -> None:
        """The same once more, from what is true on the nodes by then; no earlier proof counts for it."""
        if self._has("proving"):
            self.proving.forget()
        self.run.again()

    def prove(self) -> None:
        """Look from outside whether the run's cluster is there, until the proof is told to stop."""
        from sugarkube_tui.engine.subject import subject_of

        if self.run.request is not None:
            self.proving.start(subject_of(self.run.request, self.run.board))

    @property
    def leaving(self) -> Leaving | None:
        """What leaving now would mean; None: nothing was begun."""
        if not self.has_run:
            return None
        from sugarkube_tui.tui.state.leaving import Leaving

        return Leaving(
            self.answers.environment,
            self.run.phase,
            self.run.board,
            proved=self._has("proving") and self.proving.ok,
            simulated=self.world.simulated,
        )
