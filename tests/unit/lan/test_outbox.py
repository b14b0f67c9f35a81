"""What is passed on to a slow reader, and what a layer's work has cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NoReturn

import pytest

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import (
    HostGone,
    HostSeen,
    LayerTold,
    Listening,
    LockGone,
    LockSeen,
    Sighting,
)
from sugarkube_tui.lan.outbox import REPEAT_MS, Cost, Outbox

SEEN = HostSeen("pi7.local", ("10.0.0.7",), Layer.ADVERTS, "_ssh._tcp advert", 5.0, "eth0")
GONE = HostGone("pi7.local", Layer.ADVERTS, "_ssh._tcp advert")


async def told(*sightings: Sighting) -> list[Sighting]:
    """What a reader gets who comes after all of them."""
    outbox = Outbox(lambda _: None)
    for sighting in (*sightings, Listening(())):
        outbox.tell(sighting)
    found: list[Sighting] = []
    while not isinstance(sighting := await outbox.next(), Listening):
        found.append(sighting)
    return found


async def test_the_same_again_is_told_when_it_has_aged() -> None:
    soon, late = replace(SEEN, at_ms=5.0 + REPEAT_MS - 1), replace(SEEN, at_ms=5.0 + REPEAT_MS)
    assert await told(SEEN, soon) == [SEEN]
    assert await told(SEEN, soon, late) == [late]


async def test_only_what_still_matters_is_kept() -> None:
    changed = replace(SEEN, addresses=("10.0.0.8",), at_ms=6.0)
    assert await told(SEEN, changed) == [changed]
    assert await told(SEEN, GONE) == [GONE]
    assert await told(SEEN, GONE, changed) == [GONE, changed]
    assert await told(*[s for _ in range(1_000) for s in (SEEN, GONE)]) == [GONE]


async def test_what_was_never_told_is_not_taken_back() -> None:
    assert await told(GONE, LockGone("k3s join lock sugar/dev")) == []


async def test_another_interface_replaces_the_first() -> None:
    elsewhere = replace(SEEN, interface="wlan0", at_ms=6.0)
    assert await told(SEEN, elsewhere) == [GONE, elsewhere]
    nameless = replace(SEEN, name="")
    moved = replace(nameless, interface="wlan0")
    assert await told(nameless, moved) == [HostGone("10.0.0.7", GONE.layer, GONE.what), moved]


async def test_subjects_keep_their_order() -> None:
    lock = LockSeen("k3s join lock sugar/dev", "pi8.local", 1.0)
    other = replace(SEEN, name="pi8.local")
    assert await told(lock, SEEN, other, lock) == [lock, SEEN, other]


async def test_all_that_is_passed_on_is_shown_to_the_look() -> None:
    passed: list[Sighting] = []
    outbox = Outbox(passed.append)
    for sighting in (SEEN, SEEN, GONE, GONE):
        outbox.tell(sighting)
    assert passed == [SEEN, GONE]


async def test_a_failure_comes_after_what_was_seen() -> None:
    async def fail() -> NoReturn:
        raise ZeroDivisionError

    outbox = Outbox(lambda _: None)
    task = asyncio.ensure_future(fail())
    task.add_done_callback(outbox.end_with)
    outbox.tell(SEEN)
    await asyncio.wait([task])
    assert await outbox.next() == SEEN
    with pytest.raises(ZeroDivisionError):
        await outbox.next()


async def test_time_at_work_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(Outbox, "at_ms", property(lambda _: now))
    outbox = Outbox(lambda _: None)
    cost = Cost(Layer.SSH, "connections")
    assert cost.told == LayerTold(Layer.SSH, 0, "connections")
    with cost.working(outbox):
        now = 10.0
        with cost.working(outbox):
            now = 30.0
        assert cost.told.ms is None
    now = 100.0
    with cost.working(outbox):
        now = 105.0
    assert cost.told.ms == 35.0
