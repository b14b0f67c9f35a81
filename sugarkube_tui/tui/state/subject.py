"""What is to be proved after a run."""

from __future__ import annotations

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.subject import Subject


def subject_of(request: Request, board: Board) -> Subject:
    """The cluster that a run has formed: its servers must be there.

    Args:
        board: tells which nodes are servers, and by which host names they advertise.
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
        login=next((target.login for target in targets), None),
        token=request.token,
        registration_address=request.choices.registration_address,
    )
