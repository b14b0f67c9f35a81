"""What a benchmark tells: figures with their targets, as a table, and where they were measured."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One thing that was measured, several times.

    Attributes:
        target: at most so much; None: told for comparison.
        whole: what all of it would be, for a recall, where each value has to reach it.
        by_median: the median is judged; else each value.
    """

    what: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None
    whole: float | None = None
    by_median: bool = False

    @property
    def holds(self) -> bool:
        if self.whole is not None:
            return min(self.values) >= self.whole
        judged = median(self.values) if self.by_median else max(self.values)
        return self.target is None or judged <= self.target

    def cells(self) -> tuple[str, str, str, str, str]:
        """What, target, median, range, verdict."""
        low, middle, high = (self._shown(f(self.values)) for f in (min, median, max))
        if self.whole is not None:
            target = f"all {self.whole:.0f}"
        else:
            target = "" if self.target is None else f"≤ {self._shown(self.target)}"
        verdict = ("pass" if self.holds else "MISSED") if target else ""
        return self.what, target, middle, low if low == high else f"{low} to {high}", verdict

    def _shown(self, value: float) -> str:
        digits = 0 if self.unit in ("ms", "") else 2
        return "never" if math.isinf(value) else f"{value:.{digits}f} {self.unit}".rstrip()


def machine(*packages: str) -> dict[str, str]:
    """Where this was measured, with the versions of those packages."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = names[0].split(":")[1].strip() if names else platform.machine()
    versions = (f"{package} {version(package)}" for package in packages)
    return {
        "machine": f"{os.cpu_count()} cores, {model}",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "software": ", ".join((f"Python {platform.python_version()}", *versions)),
    }


def table(figures: Sequence[Figure]) -> str:
    """In Markdown."""
    lines = [("measured", "target", "median", "range", ""), *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "|".join("-" * (width + 2) for width in widths)
    shown = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    return "\n".join([shown[0], f"|{rule}|", *shown[1:]])
