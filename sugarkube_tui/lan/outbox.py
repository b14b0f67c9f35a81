"""What a look has to say, in order, for a reader who may be slow; and what each layer has cost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    HostGone,
    HostSeen,
    LayerTold,
    LockGone,
    LockSeen,
    Sighting,
)

REPEAT_MS = 20_000
"""Milliseconds after which evidence that is heard again is told again, for the sake of its age."""

_Key = tuple[str, ...]


class Outbox:
    """Holds sightings until they are read: of those about one subject, only what still matters.

    So a flood of changes needs no more memory than there are subjects, which the layers bound.

    Args:
        told: called with every sighting that is passed on.
    """

    def __init__(self, told: Callable[[Sighting], None]) -> None:
        self._on_told = told
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._waiting: dict[_Key, list[Sighting]] = {}
        self._last: dict[_Key, Sighting] = {}
        self._filled = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def at_ms(self) -> float:
        """Milliseconds since the look began."""
        return (self._loop.time() - self._began) * 1000

    def tell(self, sighting: Sighting) -> None:
        """Pass a sighting on, unless it is the last one of its subject again and that is not long ago."""
        key = _key(sighting)
        last = self._last.get(key)
        if isinstance(sighting, (HostGone, AdvertGone, LockGone)):
            if last is None:
                return
            del self._last[key]
            self._waiting[key] = [sighting]
        else:
            if last is not None and _is_repetition(last, sighting):
                return
            if isinstance(last, HostSeen) and isinstance(sighting, HostSeen):
                self._forget_interface(key, last, sighting)
            self._last[key] = sighting
            gone = [one for one in self._waiting.get(key, []) if isinstance(one, HostGone)]
            self._waiting[key] = [*gone, sighting]
        self._filled.set()
        self._on_told(sighting)

    def _forget_interface(self, key: _Key, last: HostSeen, sighting: HostSeen) -> None:
        # Evidence is kept per interface: what was believed of another one must be taken back.
        if last.interface != sighting.interface:
            self._waiting[key] = [HostGone(last.name or key[1], last.layer, last.what)]

    def end_with(self, task: asyncio.Task[None]) -> None:
        """When a task has failed, let the reader know after all that waits."""
        if not task.cancelled() and (failure := task.exception()):
            self._failure = failure
            self._filled.set()

    async def next(self) -> Sighting:
        """The next sighting, as soon as there is one.  Raises what a task failed with."""
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            self._filled.clear()
            await self._filled.wait()
        key = next(iter(self._waiting))
        first, *rest = self._waiting.pop(key)
        if rest:
            self._waiting = {key: rest, **self._waiting}
        return first


def _key(sighting: Sighting) -> _Key:
    match sighting:
        case HostSeen(name=name, addresses=addresses, layer=layer, what=what):
            return ("host", normal_host(name) or next(iter(addresses), ""), layer, what)
        case HostGone(name=name, layer=layer, what=what):
            return ("host", normal_host(name), layer, what)
        case AdvertSeen(advert=advert):
            return ("advert", advert.instance, advert.service_type)
        case AdvertGone(instance=instance, service_type=service_type):
            return ("advert", instance, service_type)
        case LockSeen(instance=instance) | LockGone(instance=instance):
            return ("lock", instance)
        case LayerTold(layer=layer):
            return ("layer", layer)
        case _:
            return (type(sighting).__name__, getattr(sighting, "interface", ""))


def _is_repetition(last: Sighting, sighting: Sighting) -> bool:
    if isinstance(last, LayerTold) or isinstance(sighting, LayerTold):
        return last == sighting
    then, now = getattr(last, "at_ms", 0.0), getattr(sighting, "at_ms", 0.0)
    return now - then < REPEAT_MS and _undated(last) == _undated(sighting)


def _undated(sighting: Sighting) -> Sighting:
    if isinstance(sighting, (HostSeen, AdvertSeen, LockSeen)):
        return replace(sighting, at_ms=0.0)
    return sighting


class Cost:
    """What one layer has cost so far.

    Args:
        unit: what is counted: questions, reads or connections.
    """

    def __init__(self, layer: Layer, unit: str) -> None:
        self.sent = 0
        self.note = ""
        self._layer = layer
        self._unit = unit
        self._at_work = 0
        self._since = 0.0
        self._ms: float | None = None

    @contextmanager
    def working(self, outbox: Outbox) -> Iterator[None]:
        """Time the work inside; what overlaps counts once."""
        self._at_work += 1
        if self._at_work == 1:
            self._since = outbox.at_ms
        try:
            yield
        finally:
            self._at_work -= 1
            if self._at_work == 0:
                self._ms = (self._ms or 0.0) + outbox.at_ms - self._since

    @property
    def told(self) -> LayerTold:
        return LayerTold(self._layer, self.sent, self._unit, self._ms, self.note)
