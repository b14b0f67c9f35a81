"""The one place where adapters meet ports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from sugarkube_tui.engine.ports import Api, Given, Greeter, Kubernetes, Lan, Machines, SshSettings, World
from sugarkube_tui.late import (
    Late,
    LateApi,
    LateGreeter,
    LateKubernetes,
    LateLan,
    LateMachines,
    LateSettings,
)
from sugarkube_tui.store.paths import Paths

_OURS = ("SUGARKUBE_", "K3S_")


class RealClock:
    """Time as it passes."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def real_world(paths: Paths) -> World:
    """The LAN and the nodes as they are.  asyncssh, kubernetes and zeroconf are loaded when they are used."""
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

    def zeroconf() -> Lan:
        from sugarkube_tui.lan.discovery import ZeroconfLan

        return ZeroconfLan(greeter=LateGreeter(Late(greeter).get))

    def api() -> Api:
        from sugarkube_tui.lan.api import TlsApi

        return TlsApi(lan.resolve)

    def kubernetes() -> Kubernetes:
        from sugarkube_tui.kube.client import KubernetesClient

        return KubernetesClient(lan.resolve)

    lan = LateLan(Late(zeroconf).get)
    return World(
        machines=LateMachines(Late(machines).get),
        host_keys=pins,
        ssh_settings=LateSettings(Late(settings).get),
        lan=lan,
        api=LateApi(Late(api).get),
        kubernetes=LateKubernetes(Late(kubernetes).get),
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
    from sugarkube_tui.simulator.clock import make_clock, usual_speed
    from sugarkube_tui.simulator.door import SimulatedKeys
    from sugarkube_tui.simulator.stories import story_named

    story = story_named(scenario)
    clock = make_clock(usual_speed() if speed is None else speed)
    keys = SimulatedKeys()

    def simulation() -> World:
        from sugarkube_tui.simulator.world import Simulation

        return Simulation(story.name, clock, keys).world

    late = Late(simulation)
    return World(
        machines=LateMachines(late.part(lambda world: world.machines)),
        host_keys=keys,
        ssh_settings=LateSettings(late.part(lambda world: world.ssh_settings)),
        lan=LateLan(late.part(lambda world: world.lan)),
        api=LateApi(late.part(lambda world: world.api)),
        kubernetes=LateKubernetes(late.part(lambda world: world.kubernetes)),
        clock=clock,
        simulated=True,
        tour=story.tour(),
    )
