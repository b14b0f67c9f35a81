"""How lists are told in a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def few(items: Sequence[str], shown: int) -> str:
    """The first items, at most `shown` of them, and how many more there are: `a, b and 3 more`."""
    more = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + more
