"""What a run has to tell to somebody who looks elsewhere."""

from __future__ import annotations

from sugarkube_tui.engine.events import Asked
from sugarkube_tui.tui.state.run import Phase, Run


class Attention:
    """A run in a few words, and what is new of it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._asked: dict[str, Asked] = {}
        self._phase = Phase.IDLE

    def title(self) -> str:
        """`dev 2/4 ready`, or who asks."""
        run = self._run
        environment = run.board.environment.rpartition("/")[2]
        if run.asking:
            return f"{environment}: {' and '.join(run.asking[:2])}{', …' if len(run.asking) > 2 else ''} asks"
        nodes = run.board.nodes.values()
        ready = sum(node.reached for node in nodes)
        told = f"{environment} {ready}/{len(nodes)} ready"
        return told if run.phase is Phase.RUNNING else f"{told}, {run.phase}"

    def news(self) -> str:
        """What somebody should come for, once for each thing; empty: nothing that is new."""
        run = self._run
        ended = self._phase.active and not run.phase.active
        self._phase = run.phase
        before, self._asked = (
            self._asked,
            {name: node.question for name, node in run.board.nodes.items() if node.question is not None},
        )
        if ended:
            # Who has stopped the run is there already.
            return "" if run.phase is Phase.STOPPED else f"{run.board.environment}: the run {run.phase.told}"
        asking = [name for name, question in self._asked.items() if question is not before.get(name)]
        return "; ".join(f"{name} asks: {self._asked[name].evidence.what}" for name in asking)
