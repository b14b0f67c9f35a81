"""Asking several times for several things, together where that is possible."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

TICK = 0.05
"""Seconds in which what becomes due is gathered, to go out together."""
ASKED_AT_ONCE = 25
"""Things asked for in one tick: a flood of pointers must not make us flood the LAN."""


class Retries:
    """Things that are asked for until they are settled, or given up.

    Args:
        waits: seconds before each question, and at last before giving up.
    """

    def __init__(self, waits: Sequence[float]) -> None:
        self._waits = tuple(waits)
        self._loop = asyncio.get_running_loop()
        self._open: dict[str, tuple[int, float]] = {}  # → questions asked, when to go on
        self._filled = asyncio.Event()

    def add(self, key: str) -> None:
        if key not in self._open:
            self._open[key] = (0, self._loop.time() + self._waits[0])
            self._filled.set()

    def settle(self, key: str) -> None:
        self._open.pop(key, None)

    @property
    def idle(self) -> bool:
        return not self._open

    async def wait(self) -> None:
        """Until something is open."""
        while not self._open:
            self._filled.clear()
            await self._filled.wait()

    async def due(self) -> tuple[list[str], list[str]]:
        """What to ask for now, and what to give up; both may be empty.  Takes one `TICK`."""
        await asyncio.sleep(TICK)
        now = self._loop.time()
        late = [key for key, (_, at) in self._open.items() if at <= now][:ASKED_AT_ONCE]
        asking = []
        given_up = []
        for key in late:
            asked = self._open[key][0] + 1
            if asked < len(self._waits):
                self._open[key] = (asked, now + self._waits[asked])
                asking.append(key)
            else:
                del self._open[key]
                given_up.append(key)
        return asking, given_up
