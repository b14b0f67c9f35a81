"""Adapters that are made when they are first used: what they need takes a while to load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from typing import TYPE_CHECKING, Generic, TypeVar

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import (
    Api,
    Greeter,
    Interest,
    KubeNode,
    Kubernetes,
    Lan,
    Machine,
    Machines,
    ServerIdentity,
    SshAdvice,
    SshSettings,
    Target,
    WireLine,
)

if TYPE_CHECKING:
    from sugarkube_tui.cluster.sightings import Interface, Sighting

Made = TypeVar("Made")
Part = TypeVar("Part")

Getter = Callable[[], Awaitable[Made]]


class Late(Generic[Made]):
    """Something that is made once, when it is first asked for.

    That is done in a thread, because it would make an interface stutter.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._making: asyncio.Task[Made] | None = None

    async def get(self) -> Made:
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)  # who stops waiting does not stop it

    def part(self, of: Callable[[Made], Part]) -> Getter[Part]:
        """How to get something that is made along with it."""

        async def get() -> Part:
            return of(await self.get())

        return get


class LateMachines:
    """Logins to machines; nobody logs in before there are hosts."""

    def __init__(self, get: Getter[Machines]) -> None:
        self._get = get

    async def open(self, target: Target) -> Machine:
        return await (await self._get()).open(target)


class LateGreeter:
    """Asks for host keys; nobody is asked before a port 22 has answered."""

    def __init__(self, get: Getter[Greeter]) -> None:
        self._get = get

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        return await (await self._get()).host_key(address, port, timeout)


class LateSettings:
    """Reads the user's ~/.ssh/config as the SSH library does."""

    def __init__(self, get: Getter[SshSettings]) -> None:
        self._get = get

    async def advice(self, alias: str, host: str) -> SshAdvice:
        return await (await self._get()).advice(alias, host)


class LateKubernetes:
    """Asks the cluster; nobody does before there is one."""

    def __init__(self, get: Getter[Kubernetes]) -> None:
        self._get = get

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        return await (await self._get()).nodes(kubeconfig, host, timeout)


class LateLan:
    """Looks at the LAN; nobody does before there is something to see of the program."""

    def __init__(self, get: Getter[Lan]) -> None:
        self._get = get

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        async with aclosing((await self._get()).watch(interest)) as sightings:
            async for sighting in sightings:
                yield sighting

    async def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        async with aclosing((await self._get()).packets(service_types)) as lines:
            async for line in lines:
                yield line

    async def interfaces(self) -> tuple[Interface, ...]:
        return await (await self._get()).interfaces()

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        return await (await self._get()).resolve(name, timeout, fresh=fresh)


class LateApi:
    """Speaks to API servers; nobody does before one is advertised."""

    def __init__(self, get: Getter[Api]) -> None:
        self._get = get

    async def connect(self, host: str, port: int, timeout: float) -> None:
        await (await self._get()).connect(host, port, timeout)

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        return await (await self._get()).identity(host, port, timeout)
