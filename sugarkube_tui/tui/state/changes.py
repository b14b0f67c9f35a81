"""A counter that says "something changed": screens look at it some ten times a second and draw once."""

from __future__ import annotations


class Changes:
    """However many events arrive between two looks, they cost one drawing."""

    def __init__(self) -> None:
        self.revision = 0

    def note(self) -> None:
        self.revision += 1
