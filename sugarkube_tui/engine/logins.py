"""Logins that last: one connection for each node, opened once and asked again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from sugarkube_tui.cluster.errors import ConnectionLost, SugarkubeError
from sugarkube_tui.cluster.queries import Query
from sugarkube_tui.engine.ports import Machine, Target, World

LOGIN_WITHIN_S = 6.0
ANSWER_WITHIN_S = 8.0
"""A node without power does not say goodbye: its connection would only end with SSH's keepalive."""


class Logins:
    """The nodes that we are logged in to, and why not to the others, by the target's name."""

    def __init__(self, world: World) -> None:
        self._machines: dict[str, Machine] = {}
        self.targets: dict[str, Target] = {}
        self.refused: dict[str, str] = {}
        self._world = world

    def __iter__(self) -> Iterator[str]:
        """Names of the nodes that we are logged in to."""
        return iter(tuple(self._machines))

    async def open(self, targets: Iterable[Target]) -> None:
        """Log in where we are not; one address is logged in to once."""
        there = {target.host for target in self.targets.values()}
        new = {target.name: target for target in targets if target.host not in there}
        await asyncio.gather(*(self._open(target) for target in new.values()))

    async def _open(self, target: Target) -> None:
        try:
            async with asyncio.timeout(LOGIN_WITHIN_S):
                self._machines[target.name] = await self._world.machines.open(target)
        except SugarkubeError as error:
            self.refused[target.name] = error.what
        except TimeoutError:
            self.refused[target.name] = f"no login within {LOGIN_WITHIN_S:.0f} s"
        else:
            self.targets[target.name] = target
            self.refused.pop(target.name, None)

    async def ask(self, name: str, query: Query) -> str:
        """Ask the node that was logged in to under this name.

        Raises:
            SugarkubeError: it gave no answer.  A broken connection is opened anew by the next `open`.
        """
        machine = self._machines.get(name)
        if machine is None:
            raise ConnectionLost("the connection broke", where=name)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await machine.ask(query)
        except TimeoutError as error:
            await self._forget(name, machine)
            raise ConnectionLost(f"no answer within {ANSWER_WITHIN_S:.0f} s", where=name) from error
        except ConnectionLost:
            await self._forget(name, machine)
            raise

    async def _forget(self, name: str, machine: Machine) -> None:
        if self._machines.get(name) is machine:
            del self._machines[name], self.targets[name]
            await machine.close()

    async def close(self) -> None:
        machines, self._machines = list(self._machines.values()), {}
        self.targets.clear()
        await asyncio.gather(*(machine.close() for machine in machines), return_exceptions=True)
