"""A hundred nodes in one run: do the list and the timeline stay usable?

    python -m benchmarks.hundred_nodes [--json]     # one minute; see README.md

The wizard runs in a terminal of its own, on a simulated LAN that is six times faster than life.  Exit
status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Figure, machine, table

NODES = 100
SPEED = 6.0
PRESSES = 50
"""Key presses for each view."""
PAUSE_S = 0.1
PATIENCE_S = 20.0
GAP_MS, REPAINT_MS = 60.0, 100.0
PROBE_S = 0.002
WORST = 20
"""Gaps that are told."""
GAPS, BEGIN = "gaps.json", "SUGARKUBE_BENCHMARK_DIRECTORY"
_STYLES = rb"(?:\x1b\[[0-9;]*m|[ 0-9])*"


@dataclass(frozen=True)
class View:
    """A view of the run, the keys that lead to it, and the one that goes on to the next node."""

    name: str
    rows: int
    columns: int
    opening: bytes
    next_node: bytes


VIEWS = (View("list, 80×24", 24, 80, b"", b"\t"), View("timeline, 120×36", 36, 120, b"v", b"j"))


def name(number: int) -> str:
    return f"node{number:03}"


# -- the measured program


async def child(directory: Path) -> None:
    """Run the wizard on a hundred Pis, and write the worst gaps of its event loop when it ends."""
    from screenshots.driving import wizard
    from sugarkube_tui.cluster.choices import Choices
    from sugarkube_tui.engine.formation import Request
    from sugarkube_tui.engine.ports import Target
    from sugarkube_tui.simulator import stock
    from sugarkube_tui.simulator.clock import ScaledClock
    from sugarkube_tui.simulator.network import Network
    from sugarkube_tui.simulator.world import Simulation
    from sugarkube_tui.tui.screens.run import RunScreen
    from sugarkube_tui.tui.stages import Stage

    def shelf(network: Network) -> None:
        for number in range(NODES):
            stock.fresh_pi(network, name(number), 100 + number, stock.pi_5(number))

    simulation = Simulation(shelf, ScaledClock(SPEED))
    app = wizard(simulation.world)
    gaps: list[float] = []
    work: list[float] = []

    async def becomes(true: Callable[[], bool]) -> None:
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def probe() -> None:
        while isinstance(app.screen, RunScreen):  # what leaving the program takes does not count
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(PROBE_S)
            gaps.append((time.perf_counter() - before - PROBE_S) * 1000)
            work.append((time.thread_time() - used) * 1000)

    async def begin() -> None:
        await becomes(lambda: bool(app.screen_stack) and app.screen.is_mounted)
        app.session.scan.stop()
        targets = tuple(Target(name(n), f"{stock.SUBNET}.{100 + n}") for n in range(NODES))
        app.session.run.start(Request(targets, Choices(servers=3)))
        app.call_later(app.go, Stage.RUN)
        await becomes(lambda: all(node.step for node in app.session.run.board.nodes.values()))
        await probe()  # opening the screen and the look are not the run

    task = asyncio.create_task(begin())
    await app.run_async()
    task.cancel()
    (directory / GAPS).write_text(json.dumps({"gaps": sorted(gaps)[-WORST:], "work": sorted(work)[-WORST:]}))


# -- measuring


@dataclass(frozen=True)
class Measured:
    """One view, in milliseconds.

    Attributes:
        repaint_ms: from a key to the new row.
        gaps_ms: the loop's worst gaps.
        work_ms: the most processor time that the loop needed in one go.
    """

    view: str
    repaint_ms: tuple[float, ...]
    gaps_ms: tuple[float, ...]
    work_ms: tuple[float, ...]


def measure(view: View) -> Measured:
    with tempfile.TemporaryDirectory() as directory:
        pid, terminal = pty.fork()
        if pid == 0:
            variables = {"HOME": directory, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.environ.update(variables, **{BEGIN: directory})
            os.execv(sys.executable, [sys.executable, "-m", "benchmarks.hundred_nodes", "--child"])
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", view.rows, view.columns, 0, 0))
        try:
            await_output(terminal, rb"Memory cgroup|reboot", "the run")
            if view.opening:
                os.write(terminal, view.opening)
                await_output(terminal, rb"\|00:00", "the view")
            took = []
            for number in range(1, PRESSES + 1):
                drain(terminal, PAUSE_S)
                began = time.perf_counter()
                os.write(terminal, view.next_node)
                row = rb"\xe2\x96\xb8" + _STYLES + name(number).encode()
                await_output(terminal, row, name(number))
                took.append((time.perf_counter() - began) * 1000)
            os.write(terminal, b"q")
            await_output(terminal, rb"A run is going on", "the question")
            os.write(terminal, b"y")
            drain_to_end(terminal)
            told = json.loads(Path(directory, GAPS).read_text())
        finally:
            os.close(terminal)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return Measured(view.name, tuple(took), tuple(told["gaps"]), tuple(told["work"]))


def await_output(terminal: int, pattern: bytes, what: str) -> None:
    """Read until the pattern comes.

    Raises:
        TimeoutError: it does not.
    """
    seen = b""
    until = time.perf_counter() + PATIENCE_S
    while not re.search(pattern, seen):
        left = until - time.perf_counter()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"{what} did not appear; last: {seen[-2000:]!r}")
        seen = seen[-20_000:] + os.read(terminal, 65_536)


def drain(terminal: int, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left)[0]:
            os.read(terminal, 65_536)


def drain_to_end(terminal: int) -> None:
    while True:
        try:
            if not select.select([terminal], [], [], PATIENCE_S)[0] or not os.read(terminal, 65_536):
                return
        except OSError:
            return


def figures(measured: Sequence[Measured]) -> list[Figure]:
    found = []
    for one in measured:
        percentile = quantiles(one.repaint_ms, n=100, method="inclusive")[98]
        found += [
            Figure(f"{one.view}: key to repaint, all", "ms", one.repaint_ms),
            Figure(f"{one.view}: key to repaint, p99", "ms", (percentile,), REPAINT_MS),
            Figure(f"{one.view}: worst event-loop gap", "ms", (max(one.gaps_ms),), GAP_MS),
            Figure(f"{one.view}: most work in one go", "ms", one.work_ms),
        ]
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="the raw figures")
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.child:
        asyncio.run(child(Path(os.environ[BEGIN])))
        return 0
    measured = [measure(view) for view in VIEWS]
    if arguments.json:
        print(json.dumps([asdict(one) for one in measured]))
        return 0
    found = figures(measured)
    print(
        "\n".join(f"{key}: {value}" for key, value in machine("textual").items()), "", table(found), sep="\n"
    )
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
