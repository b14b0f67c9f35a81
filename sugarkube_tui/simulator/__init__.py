"""A simulated LAN behind the engine's ports: for `--demo`, tests and screenshots."""

from sugarkube_tui.simulator.world import Simulation, simulated_world

__all__ = ["Simulation", "simulated_world"]
