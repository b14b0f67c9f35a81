"""Forming a cluster: connect, look, plan, and carry out every node's part.

Nothing is rolled back: the same command goes on from what is true.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.errors import PlanRefused, SugarkubeError
from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.cluster.plan import Plan, blockers
from sugarkube_tui.cluster.secrets import Redactor
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.asking import Asker, Desk
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.events import EventSink, RoleAssigned, RunFinished, RunStarted
from sugarkube_tui.engine.looking import Release, by_own_names, is_address, look_around
from sugarkube_tui.engine.node import NodeRun
from sugarkube_tui.engine.order import Order, order_of
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.parts import Parts
from sugarkube_tui.engine.ports import Target, World
from sugarkube_tui.engine.telling import Teller
from sugarkube_tui.engine.turns import Turns
from sugarkube_tui.steps.catalog import FORM, PREPARE
from sugarkube_tui.steps.planner import make_plan


@dataclass(frozen=True, slots=True)
class Request:
    """What the operator asks for.

    Attributes:
        token: given in a variable; None: read from a server.
    """

    targets: tuple[Target, ...]
    choices: Choices
    token: JoinToken | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What was found before anything is changed.

    Attributes:
        nodes: who was found, by node name.
        failures: nodes that could not be logged in to or read, with the reason.
        version: the k3s release for new nodes; None while it is not known.
    """

    plan: Plan
    live: tuple[LiveServer, ...]
    nodes: dict[str, AccessFacts] = field(default_factory=dict)
    failures: dict[str, Evidence] = field(default_factory=dict)
    version: str | None = None


