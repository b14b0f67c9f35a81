"""Nodes that we are logged in to, at the level of probes, actions and queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Protocol

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports.ssh import LineSink, Target

if TYPE_CHECKING:  # what is done on nodes is not needed before there are some: the first frame comes sooner
    from sugarkube_tui.cluster.actions import Action
    from sugarkube_tui.cluster.queries import Query

Answers = Mapping[str, str]
"""What one step's probe said: key → text."""


Progress = Callable[[float | None, str], None]
"""Takes the share done (0 to 1; None when it cannot be known) and what was seen last."""


class Machine(Protocol):
    """A node that we are logged in to, at the level of probes, actions and queries."""

    async def probe(self, steps: Collection[str]) -> Mapping[str, Answers]:
        """Run the probes of these steps in one round trip: step id → answers."""
        ...

    async def apply(self, action: Action, log: LineSink, progress: Progress) -> None:
        """Carry out one action.

        Raises:
            ActionFailed: with evidence.
            ConnectionLost, AccessError: as for `Shell.run`.
        """
        ...

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        """Answer one question.

        Raises:
            ActionFailed: with evidence.
            ConnectionLost, AccessError: as for `Shell.run`.
        """
        ...

    async def close(self) -> None: ...


class Machines(Protocol):
    """Opens machines; the real ones and the simulated ones."""

    async def open(self, target: Target) -> Machine:
        """Raises what `Connector.connect` raises."""
        ...
