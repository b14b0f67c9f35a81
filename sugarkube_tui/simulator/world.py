"""A scenario behind the ports."""

from __future__ import annotations

import os
from dataclasses import replace

from sugarkube_tui.engine.ports import Tour, World
from sugarkube_tui.simulator.clock import make_clock
from sugarkube_tui.simulator.door import SimulatedKeys, SimulatedSettings
from sugarkube_tui.simulator.lan import SimulatedApi, SimulatedKubernetes, SimulatedLan
from sugarkube_tui.simulator.machine import SimulatedMachines
from sugarkube_tui.simulator.network import Network
from sugarkube_tui.simulator.pi import Pi
from sugarkube_tui.simulator.scenarios import FRESH, Scenario, scenario_named

SPEED_VARIABLE = "SUGARKUBE_DEMO_SPEED"
DEFAULT_SPEED = 8.0


class Simulation:
    """A simulated LAN with its ports, and what can happen to it.

    Args:
        speed: how many times faster than life time runs; `math.inf` leaves out all waiting.
        scenario: what is there, and what happens by itself.
    """

    def __init__(self, speed: float, scenario: Scenario = FRESH) -> None:
        self.network = Network(make_clock(speed))
        scenario.set_up(self.network)
        self.keys = SimulatedKeys()
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


def simulated_world(name: str = FRESH.name, speed: float | None = None) -> World:
    """The ports of a new simulated LAN, with the tour's words for it.

    Args:
        name: of the scenario.
        speed: as for `Simulation`; None takes it from SUGARKUBE_DEMO_SPEED.

    Raises:
        InvalidInput: there is no such scenario.
    """
    scenario = scenario_named(name)
    simulation = Simulation(_speed_from_environment() if speed is None else speed, scenario)
    tour = Tour(scenario.name, scenario.shows, scenario.hint, scenario.variables())
    return replace(simulation.world, tour=tour)


def _speed_from_environment() -> float:
    try:
        speed = float(os.environ.get(SPEED_VARIABLE, ""))
    except ValueError:
        return DEFAULT_SPEED
    return speed if speed > 0 else DEFAULT_SPEED
