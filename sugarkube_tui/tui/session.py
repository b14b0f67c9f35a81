"""The wizard's state: the one owner of every answer, and of the tasks that outlive a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.belonging import advertised_by, held_by, strangers
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.cluster.saved_plan import Question, SavedPlan
from sugarkube_tui.cluster.standing import Standing
from sugarkube_tui.cluster.token import JoinToken, token_from_variables
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import Target, World
from sugarkube_tui.engine.resuming import given_of, located, node_of
from sugarkube_tui.tui.beginning import Memory, Start
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.keeping import Keeping
from sugarkube_tui.tui.state.progress import Mark, progress
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.tasks import Tasks
from sugarkube_tui.tui.words import problem_of

if TYPE_CHECKING:
    from sugarkube_tui.cluster.roles import Roles
    from sugarkube_tui.engine.formation import Request
    from sugarkube_tui.store.history import History
    from sugarkube_tui.tui.state.access import Access
    from sugarkube_tui.tui.state.address import AddressCheck
    from sugarkube_tui.tui.state.proof import Proving
    from sugarkube_tui.tui.state.review import Review
    from sugarkube_tui.tui.state.run import Run

DEBUG_VARIABLE = "SUGARKUBE_DEBUG_MDNS"
"""Set to 1, it shows the mDNS packets, as it does in sugarkube's own scripts."""


