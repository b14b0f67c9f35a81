"""All ports together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sugarkube_tui.engine.ports.api import Api, Kubernetes
from sugarkube_tui.engine.ports.lan import Lan
from sugarkube_tui.engine.ports.machines import Machines
from sugarkube_tui.engine.ports.ssh import HostKeys, SshSettings


class Clock(Protocol):
    """Time, so that a simulated LAN can run faster than life."""

    def now(self) -> float:
        """Seconds on a monotonic clock."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Tour:
    """What the demo tells of itself.

    Attributes:
        shows: one sentence: what is the matter on this LAN.
        hint: what to try.
        variables: what is as good as exported.
    """

    name: str
    shows: str
    hint: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class World:
    """All ports of one program run."""

    machines: Machines
    host_keys: HostKeys
    ssh_settings: SshSettings
    lan: Lan
    api: Api
    kubernetes: Kubernetes
    clock: Clock
    simulated: bool = False
    tour: Tour | None = None
