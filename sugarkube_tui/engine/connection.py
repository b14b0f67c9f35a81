"""A node's login and its facts: read, refreshed, and found again after reboots and lost connections."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from sugarkube_tui.cluster.actions import Action, Reboot
from sugarkube_tui.cluster.errors import ConnectionLost
from sugarkube_tui.cluster.facts import AccessFacts, NodeFacts
from sugarkube_tui.cluster.queries import Query
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.ports import Answers, LineSink, Machine, Progress, Target, World
from sugarkube_tui.engine.returning import RETRY_S, Return, come_back
from sugarkube_tui.engine.voice import Voice
from sugarkube_tui.steps.catalog import PROBED, read_facts

BACK_WITHIN_S = 60.0
"""Seconds to wait for a node whose connection broke, before its part is given up."""
WAKING_S = 20.0
"""Seconds in which a k3s that was started may still come up by itself, before it is judged."""


class Connection:
    """One node's; what takes time is claimed from the node's stopwatch.

    Attributes:
        facts: as of the last probe; None before the first.
        reboots: how often the node was restarted.
    """

    def __init__(self, target: Target, world: World, voice: Voice) -> None:
        self.facts: NodeFacts | None = None
        self.reboots = 0
        self._target = target
        self._world = world
        self._voice = voice
        self._machine: Machine | None = None
        self._answers: dict[str, Answers] = {}

    @property
    def known_facts(self) -> NodeFacts:
        """The facts, once they were read; asking earlier is a fault of the program."""
        if self.facts is None:
            raise RuntimeError(f"nothing is known of {self._voice.name} yet")
        return self.facts

    # -- while it holds

    async def open(self) -> NodeFacts:
        """Log in, unless we are, and read all facts.

        Raises:
            SugarkubeError: what `Machines.open` and `Machine.probe` raise.
        """
        with self._voice.stopwatch.spending(Spent.REMOTE):
            if self._machine is None:
                self._machine = await self._world.machines.open(self._target)
            try:
                facts = await self._settled()
            except ConnectionLost:
                # The connection was kept since the review and may have died meanwhile: try a new one.
                await self.close()
                self._machine = await self._world.machines.open(self._target)
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

    async def refresh(self, steps: Collection[str] | None = None) -> NodeFacts:
        """Probe these steps (default: all) and bring the facts up to date."""
        wanted = [step.id for step in PROBED if steps is None or step.id in steps]
        with self._voice.stopwatch.spending(Spent.REMOTE):
            self._answers.update(await self._connected().probe(wanted))
        self.facts = read_facts(self._answers)
        return self.facts

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        with self._voice.stopwatch.spending(Spent.REMOTE):
            return await self._connected().ask(query, stdin)

    async def apply(self, action: Action, log: LineSink, progress: Progress) -> None:
        """As `Machine.apply`; after a reboot, the node is back."""
        if isinstance(action, Reboot):
            await self._reboot(action, log, progress)
            return
        with self._voice.stopwatch.spending(Spent.REMOTE):
            await self._connected().apply(action, log, progress)

    async def close(self) -> None:
        """Log out; more than once does no harm."""
        if self._machine is not None:
            machine, self._machine = self._machine, None
            await machine.close()

    def _connected(self) -> Machine:
        if self._machine is None:
            raise ConnectionLost("there is no connection", where=self._voice.name)
        return self._machine

    # -- when it broke

    async def reopen(self, lost: ConnectionLost) -> None:
        """Wait for a node whose connection broke.

        Raises:
            ActionFailed: it does not answer any more.
        """
        self._voice.log(f"connection lost: {lost.what}")
        with self._voice.stopwatch.spending(Spent.REMOTE):
            try:
                await self._back(Return("the node to answer again", BACK_WITHIN_S, lambda boot_id: True))
            except ActionFailed as error:
                raise ActionFailed(
                    replace(error.evidence, what="the connection broke and the node did not come back")
                ) from lost
        self._voice.wait_ended()

    async def _reboot(self, action: Reboot, log: LineSink, progress: Progress) -> None:
        with self._voice.stopwatch.spending(Spent.REBOOT):
            # The node may go down quicker than the answer to the command comes back.
            with suppress(ConnectionLost):
                await self._connected().apply(action, log, progress)
            self.reboots += 1
            await self._back(Return("the reboot", action.deadline, lambda boot_id: boot_id != action.boot_id))

    async def _back(self, wanted: Return) -> None:
        """Wait for the node to come back; the connection is a new one then, or none.

        Raises:
            ActionFailed: as for `come_back`.
        """
        clock = self._world.clock
        began = clock.now()
        progress = self._voice.progress(f"waiting for {wanted.what}", wanted.deadline)

        async def look(address: str) -> AccessFacts:
            await self.close()
            self._machine = await self._world.machines.open(replace(self._target, host=address))
            return (await self.refresh()).access

        await self.close()
        try:
            found = await come_back(wanted, self._target.host, self.known_facts.access, look, clock, progress)
        except ActionFailed:
            await self.close()
            raise
        self._voice.log(f"back after {clock.now() - began:.1f} s, boot id {found.boot_id}")
