"""When lines come more quickly than anybody can read, a screenful stays for a moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

STAYS_S = 0.4
"""Seconds for which a screenful stays, at least."""


class Flood:
    """Says whether what has come is shown now, or held back until what is shown could be seen.

    Args:
        clock: seconds that only go up.
        chance: a number from 0 to 1, so that not all panes of a screen draw at the same time.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._stays_until = 0.0

    def holds_back(self, lines: int, height: int) -> bool:
        """Whether so many new lines are too many, too soon.

        Args:
            height: rows of the screenful; no more lines than that leave something of it in sight.
        """
        now = self._clock()
        if lines > height and now < self._stays_until:
            return True
        self._stays_until = now + STAYS_S * (1 + self._chance() / 2)
        return False
