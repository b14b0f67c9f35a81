"""Which cluster is to be proved, and who is told of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.ports import Login, Target, WireLine
from sugarkube_tui.engine.proof import Check

if TYPE_CHECKING:  # a proof alone needs no run
    from sugarkube_tui.engine.board import Board
    from sugarkube_tui.engine.formation import Request


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


def subject_of(request: Request, board: Board, login: Login | None = None) -> Subject:
    """The cluster that a run has formed: its servers must be there.

    Args:
        board: tells which nodes are servers, and by which host names they advertise.
        login: for nodes that nobody has named; None: the first server's.
    """
    servers = [node for node in board.nodes.values() if node.is_server]
    names = {node.name for node in servers}
    # Servers tell more than agents: they are logged in to first.
    targets = sorted(request.targets, key=lambda target: target.name not in names)
    return Subject(
        request.choices.environment,
        expected=tuple(f"{node.known_as}.local" for node in servers),
        wanted=len(servers),
        targets=tuple(targets),
        login=login or next((target.login for target in targets), None),
        token=request.token,
        registration_address=request.choices.registration_address,
    )


CheckSink = Callable[[Check], None]
WireSink = Callable[[WireLine], None]
NoteSink = Callable[[str], None]


def ignore(_: object) -> None:
    """For who wants no progress."""
