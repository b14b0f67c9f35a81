"""The nodes' panes: all of them in a grid where they fit, else one.

A pane is made when it is first shown, and kept then, so that a run of a hundred nodes costs no more than
what is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.containers import Container

from sugarkube_tui.store.journal import log_name
from sugarkube_tui.tui.state.run import Run
from sugarkube_tui.tui.widgets.log_pane import LogPane
from sugarkube_tui.tui.widgets.node_pane import NodePane

PANE_HEIGHT = 7
"""Rows that a pane of the grid needs."""
GRID_WIDTH = 110
"""Columns from which two panes fit side by side."""


class NodePanes(Container):
    """Shows the panes it is told to."""

    def __init__(self, run: Run) -> None:
        super().__init__(id="panes")
        self._run = run
        self._wanted = ""

    @property
    def names(self) -> list[str]:
        return list(self._run.board.nodes)

    def fits(self, width: int, height: int) -> bool:
        """Whether all nodes have room in so many cells."""
        rows = -(-len(self.names) // 2)
        return width >= GRID_WIDTH and len(self.names) > 1 and height // max(1, rows) >= PANE_HEIGHT

    def show_only(self, shown: Sequence[str]) -> None:
        """Show these nodes' panes, and hide the others, which then draw nothing."""
        self.set_class(len(shown) > 1, "-grid")
        panes = {pane.node_name: pane for pane in self.query(NodePane)}
        for pane in panes.values():
            pane.display = pane.node_name in shown
        for number, name in enumerate(self.names, start=1):
            if name in shown and name not in panes:
                behind = next((panes[other] for other in self.names[number:] if other in panes), None)
                self.mount(NodePane(name, number, self._log_file(name)), before=behind)

    def _log_file(self, name: str) -> str:
        directory = Path(self._run.board.log_directory)
        kept = bool(self._run.board.log_directory) and directory.is_dir()
        return str(directory / log_name(name)) if kept else ""

    def draw(self) -> None:
        run = self._run
        for pane in self.query(NodePane):
            if pane.display and pane.is_ready and pane.node_name in run.board.nodes:
                node = run.board.nodes[pane.node_name]
                others = run.board.waiting_for(node.name) if node.question is not None else ()
                pane.show(node, run.phase, run.seconds, others)

    def pane(self, name: str) -> NodePane | None:
        return next((pane for pane in self.query(NodePane) if pane.node_name == name), None)

    def focus_log(self, name: str) -> None:
        """Give the focus to a node's log, as soon as it is there."""
        self._wanted = name
        self._focus_wanted()

    def on_node_pane_ready(self, event: NodePane.Ready) -> None:
        self.draw()
        self._focus_wanted()

    def _focus_wanted(self) -> None:
        pane = self.pane(self._wanted)
        if pane is not None and pane.is_ready:
            self._wanted = ""
            pane.query_one(LogPane).focus()
