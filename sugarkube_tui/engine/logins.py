"""Logins that last: one connection for each node, opened once and asked again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sugarkube_tui.cluster.errors import ConnectionLost, SugarkubeError
from sugarkube_tui.cluster.queries import Query, WhoIsThere
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.advice import advised
from sugarkube_tui.engine.ports import KubeNode, Machine, Target, World

LOGIN_WITHIN_S = 6.0
LOGINS_AT_ONCE = 8
"""As many as the SSH client allows: whoever waits for a place must not run out of time meanwhile."""
NODE_WITHIN_S = 6.0
"""A node without power does not say goodbye: its connection would only end with SSH's keepalive."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a node says it is.

    Attributes:
        hostname: empty when it did not say.
        addresses: where it was logged in to, and all that it says it has.
    """

    hostname: str
    addresses: frozenset[str]


class Logins:
    """The nodes that we are logged in to, by the target's name.

    Attributes:
        identities: of all that were ever logged in to.
    """

    def __init__(self, world: World) -> None:
        self.identities: dict[str, Identity] = {}
        self._machines: dict[str, Machine] = {}
        self._targets: dict[str, Target] = {}
        self._refused: dict[str, tuple[Target, str]] = {}
        self._tried: set[str] = set()
        self._places = asyncio.Semaphore(LOGINS_AT_ONCE)
        self._world = world

    def __iter__(self) -> Iterator[str]:
        """Names of the nodes that we are logged in to."""
        return iter(tuple(self._machines))

    def begin_look(self) -> None:
        """Try again what could not be logged in to."""
        self._tried.clear()

    async def open(self, targets: Iterable[Target]) -> None:
        """Log in where we are not; one machine is logged in to once, and tried once in a look."""
        there = {address for name in self for address in self.identities[name].addresses} | self._tried
        new = {t.name: t for t in targets if t.host not in there and t.name not in self._machines}
        self._tried |= {target.host for target in new.values()}
        await asyncio.gather(*(self._open(target) for target in new.values()))

    async def _open(self, target: Target) -> None:
        machine: Machine | None = None
        try:
            async with self._places, asyncio.timeout(LOGIN_WITHIN_S):
                target = await advised(target, self._world.ssh_settings)
                machine = await self._world.machines.open(target)
                identity = await _identify(machine, target)
        except SugarkubeError as error:
            self._refused[target.name] = target, error.what
        except TimeoutError:
            self._refused[target.name] = target, f"no login within {LOGIN_WITHIN_S:.0f} s"
        else:
            self.identities[target.name], self._machines[target.name] = identity, machine
            self._targets[target.name] = target
            self._refused.pop(target.name, None)
            return
        if machine is not None:
            await machine.close()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why there is no login to those that were tried, with their names."""
        return tuple(f"{name}: {why}" for name, (_, why) in self._refused.items())

    def refusal(self, node: KubeNode) -> str:
        """Why there is no login to a listed node."""
        return next(
            (
                why
                for name, (target, why) in self._refused.items()
                if name == node.name or target.host in node.addresses
            ),
            "not logged in to",
        )

    async def ask(self, name: str, query: Query) -> str:
        """Ask the node that was logged in to under this name.

        Raises:
            SugarkubeError: it gave no answer.  A broken connection is opened anew by the next `open`.
        """
        machine = self._machines.get(name)
        if machine is None:
            raise ConnectionLost("the connection broke", where=name)
        try:
            async with asyncio.timeout(NODE_WITHIN_S):
                return await machine.ask(query)
        except TimeoutError as error:
            why = f"it stopped answering: nothing within {NODE_WITHIN_S:.0f} s"
            await self._forget(name, machine, why)
            raise ConnectionLost(why, where=name) from error
        except ConnectionLost as error:
            await self._forget(name, machine, error.what)
            raise

    async def _forget(self, name: str, machine: Machine, why: str) -> None:
        if self._machines.get(name) is machine:
            del self._machines[name]
            self._refused[name] = self._targets[name], why
            await machine.close()

    async def close(self) -> None:
        machines, self._machines = list(self._machines.values()), {}
        await asyncio.gather(*(machine.close() for machine in machines), return_exceptions=True)


async def _identify(machine: Machine, target: Target) -> Identity:
    hostname, _, addresses = (await machine.ask(WhoIsThere())).partition("\n")
    return Identity(
        clean_line(hostname, 255).strip().lower(),
        frozenset({target.host, *clean_line(addresses.strip()).split()}),
    )
