"""Output is taken in slice by slice."""

from __future__ import annotations

import asyncio

from sugarkube_tui.ssh.intake import SLICE_BYTES, WAITING_BYTES, Intake
from sugarkube_tui.ssh.lines import Lines

LINE = b"x" * 63 + b"\n"


def taken(intake: Intake, lines: int) -> list[str]:
    """What has come of these lines so far; goes on growing."""
    seen: list[str] = []
    intake.take(Lines(lambda *new: seen.extend(new)), LINE * lines)
    return seen


async def test_others_get_their_turn_between_two_slices() -> None:
    many = 3 * SLICE_BYTES // len(LINE)
    one, other = taken(Intake(), many), taken(Intake(), many)
    counts = []
    while len(other) < many:
        await asyncio.sleep(0)
        counts.append((len(one), len(other)))
    step = SLICE_BYTES // len(LINE)
    assert counts == [(step, step), (2 * step, 2 * step), (many, many)]


async def test_a_sender_that_is_too_quick_has_to_wait() -> None:
    many = 2 * WAITING_BYTES // len(LINE)
    assert len(taken(Intake(), many)) == many // 2  # before anybody else had a turn


async def test_the_end_brings_what_is_waiting_in_order() -> None:
    intake = Intake()
    seen: list[str] = []
    out, err = (Lines(lambda *new: seen.extend(new)) for _ in range(2))
    for lines, data in ((out, b"a\nb"), (err, b"c\n"), (out, b"d\n")):
        intake.take(lines, data)
    assert seen == []
    intake.finish()
    assert seen == ["a", "c", "bd"]
    await asyncio.sleep(0)
    intake.take(out, b"later\n")
    await asyncio.sleep(0)
    assert seen[3:] == ["later"]
