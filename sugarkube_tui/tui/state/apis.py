"""The advertised APIs: each is looked at when it is first heard of, and again while somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.findings import ApiLook
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.survey import look_at_api
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks

REFRESH_S = 10.0
"""Seconds after which a look is too old: a server that was killed keeps its advert for up to 75 minutes."""
ASKED_AT_ONCE = 32


class Apis:
    """What advertised APIs turn out to be.

    Attributes:
        looks: the last look at each, by host (with `.local`) and port.
    """

    def __init__(self, world: World, tasks: Tasks, changes: Changes) -> None:
        self.looks: dict[tuple[str, int], ApiLook] = {}
        self._looked: dict[tuple[str, int], float] = {}
        self._asking = asyncio.Semaphore(ASKED_AT_ONCE)
        self._world = world
        self._tasks = tasks
        self._changes = changes

    def look(self, advert: Advert) -> ApiLook:
        return self.looks.get((advert.host, advert.port), ApiLook())

    def forget(self) -> None:
        self.stop()
        self.looks.clear()
        self._looked.clear()

    def stop(self) -> None:
        self._tasks.cancel("api")

    def meet(self, advert: Advert) -> None:
        """Look at an API that was not looked at yet."""
        if advert.host and (advert.host, advert.port) not in self.looks:
            self._start(advert)

    def refresh(self, adverts: Iterable[Advert]) -> None:
        """Look again where the last look is too old; forget what is advertised no more."""
        advertised = {(advert.host, advert.port): advert for advert in adverts}
        for key in self.looks.keys() - advertised.keys():
            del self.looks[key]
        now = self._world.clock.now()
        for key, advert in advertised.items():
            if now - self._looked.get(key, -REFRESH_S) >= REFRESH_S and not self._tasks.running(_task(key)):
                self._start(advert)

    def _start(self, advert: Advert) -> None:
        key = (advert.host, advert.port)
        self.looks.setdefault(key, ApiLook())
        self._tasks.start(_task(key), self._look_at(advert, key))

    async def _look_at(self, advert: Advert, key: tuple[str, int]) -> None:
        async with self._asking:
            look = await look_at_api(self._world.api, advert, self._world.clock)
        self._looked[key] = self._world.clock.now()
        self.looks[key] = look
        self._changes.note()


def _task(key: tuple[str, int]) -> str:
    return f"api/{key[0]}:{key[1]}"
