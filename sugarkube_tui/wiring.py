"""The one place where adapters meet ports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from sugarkube_tui.engine.ports import Given, World
from sugarkube_tui.store.paths import Paths


class RealClock:
    """Time as it passes."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def real_world(paths: Paths) -> World:
    """The LAN and the nodes as they are.  The adapters' libraries are imported here, not before."""
    from sugarkube_tui.engine.shell_machine import ShellMachines
    from sugarkube_tui.kube.client import KubernetesClient
    from sugarkube_tui.lan.api import TlsApi
    from sugarkube_tui.lan.discovery import ZeroconfLan
    from sugarkube_tui.ssh import SshConnector
    from sugarkube_tui.ssh.greeting import SshGreeter
    from sugarkube_tui.ssh.settings import UserSettings
    from sugarkube_tui.store.pins import HostKeyPins

    clock = RealClock()
    lan = ZeroconfLan(greeter=SshGreeter())
    pins = HostKeyPins(paths.pins)
    return World(
        machines=ShellMachines(SshConnector(pins), clock),
        host_keys=pins,
        ssh_settings=UserSettings(),
        lan=lan,
        api=TlsApi(lan.resolve),
        kubernetes=KubernetesClient(lan.resolve),
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
