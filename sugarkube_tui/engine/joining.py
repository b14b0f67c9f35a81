"""Joining: a node's way through the gates, and what to ask when the registration address does not serve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from sugarkube_tui.cluster.choices import Choices, JoinPoint, Role
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine import gates
from sugarkube_tui.engine.asking import GivenUp
from sugarkube_tui.engine.events import Answer, Spent
from sugarkube_tui.engine.node import NodeRun
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Clock
from sugarkube_tui.steps import install

GATES_WITHIN_S = 30.0
"""Seconds in which a join point may still come up: a name just published, a VIP just taken."""


TITLE = "Join gates"


class Joining:
    """Lets nodes in, one by one.

    Args:
        direct: gives a server's own address, as it is now.
    """

    def __init__(self, choices: Choices, clock: Clock, direct: Callable[[], str]) -> None:
        self._choices = choices
        self._clock = clock
        self._direct = direct
        self._asking = ""  # the node that asks about the registration address, for all
        self._settled = asyncio.Event()
        self._use_direct = False

    async def pass_gates(self, node: NodeRun, token: JoinToken) -> Result:
        """Check all that must hold before the node gets the token, and set its goal accordingly.

        Raises:
            ActionFailed: a gate is closed.
            GivenUp: so is the registration address, and the operator gave the node up.
        """
        goal = node.assigned
        registration_address = self._choices.registration_address
        while True:
            direct = self._direct()
            host = direct if self._use_direct else registration_address or direct
            known_hash = goal.join.ca_hash if goal.join else ""
            point = JoinPoint(host, token.ca_hash or known_hash)
            try:
                await self._await_gates(node, point, token)
                break
            except gates.JoinPointUnusable as error:
                if host == direct:
                    raise
                await self._ask_about(node, error)
        if goal.role is Role.SERVER:
            await gates.check_etcd_ports(node.connection, direct)
        node.goal = replace(goal, join=point, token=token)
        if goal.join is None or point.host != goal.join.host:
            # An agent's unit holds the address that it was installed with.
            await node.bring(install.STEP)
            return Result.WARNED
        return Result.OK

    async def _await_gates(self, node: NodeRun, point: JoinPoint, token: JoinToken) -> None:
        clock = self._clock
        began = clock.now()
        what = f"waiting for {point.url} to answer from here"
        while True:
            try:
                ca_pem = await gates.check_join_point(node.connection, point)
                return await gates.check_token(node.connection, point, token, ca_pem)
            except gates.JoinPointUnusable as error:
                waited = clock.now() - began
                if waited >= GATES_WITHIN_S:
                    raise
                node.voice.waiting(what, GATES_WITHIN_S - waited, error.why)
            await clock.sleep(1.0)

    async def _ask_about(self, node: NodeRun, error: gates.JoinPointUnusable) -> None:
        """Ask once for all nodes what to do about a registration address that does not serve.

        Raises:
            GivenUp: by the operator, or because nobody is there.
        """
        if self._use_direct:
            return
        if self._asking:
            address = self._choices.registration_address
            seen = f"{self._asking} waits for your answer"
            node.voice.waiting(f"waiting for a decision about {address}", None, seen, (self._asking,))
            with node.voice.stopwatch.spending(Spent.WAITING):
                await self._settled.wait()
            node.voice.wait_ended()
            return  # and look again at what is true now
        self._asking, self._settled = node.name, asyncio.Event()
        try:
            answer = await node.ask_operator(
                TITLE, error.evidence, (Answer.DIRECT, Answer.RETRY, Answer.GIVE_UP)
            )
        finally:
            self._asking = ""
            self._settled.set()
        match answer:
            case Answer.DIRECT:
                self._use_direct = True
            case Answer.GIVE_UP:
                way_out = f"or run without a registration address: nodes then join through {self._direct()}"
                raise GivenUp(replace(error.evidence, remedy=f"{error.remedy}; {way_out}")) from error