class Session:
    """From the first look at the LAN to the proof.

    The state of a later stage, and with it the part of the engine that the stage needs, is loaded when it is
    first asked for: the first frame must not wait for it.

    Attributes:
        choices: the answers so far; screens replace fields of it.
        history: how long steps took in earlier runs.
        fault: an error that nobody had foreseen; it is shown until the next one.
    """

    def __init__(self, world: World, start: Start, memory: Memory) -> None:
        self.world = world
        self.defaults = start.defaults
        self.variables = start.variables
        self.choices: Choices = start.defaults.choices
        self._answered: set[str] = set()
        self.fault: Evidence | None = None
        self.changes = Changes()
        self.tasks = Tasks(self._on_fault, self.changes.note)
        self.scan = Scan(
            world, start.defaults, start.given, memory.consents, self._known_cas, self.tasks, self.changes
        )
        self.keeping = Keeping(memory.kept, self.saved, self.tasks, self.changes)
        self._login = start.login
        self._memory = memory

    @cached_property
    def access(self) -> Access:
        from sugarkube_tui.tui.state.access import Access

        return Access(self.world, self._login, self.tasks, self.changes)

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

    @property
    def has_run(self) -> bool:
        """A run was begun, at least."""
        return "run" in vars(self)

    @cached_property
    def proving(self) -> Proving:
        from sugarkube_tui.tui.state.proof import Proving

        capturing = self.variables.get(DEBUG_VARIABLE) == "1"
        return Proving(self.world, self.tasks, self.changes, capturing=capturing)

    def _on_fault(self, error: BaseException) -> None:
        self.fault = problem_of(error)

    @property
    def trouble(self) -> Evidence | None:
        """What went wrong beside what the operator is doing."""
        unkept = self.run.unkept if self.has_run else ()
        return self.fault or self.keeping.problem or next(iter(unkept), None)

    async def close(self) -> None:
        """End all tasks, each with its own clean-up, and keep the last answers."""
        await self.tasks.close()
        self.keeping.flush()

    # -- answers

    def choose(self, **answers: object) -> None:
        """Replace some of the choices; what was chosen is not suggested any more."""
        self._answered |= answers.keys()
        self.choices = replace(self.choices, **answers)  # type: ignore[arg-type]
        self.keeping.soon()
        self.changes.note()

    def progress(self, here: Stage) -> Mapping[Stage, Mark]:
        """How it stands with every stage, as seen from one of them."""
        reached = Stage(self.keeping.next.value.capitalize())
        return progress(here, reached, self._missing if here.number <= Stage.REVIEW.number else ())

    @property
    def _missing(self) -> set[Stage]:
        """Stages whose answer does not do: nobody is selected, somebody is not in, the token is none."""
        missing = set()
        if not self.scan.selected:
            missing.add(Stage.SCAN)
        if not ("access" in vars(self) and self.access.all_in):
            missing.add(Stage.ACCESS)
        try:
            self.token()
        except InvalidInput:
            missing.add(Stage.ENVIRONMENT)
        return missing

    def source_of(self, field: str) -> str:
        """The variable that an answer still comes from; empty when it was chosen here or is built in."""
        same = getattr(self.choices, field, None) == getattr(self.defaults.choices, field, None)
        return self.defaults.sources.get(field, "") if same else ""

    @property
    def environment(self) -> Environment:
        return self.choices.environment

    def token(self, environment: Environment | None = None) -> JoinToken | None:
        """The token that is exported for this environment.

        Raises:
            InvalidInput: the variable does not hold one.
        """
        return token_from_variables(environment or self.environment, self.variables)

    def _known_cas(self) -> dict[Environment, str]:
        token = self._token_if_usable()
        return {self.environment: token.ca_hash} if token is not None and token.ca_hash else {}

    def roles(self, **answers: object) -> Roles:
        """The roles as they will be, as far as the nodes and the LAN are known by now.

        Args:
            answers: choices that are to count instead of those that were made.
        """
        from sugarkube_tui.cluster.roles import assign_roles

        choices = replace(self.choices, **answers)  # type: ignore[arg-type]
        live = self.scan.live_servers(self.environment)
        return assign_roles(self.access.facts, live, choices, self._token_if_usable())

    def suggest_servers(self) -> None:
        """Offer the likely number of servers, unless one was chosen or a variable names it."""
        from sugarkube_tui.cluster.cautions import likely_servers

        if "servers" not in self._answered and "servers" not in self.defaults.sources:
            self.choices = replace(self.choices, servers=likely_servers(self.standing()))
            self.changes.note()

    def standing(self, environment: Environment | None = None) -> Standing:
        """What there is of an environment's cluster, as far as nodes and LAN are known by now.

        Args:
            environment: None: the chosen one.
        """
        environment = environment or self.environment
        token = self._token_if_usable(environment)
        live = self.scan.live_servers(environment)
        return Standing.of(environment, self.access.facts, live, (token.ca_hash or "") if token else "")

    def strangers(self, environment: Environment | None = None) -> tuple[Problem, ...]:
        """Chosen hosts that belong to another environment, by their adverts or their k3s.

        Args:
            environment: None: the chosen one.
        """
        belongs = advertised_by({host.short_name: host for host in self.scan.selected})
        if "access" in vars(self):
            belongs |= held_by(self.access.facts)
        return strangers(belongs, environment or self.environment)

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

    # -- the saved plan

    def saved(self) -> SavedPlan:
        """The answers as they are by now."""
        airgap = self.choices.airgap
        return SavedPlan(
            nodes=tuple(node_of(target) for target in self.access.intended),
            choices=replace(self.choices, airgap=None),
            airgap=airgap.directory if airgap is not None else None,
            next=self.keeping.next,
            saved=datetime.now().astimezone().replace(microsecond=0),
            run=self.keeping.run,
        )

    async def resume(self, plan: SavedPlan) -> None:
        """Take up a saved plan; its nodes are where their names are by now.

        Raises:
            InvalidInput: the plan's k3s release cannot be used.
        """
        from sugarkube_tui.store.plans import choices_of

        choices = await asyncio.to_thread(choices_of, plan)
        plan = await located(self.world.lan, plan)
        self.choices = choices
        if plan.next in (Question.ADDRESS, Question.REVIEW):
            self._answered.add("servers")
        self.defaults = replace(self.defaults, choices=choices, sources={})
        self.scan.resume(self.defaults, map(given_of, plan.nodes))
        self.access.resume(plan.nodes)
        self.keeping.take_up(plan)
        self.changes.note()

    @property
    def way_on(self) -> str:
        """How a run that was left halfway is gone on with."""
        on = "from what is true on the nodes"
        if self.world.simulated:
            return f"the same plan goes on {on}; the demo keeps none"
        return f"start sugarkube-tui again: it finds this run's log and offers to go on {on}"

    # -- from answers to work

    def request(self) -> Request:
        """What the answers ask for.

        Raises:
            InvalidInput: the exported token is none.
        """
        from sugarkube_tui.engine.formation import Request

        return Request(self.access.targets, self.choices, self.token())

    def start_run(self) -> None:
        """Carry out what was reviewed.  The scan has done its work by then."""
        if self.review.request is None or self.run.phase.active:
            return
        self.scan.stop()
        self.run.start(self.review.request)

    def run_again(self) -> None:
        if self.run.request is not None and not self.run.phase.active:
            self.run.start(self.run.request)

    def prove(self) -> None:
        """Look from outside whether the cluster is there, until the proof is told to stop."""
        from sugarkube_tui.engine.climb import Subject

        servers = self._servers()
        request = self.run.request
        targets = dict.fromkeys((*(target for target, _ in servers), *(request.targets if request else ())))
        self.proving.start(
            Subject(
                self.environment,
                expected=tuple(f"{hostname}.local" for _, hostname in servers),
                wanted=len(servers),
                targets=tuple(targets),
                login=next((target.login for target in targets), None),
                token=self._token_if_usable(),
                registration_address=self.choices.registration_address,
            )
        )

    @property
    def left_undone(self) -> bool:
        """Something was begun and is not proved; who leaves before that leaves nothing undone."""
        from sugarkube_tui.tui.state.run import Phase

        return self.run.phase is not Phase.IDLE and not (self.run.phase is Phase.DONE and self.proving.ok)

    @property
    def last_words(self) -> str:
        """What stays in the terminal when the wizard is gone; empty when nothing was begun."""
        from sugarkube_tui.tui.state.run import Phase

        if self.run.phase is Phase.IDLE:
            return ""
        board = self.run.board
        ready = sum(node.reached for node in board.nodes.values())
        environment = self.environment
        # Leaving stops what still goes on.
        phase = Phase.STOPPED if self.run.phase.active else self.run.phase
        lines = [f"{environment}: {ready} of {len(board.nodes)} nodes Ready, the run is {phase}"]
        if self.run.phase is not Phase.DONE:
            lines.append(f"to complete it, {self.way_on}")
        elif not self.proving.ok:
            lines.append(f"not proved yet: sugarkube-tui verify {environment.name}")
        else:
            server = next((name for _, name in self._servers()), "a server")
            lines.append(f"next, on {server}: sudo k3s kubectl get nodes")
        if board.log_directory:
            lines.append(f"logs: {board.log_directory}")
        return "\n".join(lines)

    def _servers(self) -> list[tuple[Target, str]]:
        """The run's servers, with the host names by which they advertise."""
        request = self.run.request
        targets = request.targets if request is not None else ()
        nodes = self.run.board.nodes
        return [
            (target, node.hostname or target.name)
            for target in targets
            if (node := nodes.get(target.name)) is not None and node.role.endswith("server")
        ]

    def _token_if_usable(self, environment: Environment | None = None) -> JoinToken | None:
        try:
            return self.token(environment)
        except InvalidInput:
            return None
