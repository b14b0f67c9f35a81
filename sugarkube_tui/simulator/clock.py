"""Simulated time: faster than life by a factor, or as fast as the program can think."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import os
import time

from sugarkube_tui.engine.ports import Clock

SPEED_VARIABLE = "SUGARKUBE_DEMO_SPEED"
DEFAULT_SPEED = 8.0

_QUIET_ROUNDS = 25
"""Rounds of the event loop without a new sleeper after which nothing but time can go on.

A wake-up that passes through tasks, locks and queues takes a round for each of them.
"""


def make_clock(speed: float) -> Clock:
    """A clock that runs `speed` times faster than life; `math.inf` leaves out all waiting."""
    if not speed > 0:
        raise ValueError(f"time cannot run {speed} times faster")
    return LeapingClock() if math.isinf(speed) else ScaledClock(speed)


def usual_speed() -> float:
    """How many times faster than life the demo is, where nothing is said on the command line."""
    try:
        speed = float(os.environ.get(SPEED_VARIABLE, ""))
    except ValueError:
        return DEFAULT_SPEED
    return speed if speed > 0 else DEFAULT_SPEED


class ScaledClock:
    """Real time, multiplied."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._start = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._start) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


class LeapingClock:
    """Time stands still while anybody works, and leaps to the next sleeper's end when all sleep.

    So runs take no longer than their computing, and their times are the same on every computer.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._turning: asyncio.AbstractEventLoop | None = None
        self._quiet = 0

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), next(self._order), woken))
        self._quiet = 0
        if self._turning is not loop:
            self._turning = loop
            loop.call_soon(self._turn)
        await woken

    def _turn(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)  # cancelled: nobody waits for that moment any more
        if not self._sleepers or self._turning is None:
            self._turning = None
            return
        self._quiet += 1
        if self._quiet >= _QUIET_ROUNDS:
            self._quiet = 0
            self._now = max(self._now, self._sleepers[0][0])
            while self._sleepers and self._sleepers[0][0] <= self._now:
                woken = heapq.heappop(self._sleepers)[2]
                if not woken.done():
                    woken.set_result(None)
        self._turning.call_soon(self._turn)
