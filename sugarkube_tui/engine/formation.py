"""Forming a cluster: connect, look, plan, and then run every node's part in the right order.

Preparation runs on all nodes at once; the first server goes alone until its API is ready and its
token read; further servers one at a time; then the agents together.  A failed node is set aside and
stops only what depends on it.  Nothing is rolled back: the same command goes on from what is true.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from sugarkube_tui.cluster.choices import Choices, Role
from sugarkube_tui.cluster.errors import PlanRefused, SugarkubeError
from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.cluster.plan import Plan, blockers
from sugarkube_tui.cluster.queries import ReadToken
from sugarkube_tui.cluster.secrets import Redactor
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.engine import gates
from sugarkube_tui.engine.asking import Asker, Desk
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.events import EventSink, RoleAssigned, RunFinished, RunStarted
from sugarkube_tui.engine.joining import TITLE as GATES_TITLE
from sugarkube_tui.engine.joining import Joining
from sugarkube_tui.engine.looking import by_own_names, is_address, look_around, resolve_channel
from sugarkube_tui.engine.node import NodeRun
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import Target, World
from sugarkube_tui.engine.telling import Teller
from sugarkube_tui.engine.turns import DependencyFailed, Turns
from sugarkube_tui.steps import advert, install, join, start
from sugarkube_tui.steps.catalog import FORM, PREPARE
from sugarkube_tui.steps.planner import make_plan

GIVEN_UP = Evidence(
    "given up by the operator while it was at work",
    "a command that it had begun may still end there by itself",
    "run it again: it goes on from what is true on the node",
)


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
        self._parts: dict[str, asyncio.Task[None]] = {}
        self._given_up: set[str] = set()
        self._version = request.choices.version
        self._source = ""  # the node that the token is read from
        self._direct = ""  # a server's own address
        self._all_down = False  # the cluster exists, but no server of it runs
        self._version_turn = asyncio.Lock()
        self._joining = Joining(request.choices, world.clock, self._direct_address)

    async def close(self) -> None:
        """Log out everywhere."""
        await asyncio.gather(*(node.close() for node in self._nodes.values()), return_exceptions=True)

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
        if self._version is None and choices.airgap is None:
            self._version = await resolve_channel(self._nodes.values(), choices)
        facts = {
            name: node.facts
            for name, node in self._nodes.items()
            if name not in failures and node.facts is not None
        }
        plan = make_plan(facts, first.live, choices, self._request.token, self._version)
        plan = replace(plan, problems=(*plan.problems, *first.problems))
        found = {name: node_facts.access for name, node_facts in facts.items()}
        return Look(plan, first.live, found, failures, self._version)

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
            node.stopwatch.begin()
        teller.tell(
            RunStarted(teller.at, str(request.choices.environment), tuple(self._nodes), log_directory)
        )
        try:
            turns = self._begin(await self.look())
            async with asyncio.TaskGroup() as group:
                for node in self._nodes.values():
                    if node.result is None:
                        part = group.create_task(self._part(node, turns), name=f"node {node.name}")
                        self._parts[node.name] = part
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
        part = self._parts.get(name)
        if part is not None and not part.done() and name not in self._given_up:
            self._given_up.add(name)
            part.cancel()

    def _begin(self, look: Look) -> Turns:
        """Give every node its goal.

        Raises:
            PlanRefused: a node is not there, or a problem stands in the way.
        """
        for name, evidence in look.failures.items():
            self._nodes[name].finish(Result.FAILED, evidence)
        if look.failures:
            # Roles depend on all nodes: without one of them another would become the first server.
            raise PlanRefused(
                f"{', '.join(look.failures)} cannot be logged in to; nothing was changed",
                remedy="settle that, or leave those nodes out",
            )
        for node in self._nodes.values():
            node.tell_connected()
        for problem in blockers(look.plan.problems):
            raise PlanRefused(problem.what, why=problem.why, remedy=problem.remedy)
        blocked = {plan.name: blockers(plan.problems) for plan in look.plan.nodes if plan.blocked}
        for name, problems in blocked.items():
            problem = problems[0]
            self._nodes[name].finish(Result.FAILED, Evidence(problem.what, problem.why, problem.remedy))
        if blocked:
            raise PlanRefused(
                f"{', '.join(blocked)} cannot be part of it as it is; nothing was changed",
                remedy="settle what is named there, or leave it out",
            )
        for plan in look.plan.nodes:
            self._nodes[plan.name].goal = plan.goal
        live = any(plan.goal.kept and plan.goal.role.is_server for plan in look.plan.nodes) or any(
            server.ca_hash == look.plan.ca_hash
            for server in look.live
            if server.host not in self._own_hosts()
        )
        self._all_down = bool(look.plan.ca_hash) and not live
        self._source = self._token_source()
        self._direct = look.plan.direct
        for plan in look.plan.nodes:
            node = self._nodes[plan.name]
            gated = ("gates",) if self._joins(node) or self._founds(node) else ()
            token = ("token",) if plan.name == self._source else ()
            todo = (*(step.step for step in plan.steps if step.actions), *gated, *token)
            steps = len(PREPARE) + len(FORM) + len(gated) + len(token)
            self._teller.tell(
                RoleAssigned(self._teller.at, plan.name, plan.goal.role.value, plan.reason, steps, todo)
            )
        servers = [plan.name for plan in look.plan.nodes if plan.goal.role.is_server and not plan.goal.kept]
        return Turns(None if self._source else self._request.token, servers, self._desk)

    def _token_source(self) -> str:
        """The chosen server that the token is read from: a running one first, else the one to bootstrap."""
        servers = [
            (not node.goal.kept, node.goal.role is not Role.FIRST_SERVER, name)
            for name, node in self._nodes.items()
            if node.goal is not None
            and node.goal.role.is_server
            and (node.goal.kept or not self._joins(node))
        ]
        return min(servers)[2] if servers else ""

    async def _part(self, node: NodeRun, turns: Turns) -> None:
        """One node's whole part.  Its failure is told, and goes no further."""
        try:
            await node.converge(step for step in PREPARE if step is not install.STEP)
            await self._settle_version(node)
            await node.converge((install.STEP,))
            await self._form(node, turns)
        except DependencyFailed as error:
            node.finish(Result.SKIPPED, error.evidence)
        except asyncio.CancelledError:
            part = self._parts[node.name]
            if node.name not in self._given_up or part.uncancel() > 0:
                node.finish(Result.STOPPED)
                raise
            self._set_aside(node, turns, GIVEN_UP)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the others with it
            self._set_aside(node, turns, evidence_of(error))
        else:
            node.finish()
        finally:
            turns.left(node.name)

    def _set_aside(self, node: NodeRun, turns: Turns, evidence: Evidence) -> None:
        node.finish(Result.FAILED, evidence)
        if node.name == self._source:
            turns.source_failed(node.name, evidence)

    async def _settle_version(self, node: NodeRun) -> None:
        """One version for all nodes, even where no node could ask for the channel's before its packages."""
        goal = node.assigned
        if goal.version is not None or self._request.choices.airgap is not None:
            return
        async with self._version_turn:
            if self._version is None:
                self._version = await resolve_channel(self._nodes.values(), self._request.choices)
        node.goal = replace(goal, version=self._version)

    async def _form(self, node: NodeRun, turns: Turns) -> None:
        goal = node.assigned
        if self._founds(node):
            await node.in_step("gates", "Bootstrap gate", partial(self._check_alone, node))
        if not self._joins(node):
            await node.converge((join.STEP, start.START))
            if node.name == self._source:
                await node.in_step("token", "Join token", partial(self._read_token, node, turns))
            await node.converge((advert.STEP, start.READY))
            return
        token = await turns.token(node, self._source)
        if goal.role is Role.SERVER:
            async with turns.server_turn(node):
                await self._join(node, token)
        else:
            await turns.servers_done(node)
            await self._join(node, token)

    def _founds(self, node: NodeRun) -> bool:
        """It is to start a cluster that does not exist yet."""
        return node.assigned.role is Role.FIRST_SERVER and not self._has_data(node)

    def _joins(self, node: NodeRun) -> bool:
        """It has to be let in by others.  The rest bootstrap, are members, or wake up together."""
        goal = node.assigned
        if goal.kept or goal.role is Role.FIRST_SERVER:
            return False
        # Servers that were all down must start at the same time: none gets its quorum alone.
        return not (self._all_down and goal.role.is_server and self._has_data(node))

    @staticmethod
    def _has_data(node: NodeRun) -> bool:
        return node.facts is not None and bool(node.facts.k3s.datastore)

    async def _check_alone(self, node: NodeRun) -> Result:
        await gates.check_alone(node, self._request.choices.environment, node.assigned.hostname)
        return Result.OK

    def _own_hosts(self) -> set[str]:
        return {f"{node.facts.access.hostname}.local" for node in self._nodes.values() if node.facts}

    async def _join(self, node: NodeRun, token: JoinToken) -> None:
        await node.in_step("gates", GATES_TITLE, partial(self._joining.pass_gates, node, token))
        await node.converge(FORM)

    async def _read_token(self, node: NodeRun, turns: Turns) -> Result:
        text = await node.ask(ReadToken())
        token = parse_token(text, node.name)
        for secret in (token.secret, token.password):
            self._teller.redactor.learn(secret)
        turns.provide(token)
        return Result.OK

    def _direct_address(self) -> str:
        """A server's own address, as it is now: it may have another one since its reboot."""
        source = self._nodes.get(self._source)
        if source is not None and source.facts is not None:
            return source.facts.access.address
        return self._direct

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
