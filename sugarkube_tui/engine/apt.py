"""How far apt-get is, from what it prints."""

from __future__ import annotations

import re

_COUNT = re.compile(r"(\d+) upgraded, (\d+) newly installed")
_STAGES = {
    "fetched": re.compile(r"^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \["),
    "unpacked": re.compile(r"^Unpacking (\S+)"),
    "set up": re.compile(r"^Setting up (\S+)"),
}


class AptProgress:
    """Reads the lines of one `apt-get install`.

    Attributes:
        share: 0 to 1; None before the number of packages is known.
        seen: what it is at.
    """

    def __init__(self) -> None:
        self.share: float | None = None
        self.seen = ""
        self._packages = 0
        self._done: dict[str, set[str]] = {stage: set() for stage in _STAGES}

    def read(self, line: str) -> bool:
        """Take one line; true when it tells of progress."""
        if (count := _COUNT.search(line)) is not None:
            self._packages = int(count[1]) + int(count[2])
            self.share, self.seen = 0.0, f"{self._packages} packages to get"
            return True
        if not self._packages:
            return False
        for stage, pattern in _STAGES.items():
            if (done := pattern.match(line)) is not None:
                self._done[stage].add(done[1].split(":")[0])
                total = sum(map(len, self._done.values()))
                self.share = min(1.0, total / (len(_STAGES) * self._packages))
                self.seen = f"{len(self._done[stage])} of {self._packages} packages {stage}"
                return True
        return False
