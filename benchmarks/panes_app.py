"""The wizard's run view on a terminal, with eight nodes whose lines come from named pipes.

    python -m benchmarks.panes_app DIRECTORY SECONDS

Everything from the bytes on is the product's: cut into lines and cleaned, told by a `Teller` that hides
secrets, kept by a `RunJournal`, folded into the board, drawn.  For SECONDS from the first byte on, a timer
that should fire every 5 ms tells how long the event loop was held up.  Figures go to `seen.json`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.panes_lines import NODES
from screenshots.driving import wizard
from sugarkube_tui.cluster.secrets import Redactor, Secret
from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.events import Event, RunFinished, RunStarted
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.telling import Teller
from sugarkube_tui.simulator.clock import ScaledClock
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.ssh.intake import Intake
from sugarkube_tui.ssh.lines import Lines
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.tui.app import SugarkubeApp
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase

TIMER_S = 0.005
SETTLES_S = 2.0


class Clock:
    """The real time."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Stream(asyncio.Protocol):
    """One node's connection.

    Attributes:
        begun: is done when the first bytes have come.
        ended: is done when no more come.
    """

    def __init__(self, teller: Teller, name: str) -> None:
        self._lines = Lines(partial(teller.log, name))
        self._intake = Intake()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        self._intake.take(self._lines, data)

    def connection_lost(self, error: Exception | None) -> None:
        self._intake.finish()
        self._lines.finish()
        self.ended.set_result(None)


def _same(stream: Stream) -> Stream:
    return stream


def resident_mb() -> float:
    """Memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


async def feed(app: SugarkubeApp, directory: Path, seconds: float) -> None:
    """Show the run's screen, take all lines, and write down what was seen."""
    while not app.screen.is_mounted:  # noqa: ASYNC110
        await asyncio.sleep(SETTLES_S / 10)
    loop = asyncio.get_running_loop()
    journal = RunJournal(directory / "runs", "bench")
    run, changes = app.session.run, app.session.changes
    board = run.board = Board("bench", str(journal.directory), {name: NodeBoard(name) for name in NODES})
    run.phase = Phase.RUNNING
    app.go(Stage.RUN)
    await asyncio.sleep(SETTLES_S)
    idle_mb = resident_mb()

    def fold(event: Event) -> None:
        board.fold(event)
        changes.note()

    secrets = [Secret("correct horse battery"), Secret(f"K10{'ab' * 32}::server:0123456789abcdef")]
    teller = Teller(Clock(), Redactor(secrets))
    teller.begin([journal, fold])
    teller.tell(RunStarted(0.0, "bench", NODES, str(journal.directory)))
    streams = [Stream(teller, name) for name in NODES]
    for name, stream in zip(NODES, streams, strict=True):
        await loop.connect_read_pipe(partial(_same, stream), (directory / name).open("rb"))
    gaps: list[float] = []
    timing = asyncio.create_task(watch(streams, seconds, gaps))
    await asyncio.gather(*(stream.ended for stream in streams))
    teller.tell(RunFinished(teller.at, Result.OK, "done"))
    await timing
    journal.close()
    seen = {
        "directory": str(journal.directory),
        "problem": journal.problem,
        "gaps_ms": sorted((gap * 1000 for gap in gaps), reverse=True)[:1000],
        "idle_mb": idle_mb,
        "full_mb": resident_mb(),
    }
    (directory / "seen.json").write_text(json.dumps(seen))
    app.exit(0)


async def watch(streams: list[Stream], seconds: float, gaps: list[float]) -> None:
    """Note by how much a timer is late, from the first byte on."""
    await asyncio.wait([stream.begun for stream in streams], return_when=asyncio.FIRST_COMPLETED)
    now = time.monotonic()
    until = now + seconds
    while now < until:
        await asyncio.sleep(TIMER_S)
        before, now = now, time.monotonic()
        gaps.append(now - before - TIMER_S)


def main(directory: Path, seconds: float) -> None:
    app = wizard(Simulation(clock=ScaledClock(1.0)).world)
    tasks = []

    def start() -> None:
        tasks.append(asyncio.create_task(feed(app, directory, seconds)))

    app.call_later(start)
    app.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
