"""How long steps took in earlier runs on this machine: one line of JSON for each run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sugarkube_tui.engine.estimate import Experience, Sample
from sugarkube_tui.store.paths import private, replace_file

SCHEMA = 1
RUNS = 20
"""Runs that are kept; what is older says little of today's network and releases."""
MAX_BYTES = 1_000_000
LONGEST_S = 86_400.0
"""No step takes longer than a day: all waits end earlier."""


class History:
    """Remembers durations.  It is a convenience: trouble with the file never stops anything.

    Args:
        path: None remembers nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._experience: Experience | None = None

    def recall(self) -> Experience:
        """What earlier runs have shown; read once."""
        if self._experience is None:
            runs = [run for line in self._lines() if (run := _read(line))]
            self._experience = Experience(len(runs), tuple(sample for run in runs for sample in run))
        return self._experience

    def record(self, samples: Sequence[Sample]) -> None:
        """Keep what a run has shown; one that did nothing says nothing."""
        if self._path is None or not samples:
            return
        steps = [[sample.step, sample.model, sample.seconds] for sample in samples]
        line = json.dumps({"schema": SCHEMA, "steps": steps}, ensure_ascii=False)
        kept = [old for old in self._lines() if _read(old)][1 - RUNS :]
        with suppress(OSError):
            private(self._path.parent)
            replace_file(self._path, "\n".join([*kept, line]) + "\n")
        self._experience = None

    def _lines(self) -> list[str]:
        if self._path is None:
            return []
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, self._path.stat().st_size - MAX_BYTES))
                return file.read(MAX_BYTES).decode("utf-8", errors="replace").splitlines()[-RUNS:]
        except OSError:
            return []


def _read(line: str) -> list[Sample]:
    """A run's samples; empty for a line that is none."""
    try:
        run = json.loads(line)
        if run["schema"] != SCHEMA:
            return []
        samples = [Sample(str(step), str(model), float(seconds)) for step, model, seconds in run["steps"]]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return []
    return samples if all(0 <= sample.seconds <= LONGEST_S for sample in samples) else []
