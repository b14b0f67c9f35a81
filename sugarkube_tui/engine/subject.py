"""Which cluster is to be proved, and who is told of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.ports import Login, Target, WireLine
from sugarkube_tui.engine.proof import Check


@dataclass(frozen=True, slots=True)
class Subject:
    """Which cluster is to be proved, and by which means.

    Attributes:
        expected: `.local` names of the servers that must be there; may be empty.
        wanted: how many servers there must be; 0 when that is not said.
        targets: nodes to log in to.
        login: for nodes that are only heard or listed; None: they are not logged in to.
        token: what the CA is compared with; None: the one that a server tells.
    """

    environment: Environment
    expected: tuple[str, ...] = ()
    wanted: int = 0
    targets: tuple[Target, ...] = ()
    login: Login | None = None
    token: JoinToken | None = None
    registration_address: str = ""


CheckSink = Callable[[Check], None]
WireSink = Callable[[WireLine], None]
NoteSink = Callable[[str], None]


def ignore(_: object) -> None:
    """For who wants no progress."""
