"""How far the wizard has come, for the line at the top."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum

from sugarkube_tui.tui.stages import Stage


class Mark(Enum):
    """How it stands with a stage; the value is its sign."""

    DONE = "✔"
    HERE = "▶"
    OPEN = "·"
    """Not answered yet."""
    MISSING = "▲"
    """It was answered, and the answer does not do any more."""


def missing(*, selected: bool, logged_in: bool, token_usable: bool) -> set[Stage]:
    """The stages whose answer does not do, by what their answers have to bring about."""
    holds = {Stage.SCAN: selected, Stage.ACCESS: logged_in, Stage.ENVIRONMENT: token_usable}
    return {stage for stage, does in holds.items() if not does}


def progress(here: Stage, reached: Stage, missing: Collection[Stage]) -> Mapping[Stage, Mark]:
    """The marks of all stages.

    Args:
        here: the stage that is shown.
        reached: the first one that was never answered.
        missing: those whose answer does not do.
    """
    answered = max(here.number, reached.number)

    def mark(stage: Stage) -> Mark:
        if stage is here:
            return Mark.HERE
        if stage.number >= answered:
            return Mark.OPEN
        return Mark.MISSING if stage in missing else Mark.DONE

    return {stage: mark(stage) for stage in Stage}
