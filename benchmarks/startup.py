"""How soon the wizard can be used: from its start to its first usable frame, next to a bare Textual program.

    python -m benchmarks.startup [--pairs N]      # see README.md

Exit status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, machine, table

PAIRS = 15
SIZE = (36, 120)
"""Rows and columns of the terminal."""
PATIENCE_S = 30.0
TARGET = 1.3
PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Program:
    """A program, and what its terminal shows as soon as it can be used.

    Attributes:
        then: what it shows a little later, when the LAN has answered; empty: that is not measured.
    """

    name: str
    module: str
    arguments: tuple[str, ...]
    shows: tuple[bytes, ...]
    then: tuple[bytes, ...] = ()


BARE = Program("a bare table", "benchmarks.bare", (), (b"Address", b"sugarkube0"))
SCAN = (b"Which hosts", b"Continue")
"""The question and the keys: all of them work.  Who is there comes as it is heard."""
DEMO = Program("the demo", "sugarkube_tui", ("--demo",), SCAN, (b"Address", b"sugarkube0"))
REAL = Program("the wizard", "sugarkube_tui", (), SCAN)


@dataclass(frozen=True)
class Start:
    """One start: seconds until the frame was written, and those of processor time.

    Attributes:
        then_s: seconds until what comes later was there.
    """

    wall_s: float
    cpu_s: float
    then_s: float


def measure(program: Program, home: str) -> Start:
    """Start the program on a terminal of its own, wait for its frame, and end it."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(PROJECT)
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": home}
        command = (sys.executable, "-m", program.module, *program.arguments)
        os.execve(sys.executable, command, environment)
    try:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        written = read_until(program.shows, terminal)
        wall_s, cpu_s = time.perf_counter() - began, cpu_of(child)
        read_until(program.then, terminal, written)
        then_s = time.perf_counter() - began
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    return Start(wall_s, cpu_s, then_s)


def read_until(texts: Sequence[bytes], terminal: int, written: bytes = b"") -> bytes:
    """All that was written when all of these had been."""
    until = time.monotonic() + PATIENCE_S
    while not all(text in written for text in texts):
        ready, _, _ = select.select([terminal], [], [], PATIENCE_S)
        if not ready or time.monotonic() > until:
            raise TimeoutError(f"there was never {texts} in:\n{written[-2000:]!r}")
        written += os.read(terminal, 65536)
    return written


def cpu_of(process: int) -> float:
    """Seconds of processor time that it has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures_of(program: Program, pairs: int, home: str) -> Sequence[Figure]:
    """Both in turn, each first in every second pair; the first pair only warms the caches."""
    ours: list[Start] = []
    bare: list[Start] = []
    for number in range(pairs + 1):
        print(f"{program.name}: pair {number} of {pairs}", file=sys.stderr)
        for one, kept in ((program, ours), (BARE, bare))[:: 1 if number % 2 else -1]:
            start = measure(one, home)
            if number:
                kept.append(start)
    both = list(zip(ours, bare, strict=True))
    figures = [
        Figure(f"{program.name}: first usable frame", "ms", tuple(one.wall_s * 1000 for one in ours)),
        Figure("a bare table: first frame", "ms", tuple(one.wall_s * 1000 for one in bare)),
        Figure(
            "ours ÷ the bare one's",
            "×",
            tuple(one.wall_s / other.wall_s for one, other in both),
            TARGET,
            by_median=True,
        ),
        Figure("the same in processor time", "×", tuple(one.cpu_s / other.cpu_s for one, other in both)),
    ]
    if program.then:
        later = tuple(one.then_s * 1000 for one in ours)
        figures.append(Figure(f"{program.name}: first host in the table", "ms", later))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the start-up next to a bare Textual program's.")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="starts of each (default: %(default)s)")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as home:
        figures = [
            figure for program in (DEMO, REAL) for figure in figures_of(program, arguments.pairs, home)
        ]
    where = machine("textual")
    where |= {"load": f"{before:.2f} before, {os.getloadavg()[0]:.2f} after"}
    print(table(figures), *(f"{what}: {text}" for what, text in where.items()), sep="\n")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
