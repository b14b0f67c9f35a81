"""Every node's whole part of a run, side by side.

Preparation runs on all nodes at once; the first server goes alone until its API is ready and its
token read; further servers one at a time; then the agents together.  A failed node is set aside and
stops only what depends on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from sugarkube_tui.cluster.choices import Choices, Role
from sugarkube_tui.cluster.queries import ReadToken
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.engine import gates
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.joining import TITLE as GATES_TITLE
from sugarkube_tui.engine.joining import Joining
from sugarkube_tui.engine.looking import Release
from sugarkube_tui.engine.node import NodeRun
from sugarkube_tui.engine.order import Order
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.engine.ports import Clock
from sugarkube_tui.engine.turns import DependencyFailed, Turns
from sugarkube_tui.steps import advert, install, join, start
from sugarkube_tui.steps.catalog import FORM, PREPARE

GIVEN_UP = Evidence(
    "given up by the operator while it was at work",
    "a command that it had begun may still end there by itself",
    "run it again: it goes on from what is true on the node",
)


class Parts:
    """Carries them out; a part's failure is told, and goes no further."""

    def __init__(
        self,
        nodes: Mapping[str, NodeRun],
        choices: Choices,
        order: Order,
        turns: Turns,
        release: Release,
        clock: Clock,
    ) -> None:
        self._nodes = nodes
        self._choices = choices
        self._order = order
        self._turns = turns
        self._release = release
        self._joining = Joining(choices, clock, self._direct_address)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._given_up: set[str] = set()

    async def carry_out(self) -> None:
        """Until all have ended; when it is cancelled, all are."""
        async with asyncio.TaskGroup() as group:
            for name, node in self._nodes.items():
                group.create_task(self._part(node), name=f"node {name}")

    def give_up(self, name: str) -> None:
        """Set one node aside, whatever it is doing; more than once does no harm."""
        if name in self._given_up:
            return
        self._given_up.add(name)
        if (task := self._tasks.get(name)) is not None:
            task.cancel()

    async def _part(self, node: NodeRun) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[node.name] = task  # not before: a task that is cancelled then does not get as far as this
        try:
            if node.name in self._given_up:
                raise asyncio.CancelledError
            await node.converge(step for step in PREPARE if step is not install.STEP)
            await self._settle_version(node)
            await node.converge((install.STEP,))
            await self._form(node)
        except DependencyFailed as error:
            node.finish(Result.SKIPPED, error.evidence)
        except asyncio.CancelledError:
            if node.name not in self._given_up or task.uncancel() > 0:
                node.finish(Result.STOPPED)
                raise
            self._set_aside(node, GIVEN_UP)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the others with it
            self._set_aside(node, evidence_of(error))
        else:
            node.finish()
        finally:
            self._turns.left(node.name)

    def _set_aside(self, node: NodeRun, evidence: Evidence) -> None:
        node.finish(Result.FAILED, evidence)
        if node.name == self._order.source:
            self._turns.source_failed(node.name, evidence)

    async def _settle_version(self, node: NodeRun) -> None:
        """One version for all nodes, even where no node could ask for the channel's before its packages."""
        if node.assigned.version is None:
            version = await self._release.settle(self._nodes.values())
            node.goal = replace(node.assigned, version=version)

    async def _form(self, node: NodeRun) -> None:
        order, turns = self._order, self._turns
        if node.name == order.founder:
            await node.in_step("gates", "Bootstrap gate", partial(self._check_alone, node))
        if node.name not in order.joiners:
            await node.converge((join.STEP, start.START))
            if node.name == order.source:
                await node.in_step("token", "Join token", partial(self._read_token, node))
            await node.converge((advert.STEP, start.READY))
            return
        token = await turns.token(node.voice, order.source)
        if node.assigned.role is Role.SERVER:
            async with turns.server_turn(node.voice):
                await self._join(node, token)
        else:
            await turns.servers_done(node.voice)
            await self._join(node, token)

    async def _check_alone(self, node: NodeRun) -> Result:
        await gates.check_alone(node.connection, self._choices.environment, node.assigned.hostname)
        return Result.OK

    async def _join(self, node: NodeRun, token: JoinToken) -> None:
        await node.in_step("gates", GATES_TITLE, partial(self._joining.pass_gates, node, token))
        await node.converge(FORM)

    async def _read_token(self, node: NodeRun) -> Result:
        token = parse_token(await node.connection.ask(ReadToken()), node.name)
        for secret in (token.secret, token.password):
            node.voice.hide(secret)
        self._turns.provide(token)
        return Result.OK

    def _direct_address(self) -> str:
        """A server's own address, as it is now: it may have another one since its reboot."""
        source = self._nodes.get(self._order.source)
        facts = source.connection.facts if source is not None else None
        return facts.access.address if facts is not None else self._order.direct
