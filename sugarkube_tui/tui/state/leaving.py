"""Leaving the wizard: whether something is left undone, and what stays in the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.board import Board
from sugarkube_tui.tui.state.run import Phase

START_AGAIN = (
    "start sugarkube-tui again: it finds this run's log and offers to go on from what is true on the nodes"
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a run that was begun has come to by now.

    Attributes:
        proved: the last look from outside has found the cluster whole.
        simulated: it is the demo's, which remembers nothing.
    """

    environment: Environment
    phase: Phase
    board: Board
    proved: bool
    simulated: bool

    @property
    def undone(self) -> bool:
        """The cluster is not proved to be there."""
        return not (self.phase is Phase.DONE and self.proved)

    @property
    def way_on(self) -> str:
        """How the run is gone on with when it is left halfway, as a sentence."""
        if self.simulated:
            return "The demo keeps nothing: its next start begins afresh."
        return f"To go on later, {START_AGAIN}."

    @property
    def last_words(self) -> str:
        """What stays in the terminal when the wizard is gone."""
        nodes = self.board.nodes.values()
        # Leaving stops what still goes on.
        phase = Phase.STOPPED if self.phase.active else self.phase
        ready = sum(node.reached for node in nodes)
        lines = [
            f"{self.environment}: {ready} of {len(nodes)} nodes reached their goal, the run {phase.told}"
        ]
        if self.simulated:
            lines.append("its Pis were simulated, and are gone; without --demo the Pis are real")
        elif phase is not Phase.DONE:
            lines.append(f"to complete it, {START_AGAIN}")
        elif not self.proved:
            lines.append(f"not proved yet: sugarkube-tui verify {self.environment.name}")
        else:
            server = next((node.known_as for node in nodes if node.is_server), "a server")
            lines.append(f"next, on {server}: sudo k3s kubectl get nodes")
        if self.board.log_directory:
            lines.append(f"logs: {self.board.log_directory}")
        return "\n".join(lines)
