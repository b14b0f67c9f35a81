"""A simulated LAN whose time can be held, so that a screen in the middle of a run can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sugarkube_tui.engine.ports import Clock
from sugarkube_tui.simulator.clock import LeapingClock
from sugarkube_tui.simulator.world import Simulation


class HeldClock:
    """Passes time on to another clock, except while it is held."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running = asyncio.Event()
        self._running.set()
        self._enough: Callable[[float], bool] = lambda seconds: False

    def hold_when(self, enough: Callable[[float], bool]) -> None:
        """Hold each time that somebody wants to sleep for so long that this is true."""
        self._enough = enough

    def hold(self) -> None:
        self._running.clear()

    def go_on(self) -> None:
        self._running.set()

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        if self._enough(seconds):
            self.hold()
        await self._running.wait()
        await self._clock.sleep(seconds)
        await self._running.wait()


class HeldSimulation:
    """A simulated LAN on a leaping clock that can be held: every walk through it is the same."""

    def __init__(self, scenario: str = "fresh") -> None:
        self.clock = HeldClock(LeapingClock())
        self.simulation = Simulation(scenario, self.clock)
        self.world = self.simulation.world
