"""Records the demo as an asciinema cast: `python -m screenshots.cast [file]`.

The demo runs as it does for everybody, only without a terminal: its screen is looked at a few times a second,
and what has changed since is written down.  So the cast stays small, however often the program draws.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from screenshots.driving import Driver, wizard
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.wiring import demo_world

SIZE = WIDTH, HEIGHT = 100, 30
SPEED = 5.0
"""Of the demo: its run takes about forty seconds."""
LOOKS_PER_S = 4
IDLE_S = 2.0
"""The longest that nothing happens when it is played."""
VARIABLES = {"SUGARKUBE_SERVERS": "3"}
HOSTS = 8

Event = tuple[float, str]
"""Seconds since the beginning, and what the terminal gets."""


class Piece(NamedTuple):
    """Text in one style."""

    text: str
    style: Style


Line = tuple[Piece, ...]


class Recorder:
    """Writes down what changes on a screen, line by line."""

    def __init__(self, driver: Driver) -> None:
        self.events: list[Event] = []
        self._driver = driver
        self._began = time.monotonic()
        self._shown: list[Line] = []

    async def watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(1 / LOOKS_PER_S)

    def look(self) -> None:
        strips = self._driver.app.screen._compositor.render_strips()
        if len(strips) != HEIGHT:
            return  # a screen that has just come is not laid out yet
        lines = [tuple(Piece(text, style or Style.null()) for text, style, _ in strip) for strip in strips]
        before = self._shown or [()] * HEIGHT
        text = "".join(
            written(row, line, old)
            for row, (line, old) in enumerate(zip(lines, before, strict=True), start=1)
            if line != old
        )
        if text:
            self.events.append((time.monotonic() - self._began, text))
        self._shown = lines


def written(row: int, line: Line, old: Line) -> str:
    """What a terminal has to get so that a row shows this line instead of the old one."""
    first = alike(line, old)
    left = sum(cell_len(piece.text) for piece in line[:first])
    same = alike(line[first:][::-1], old[first:][::-1])
    pieces = line[first : len(line) - same]
    text = "".join(piece.style.render(piece.text, color_system=ColorSystem.TRUECOLOR) for piece in pieces)
    return f"\x1b[{row};{left + 1}H{text}"


def alike(line: Line, other: Line) -> int:
    """How many pieces are the same at the beginning of both."""
    pairs = zip(line, other, strict=False)
    return next((number for number, (one, two) in enumerate(pairs) if one != two), min(len(line), len(other)))


async def walk(driver: Driver) -> None:
    """Through the whole wizard, with time to read."""

    async def read(seconds: float) -> None:
        await asyncio.sleep(seconds)

    await driver.hosts(HOSTS)
    await read(4.0)
    await driver.press("j")
    await read(1.0)
    await driver.press("j")
    await read(2.0)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.shows("Enter goes on")
    await read(3.0)
    for stage, seconds in ((Stage.ENVIRONMENT, 3.5), (Stage.SERVERS, 4.0), (Stage.ADDRESS, 2.5)):
        await driver.press("enter")
        await driver.stage(stage)
        await read(seconds)
    await driver.press("enter")
    await driver.stage(Stage.REVIEW)
    await driver.shows("Enter starts")
    await read(2.5)
    await driver.press("j")
    await read(2.5)
    await driver.press("enter")
    await driver.stage(Stage.RUN)
    await driver.shows("Enter verifies")
    await read(4.0)
    await driver.press("enter")
    await driver.stage(Stage.VERIFY)
    await driver.shows("is there")
    await read(5.0)


async def record() -> list[Event]:
    app = wizard(demo_world("fresh", SPEED), variables=VARIABLES)
    async with app.run_test(size=SIZE) as pilot:
        driver = Driver(app, pilot)
        recorder = Recorder(driver)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(recorder.watch())
            await walk(driver)
            watching.cancel()
        return recorder.events


def cast(events: Sequence[Event]) -> str:
    """The recording in asciicast v2, without long pauses."""
    header = {
        "version": 2,
        "width": WIDTH,
        "height": HEIGHT,
        "idle_time_limit": IDLE_S,
        "title": "sugarkube-tui --demo: from six fresh Pis to a cluster with three servers",
        "env": {"TERM": "xterm-256color"},
    }
    played: list[tuple[float, str, str]] = [(0.0, "o", "\x1b[?25l\x1b[2J")]
    now = before = 0.0
    for at, text in events:
        now, before = now + min(at - before, IDLE_S), at
        played.append((round(now, 2), "o", text))
    played.append((round(now + IDLE_S, 2), "o", "\x1b[0m\x1b[?25h\r\n"))
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (header, *played))


def main() -> None:
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        os.environ.pop(name, None)
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo.cast"
    file.write_text(cast(asyncio.run(record())), encoding="utf-8")


if __name__ == "__main__":
    main()
