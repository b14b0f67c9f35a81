"""The one place where adapters meet ports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import (
    Given,
    Greeter,
    KubeNode,
    Kubernetes,
    Machine,
    Machines,
    SshAdvice,
    SshSettings,
    Target,
    World,
)
from sugarkube_tui.store.paths import Paths

_OURS = ("SUGARKUBE_", "K3S_")

Made = TypeVar("Made")


class RealClock:
    """Time as it passes."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Late(Generic[Made]):
    """An adapter that is made when it is first used: its library takes a while to load.

    That is done in a thread, because it would make an interface stutter.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: Made | None = None
        self._turn = asyncio.Lock()

    async def get(self) -> Made:
        async with self._turn:
            if self._made is None:
                self._made = await asyncio.to_thread(self._make)
            return self._made


class LateMachines:
    """Logins over SSH; nobody logs in before there are hosts."""

    def __init__(self, late: Late[Machines]) -> None:
        self._late = late

    async def open(self, target: Target) -> Machine:
        return await (await self._late.get()).open(target)


class LateGreeter:
    """Asks for host keys; nobody is asked before a port 22 has answered."""

    def __init__(self, late: Late[Greeter]) -> None:
        self._late = late

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        return await (await self._late.get()).host_key(address, port, timeout)


class LateSettings:
    """Reads the user's ~/.ssh/config as asyncssh does."""

    def __init__(self, late: Late[SshSettings]) -> None:
        self._late = late

    async def advice(self, alias: str, host: str) -> SshAdvice:
        return await (await self._late.get()).advice(alias, host)


class LateKubernetes:
    """Asks the cluster; nobody does before there is one."""

    def __init__(self, late: Late[Kubernetes]) -> None:
        self._late = late

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        return await (await self._late.get()).nodes(kubeconfig, host, timeout)


def real_world(paths: Paths) -> World:
    """The LAN and the nodes as they are.  asyncssh, kubernetes and zeroconf are loaded when they are used."""
    from sugarkube_tui.lan.api import TlsApi
    from sugarkube_tui.lan.discovery import ZeroconfLan
    from sugarkube_tui.store.pins import HostKeyPins

    clock = RealClock()
    pins = HostKeyPins(paths.pins)

    def machines() -> Machines:
        from sugarkube_tui.engine.shell_machine import ShellMachines
        from sugarkube_tui.ssh.connect import SshConnector

        return ShellMachines(SshConnector(pins), clock)

    def greeter() -> Greeter:
        from sugarkube_tui.ssh.greeting import SshGreeter

        return SshGreeter()

    def settings() -> SshSettings:
        from sugarkube_tui.ssh.settings import UserSettings

        return UserSettings()

    def kubernetes() -> Kubernetes:
        from sugarkube_tui.kube.client import KubernetesClient

        return KubernetesClient(lan.resolve)

    lan = ZeroconfLan(greeter=LateGreeter(Late(greeter)))
    return World(
        machines=LateMachines(Late(machines)),
        host_keys=pins,
        ssh_settings=LateSettings(Late(settings)),
        lan=lan,
        api=TlsApi(lan.resolve),
        kubernetes=LateKubernetes(Late(kubernetes)),
        clock=clock,
    )


def ssh_aliases() -> tuple[Given, ...]:
    """Hosts on private networks that the user's ~/.ssh/config names."""
    from sugarkube_tui.ssh.aliases import read_aliases

    return read_aliases(Path.home() / ".ssh")


def agent_keys(world: World, variables: Mapping[str, str]) -> Callable[[], Awaitable[int | None]]:
    """A question to the user's SSH agent: how many keys it holds.  The simulation has none."""

    async def count() -> int | None:
        from sugarkube_tui.ssh.agent import count_keys

        return await count_keys("" if world.simulated else variables.get("SSH_AUTH_SOCK", ""))

    return count


def variables_in(world: World, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that count.

    What is exported for real clusters is nothing to the demo, and is not shown there: it has the tour's
    variables, as far as an empty one does not take them back.
    """
    if world.tour is None:
        return dict(environ)
    told = {name: value for name, value in world.tour.variables.items() if environ.get(name) != ""}
    return {name: value for name, value in environ.items() if not name.startswith(_OURS)} | told


def demo_world(scenario: str, speed: float | None) -> World:
    """A simulated LAN behind the same ports: no network, no root, nothing is changed.

    Args:
        scenario: its name.
        speed: how many times faster than life; None takes it from SUGARKUBE_DEMO_SPEED.

    Raises:
        InvalidInput: there is no such scenario.
    """
    from sugarkube_tui.simulator import simulated_world

    return simulated_world(scenario, speed)
