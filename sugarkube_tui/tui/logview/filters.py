"""Which lines of a log are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sugarkube_tui.engine.log import Kind, LogEntry


class Level(Enum):
    """How much is shown: its words, and the kinds of lines; a key goes through them in this order."""

    ALL = ("everything", frozenset(Kind))
    OURS = ("no output", frozenset(Kind) - {Kind.OUTPUT})
    COMMANDS = ("commands only", frozenset({Kind.STEP, Kind.COMMAND}))
    TROUBLE = ("warnings and errors", frozenset({Kind.WARNING, Kind.ERROR}))

    @property
    def words(self) -> str:
        return self.value[0]

    @property
    def kinds(self) -> frozenset[Kind]:
        return self.value[1]

    @property
    def following(self) -> Level:
        """The next one; after the last comes the first."""
        levels = list(Level)
        return levels[(levels.index(self) + 1) % len(levels)]


@dataclass(frozen=True, slots=True)
class Filter:
    """What must hold for a line to be shown.

    Attributes:
        step: a step's title; None: all steps.
    """

    level: Level = Level.ALL
    step: str | None = None

    def passes(self, entry: LogEntry) -> bool:
        return entry.kind in self.level.kinds and (self.step is None or entry.step == self.step)

    @property
    def words(self) -> str:
        """What is shown; empty: everything."""
        parts = [] if self.level is Level.ALL else [self.level.words]
        if self.step is not None:
            parts.append(self.step or "before the first step")
        return ", ".join(parts)
