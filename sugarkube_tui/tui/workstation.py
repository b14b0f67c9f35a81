"""The machine that the wizard runs on, for the diagnostics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Workstation:
    """What the wizard is told of its surroundings.

    Attributes:
        paths: where the program keeps what, by name.
        count_agent_keys: asks the SSH agent; None: there is none, or it does not answer.
    """

    paths: Mapping[str, Path]
    count_agent_keys: Callable[[], Awaitable[int | None]]
