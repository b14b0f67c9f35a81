"""A scenario behind the ports."""

from __future__ import annotations

from collections.abc import Callable

from sugarkube_tui.engine.ports import Clock, World
from sugarkube_tui.simulator.clock import LeapingClock
from sugarkube_tui.simulator.door import SimulatedKeys, SimulatedSettings
from sugarkube_tui.simulator.lan import SimulatedApi, SimulatedKubernetes, SimulatedLan
from sugarkube_tui.simulator.machine import SimulatedMachines
from sugarkube_tui.simulator.network import Network
from sugarkube_tui.simulator.pi import Pi
from sugarkube_tui.simulator.scenarios import SET_UPS


class Simulation:
    """A simulated LAN with its ports, and what can happen to it.

    Args:
        set_up: a scenario's name, or what else puts machines there.
        clock: None leaves out all waiting.
        keys: host keys that were pinned before.
    """

    def __init__(
        self,
        set_up: str | Callable[[Network], None] = "fresh",
        clock: Clock | None = None,
        keys: SimulatedKeys | None = None,
    ) -> None:
        self.network = Network(LeapingClock() if clock is None else clock)
        (SET_UPS[set_up] if isinstance(set_up, str) else set_up)(self.network)
        self.keys = SimulatedKeys() if keys is None else keys
        self.ssh_settings = SimulatedSettings()
        self.world = World(
            machines=SimulatedMachines(self.network, self.keys),
            host_keys=self.keys,
            ssh_settings=self.ssh_settings,
            lan=SimulatedLan(self.network),
            api=SimulatedApi(self.network),
            kubernetes=SimulatedKubernetes(self.network),
            clock=self.network.clock,
            simulated=True,
        )

    def pi(self, name: str) -> Pi:
        """One machine's state, to look at or to tamper with."""
        return self.network.pis[name]

    def power_off(self, name: str) -> None:
        """Pull the plug."""
        self.pi(name).power_off()

    def reflash(self, name: str) -> None:
        """Write its card anew, after somebody has logged in to it: it comes up with another host key."""
        pi = self.pi(name)
        self.keys.pinned.setdefault(pi.address, pi.host_key)
        pi.host_key = pi.key_made_at(f"its card written after {pi.host_key}")
        self.network.changed()

    def power_on(self, name: str) -> None:
        """Plug it in again; it takes its time to boot."""
        self.pi(name).power_on()
