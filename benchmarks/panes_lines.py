"""Eight nodes that talk: writes lines into named pipes, as SSH connections bring them.

    python -m benchmarks.panes_lines DIRECTORY RATE SECONDS LINES

RATE lines a second in all for SECONDS, then as many more as make LINES, as quickly as they are taken.
What was written goes to `written.json`: for each pipe its lines and their SHA-256; and how long the
first part took.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

NODES = tuple(f"sugarkube{number}" for number in range(8))
TICK_S = 0.01
BURST = 200
"""Lines for one pipe at a time when there is no rate to be kept."""


def block(start: int, count: int) -> bytes:
    """Lines as k3s writes them, each with its number."""
    head = 'time="2026-03-01T10:15:00Z" level=info msg="Started tunnel to 192.168.3.10:6443" line='
    return "".join(f"{head}{number:08d}\n" for number in range(start, start + count)).encode()


def main(directory: str, rate: int, seconds: float, lines: int) -> None:
    pipes = [(Path(directory) / name).open("wb", buffering=0) for name in NODES]
    sums = [hashlib.sha256() for _ in NODES]
    counts = [0] * len(NODES)

    def write(index: int, count: int) -> None:
        data = block(counts[index], count)
        counts[index] += count
        sums[index].update(data)
        view = memoryview(data)
        while view:
            view = view[pipes[index].write(view) :]

    began = time.monotonic()
    wanted = int(rate * seconds / len(NODES))
    while counts[-1] < wanted:
        due = min(wanted, int((time.monotonic() - began) * rate / len(NODES)))
        for index in range(len(NODES)):
            write(index, due - counts[index])
        time.sleep(TICK_S)
    took = time.monotonic() - began
    while counts[-1] < lines // len(NODES):
        for index in range(len(NODES)):
            write(index, min(BURST, lines // len(NODES) - counts[index]))
    for pipe in pipes:
        pipe.close()
    nodes = {name: [counts[index], sums[index].hexdigest()] for index, name in enumerate(NODES)}
    (Path(directory) / "written.json").write_text(json.dumps({"nodes": nodes, "seconds": took}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