class Formation:
    """One forming of a cluster: `look` as often as wanted, `run` once, then `close`.

    Args:
        ask: reaches the operator when a step fails; None: nobody is there, and the node is set aside.
    """

    def __init__(self, world: World, request: Request, ask: Asker | None = None) -> None:
        secrets = [request.token.secret, request.token.password] if request.token else []
        for target in request.targets:
            login = target.login
            given = (login.password, login.sudo_password, login.passphrase)
            secrets += [secret for secret in given if secret is not None]
        self._world = world
        self._request = request
        self._teller = Teller(world.clock, Redactor(secrets))
        self._desk = Desk(self._teller, ask)
        self._nodes = {
            target.name: NodeRun(target, world, self._teller, self._desk) for target in request.targets
        }
        self._release = Release(request.choices)
        self._parts: Parts | None = None

    async def close(self) -> None:
        """Log out everywhere."""
        await asyncio.gather(
            *(node.connection.close() for node in self._nodes.values()), return_exceptions=True
        )

    # -- looking

    async def look(self, on_read: Callable[[str], None] = lambda name: None) -> Look:
        """Log in to all nodes, read their facts, listen on the LAN, and plan.  Changes nothing.

        Args:
            on_read: is told the name of each node whose facts were read, as soon as they were.
        """
        choices = self._request.choices
        first = await look_around(self._world, choices.environment, self._nodes, on_read)
        failures = first.failures
        self._nodes = by_own_names(self._nodes, failures)
        version = await self._release.settle(self._nodes.values())
        facts = {
            name: node.connection.facts
            for name, node in self._nodes.items()
            if name not in failures and node.connection.facts is not None
        }
        plan = make_plan(facts, first.live, choices, self._request.token, version)
        plan = replace(plan, problems=(*plan.problems, *first.problems))
        found = {name: node_facts.access for name, node_facts in facts.items()}
        return Look(plan, first.live, found, failures, version)

    # -- running

    async def run(self, sinks: Sequence[EventSink] = (), log_directory: str = "") -> Result:
        """Look again, then do what is still to do.

        Args:
            sinks: are told everything.
            log_directory: where the run's logs go, to be shown; empty when none are kept.

        Returns:
            `FAILED` when any node did not reach its goal, else the most that happened.
        """
        teller, request = self._teller, self._request
        if any(is_address(name) for name in self._nodes):
            with suppress(SugarkubeError):  # the look below tells it
                await self.look()  # so that from the first event on a node has its own name
        teller.begin(sinks)
        for node in self._nodes.values():
            node.voice.stopwatch.begin()
        teller.tell(
            RunStarted(teller.at, str(request.choices.environment), tuple(self._nodes), log_directory)
        )
        try:
            self._parts = self._begin(await self.look())
            await self._parts.carry_out()
        except SugarkubeError as error:
            for node in self._nodes.values():
                node.finish(Result.SKIPPED, evidence_of(error))
            teller.tell(RunFinished(teller.at, Result.FAILED, error.what, error.remedy))
            return Result.FAILED
        except asyncio.CancelledError:
            for node in self._nodes.values():
                node.finish(Result.STOPPED)
            teller.tell(
                RunFinished(
                    teller.at,
                    Result.STOPPED,
                    "stopped; no file was left half-written",
                    "run it again: it goes on from what is true on the nodes "
                    "(one that is just restarting needs a minute first)",
                )
            )
            raise
        return self._finish()

    def give_up(self, name: str) -> None:
        """Set one node aside, whatever it is doing; the others go on, and what depends on it is told.

        More than once does no harm.
        """
        if self._parts is not None:
            self._parts.give_up(name)

    def _begin(self, look: Look) -> Parts:
        """Give every node its goal.

        Raises:
            PlanRefused: a node is not there, or a problem stands in the way.
        """
        self._refuse_without(look.failures)
        for node in self._nodes.values():
            node.tell_connected()
        self._refuse_blocked(look.plan)
        facts = {name: node.connection.known_facts for name, node in self._nodes.items()}
        order = order_of(look.plan, look.live, facts)
        self._assign(look.plan, order)
        choices, token = self._request.choices, self._request.token
        turns = Turns(None if order.source else token, order.servers, self._desk)
        return Parts(self._nodes, choices, order, turns, self._release, self._world.clock)

    def _refuse_without(self, failures: Mapping[str, Evidence]) -> None:
        for name, evidence in failures.items():
            self._nodes[name].finish(Result.FAILED, evidence)
        if failures:
            # Roles depend on all nodes: without one of them another would become the first server.
            raise PlanRefused(
                f"{', '.join(failures)} cannot be logged in to; nothing was changed",
                remedy="settle that, or leave those nodes out",
            )

    def _refuse_blocked(self, plan: Plan) -> None:
        for problem in blockers(plan.problems):
            raise PlanRefused(problem.what, why=problem.why, remedy=problem.remedy)
        blocked = {node.name: blockers(node.problems) for node in plan.nodes if node.blocked}
        for name, problems in blocked.items():
            problem = problems[0]
            self._nodes[name].finish(Result.FAILED, Evidence(problem.what, problem.why, problem.remedy))
        if blocked:
            raise PlanRefused(
                f"{', '.join(blocked)} cannot be part of it as it is; nothing was changed",
                remedy="settle what is named there, or leave it out",
            )

    def _assign(self, plan: Plan, order: Order) -> None:
        """Set the nodes' goals, and tell each how many steps it goes through."""
        for planned in plan.nodes:
            name, goal = planned.name, planned.goal
            self._nodes[name].goal = goal
            gated = ("gates",) if name in order.joiners or name == order.founder else ()
            token = ("token",) if name == order.source else ()
            todo = (*(step.step for step in planned.steps if step.actions), *gated, *token)
            steps = len(PREPARE) + len(FORM) + len(gated) + len(token)
            self._teller.tell(
                RoleAssigned(self._teller.at, name, goal.role.value, planned.reason, steps, todo)
            )

    def _finish(self) -> Result:
        results = {name: node.result for name, node in self._nodes.items()}
        failed = [name for name, result in results.items() if result in (Result.FAILED, Result.SKIPPED)]
        teller = self._teller
        if failed:
            teller.tell(
                RunFinished(
                    teller.at,
                    Result.FAILED,
                    f"{len(failed)} of {len(results)} nodes did not reach their goal: {', '.join(failed)}",
                    "settle what is named there, then run it again: what is done stays done",
                )
            )
            return Result.FAILED
        changed = any(result is Result.CHANGED for result in results.values())
        goals = [node.assigned for node in self._nodes.values()]
        servers = sum(goal.role.is_server for goal in goals)
        agents = len(goals) - servers
        what = f"{servers} server{'s' * (servers != 1)} and {agents} agent{'s' * (agents != 1)} are Ready"
        result = Result.CHANGED if changed else Result.OK
        teller.tell(RunFinished(teller.at, result, what if changed else f"{what}; nothing had to be changed"))
        return result
