"""Choosing lines by keys, as vim's line-wise visual mode does."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Picking:
    """The lines between two ends, both included; they are numbers of entries.

    Attributes:
        anchor: the end that stays.
        cursor: the end that moves.
    """

    anchor: int
    cursor: int

    @property
    def low(self) -> int:
        return min(self.anchor, self.cursor)

    @property
    def high(self) -> int:
        return max(self.anchor, self.cursor)

    @property
    def swapped(self) -> Picking:
        """The other end moves from now on."""
        return Picking(self.cursor, self.anchor)

    def holds(self, number: int) -> bool:
        return self.low <= number <= self.high

    def moved(self, numbers: Sequence[int], by: int) -> Picking:
        """The cursor by so many of the lines that are shown, as far as there are any."""
        place = bisect_left(numbers, self.cursor) + by
        return replace(self, cursor=numbers[min(max(place, 0), len(numbers) - 1)]) if numbers else self

    def of(self, numbers: Sequence[int]) -> Sequence[int]:
        """The shown lines that are chosen."""
        return numbers[bisect_left(numbers, self.low) : bisect_right(numbers, self.high)]
