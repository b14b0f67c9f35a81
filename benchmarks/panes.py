"""Eight panes that 40,000 lines a second run into: is all of it kept, and does the wizard still answer?

    python -m benchmarks.panes [--seconds N] [--lines N]      # see README.md

Exit status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, machine, table
from benchmarks.panes_lines import NODES

RATE = 40_000
SECONDS = 30.0
LINES = 10_000_000
SIZE = (50, 160)
"""Rows and columns of the terminal: all eight panes are shown."""
PATIENCE_S = 3_600.0
PROJECT = Path(__file__).parents[1]
KEYS = (
    (b"f", b"paused, f follows"),
    (b"f", b""),
    (b"L", b"no output"),
    (b"L", b"commands only"),
    (b"L", b"warnings and errors"),
    (b"L", b""),
)
"""Keys for the pane that has the focus, and what its border then says; empty: less than before."""
PAUSE_S = 0.15
STAMP = len(f"{0:8.2f}  ")


class Terminal:
    """The program on a terminal of its own; whatever it writes is read at once."""

    def __init__(self, arguments: Sequence[str], home: str) -> None:
        self.child, self._handle = pty.fork()
        if self.child == 0:
            os.chdir(PROJECT)
            environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
            environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": home}
            os.execve(sys.executable, (sys.executable, "-m", *arguments), environment)
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        self.is_open = True

    def read(self, seconds: float, wanted: bytes = b"") -> bool:
        """Read what comes for so long, or until something that is wanted came."""
        until = time.monotonic() + seconds
        tail = b""
        while (left := until - time.monotonic()) > 0 and self.is_open:
            if not select.select([self._handle], [], [], left)[0]:
                break
            try:
                tail = tail[-200:] + os.read(self._handle, 65_536)
            except OSError:  # the program has ended
                self.is_open = False
                break
            if wanted and wanted in tail:
                return True
        return False

    def press(self, key: bytes) -> None:
        os.write(self._handle, key)

    def wait(self) -> None:
        """Until the program has ended."""
        self.read(PATIENCE_S)
        os.waitpid(self.child, 0)


def latencies(terminal: Terminal, seconds: float) -> Iterator[float]:
    """Milliseconds from a key to the change that it makes on the screen, one after another for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for key, shown in KEYS:
            terminal.read(PAUSE_S)
            began = time.monotonic()
            terminal.press(key)
            if shown:
                if not terminal.read(5.0, shown):
                    raise TimeoutError(f"{key!r} did not show {shown!r}")
                yield (time.monotonic() - began) * 1000


def kept(directory: Path) -> dict[str, list[Any]]:
    """For each node's file: its lines, and the SHA-256 of them without their times."""
    found = {}
    for name in NODES:
        digest, count = hashlib.sha256(), 0
        with (directory / f"{name}.log").open("rb") as file:
            for line in file:
                digest.update(line[STAMP:])
                count += 1
        found[name] = [count, digest.hexdigest()]
    return found


def measure(seconds: float, lines: int, directory: Path) -> Sequence[Figure]:
    for name in NODES:
        os.mkfifo(directory / name)
    terminal = Terminal(("benchmarks.panes_app", str(directory), str(seconds)), str(directory))
    command = [
        sys.executable,
        "-m",
        "benchmarks.panes_lines",
        str(directory),
        str(RATE),
        str(seconds),
        str(lines),
    ]
    with subprocess.Popen(command, cwd=PROJECT):
        terminal.read(PATIENCE_S, b"sugarkube7")
        terminal.read(4.0)  # the lines have begun
        keys = tuple(latencies(terminal, seconds - 8.0))
        terminal.wait()
    written = json.loads((directory / "written.json").read_text())
    seen = json.loads((directory / "seen.json").read_text())
    runs = Path(seen["directory"])
    whole = kept(runs)
    total = sum(count for count, _ in written["nodes"].values())
    same = sum(count for name, (count, digest) in whole.items() if written["nodes"][name] == [count, digest])
    with (runs / "events.jsonl").open("rb") as file:
        told = (json.loads(line) for line in file)
        events = sum(len(event["lines"]) for event in told if event["event"] == "printed")
    ordered = sorted(keys)
    gaps = seen["gaps_ms"]
    return (
        Figure("lines in files that are whole", "", (float(same),), whole=float(total)),
        Figure("lines among the events", "", (float(events),), whole=float(total)),
        Figure(f"seconds for {RATE * seconds:,.0f} lines", "s", (written["seconds"],), seconds * 1.02),
        Figure("worst gap of the event loop", "ms", (gaps[0],), 60.0),
        Figure("gap that 10 in 30 s exceed", "ms", (gaps[min(10, len(gaps) - 1)],)),
        Figure("key to repaint, 99th percentile", "ms", (ordered[int(len(ordered) * 0.99)],), 100.0),
        Figure(f"key to repaint, {len(keys)} keys", "ms", keys),
        Figure(f"memory above idle after {total:,} lines", "MB", (seen["full_mb"] - seen["idle_mb"],), 150.0),
        Figure("memory while idle", "MB", (seen["idle_mb"],)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure eight panes with 40,000 lines a second.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long (default: %(default)s)")
    parser.add_argument("--lines", type=int, default=LINES, help="lines in all (default: %(default)s)")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    directory = Path(tempfile.mkdtemp(prefix="panes-"))
    try:
        figures = measure(arguments.seconds, arguments.lines, directory)
    finally:
        shutil.rmtree(directory)
    where = machine("textual")
    where |= {"load": f"{before:.2f} before, {os.getloadavg()[0]:.2f} after"}
    print(table(figures), *(f"{what}: {text}" for what, text in where.items()), sep="\n")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
