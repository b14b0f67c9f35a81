"""Asking several times."""

from __future__ import annotations

import asyncio

import pytest

from sugarkube_tui.lan import retries
from sugarkube_tui.lan.retries import ASKED_AT_ONCE, Retries


@pytest.fixture(autouse=True)
def no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "TICK", 0.0)


async def test_things_are_asked_for_until_they_are_settled_or_given_up() -> None:
    open_ones = Retries((0.0, 0.0, 0.0))
    open_ones.add("a")
    open_ones.add("b")
    open_ones.add("b")
    assert await open_ones.due() == (["a", "b"], [])
    open_ones.settle("a")
    assert await open_ones.due() == (["b"], [])
    assert await open_ones.due() == ([], ["b"])
    assert open_ones.idle


async def test_each_question_waits_for_its_time() -> None:
    open_ones = Retries((0.0, 3600.0))
    open_ones.add("a")
    assert await open_ones.due() == (["a"], [])
    assert await open_ones.due() == ([], [])
    assert not open_ones.idle


async def test_a_flood_is_asked_for_bit_by_bit() -> None:
    open_ones = Retries((0.0, 3600.0))
    for number in range(2 * ASKED_AT_ONCE):
        open_ones.add(str(number))
    first, _ = await open_ones.due()
    second, _ = await open_ones.due()
    assert len(first) == len(second) == ASKED_AT_ONCE
    assert not set(first) & set(second)


async def test_waiting_ends_when_something_is_open() -> None:
    open_ones = Retries((0.0, 0.0))
    waiting = asyncio.create_task(open_ones.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    open_ones.add("a")
    async with asyncio.timeout(10):
        await waiting
