"""One node during a run: what it is doing, waits for or asks, and its log."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import key_names
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.texts import node_words
from sugarkube_tui.tui.widgets.fixed import Fixed
from sugarkube_tui.tui.widgets.log_pane import LogPane
from sugarkube_tui.tui.widgets.pane import wrapped
from sugarkube_tui.tui.words import Mood


class NodePane(Vertical):
    """Draws nothing as long as it is hidden."""

    class Ready(Message):
        """It can be drawn and focused from now on."""

    def __init__(self, name: str, number: int, log_file: str = "") -> None:
        super().__init__()
        self._log_file = log_file
        self.node_name = name
        self._number = number
        self.is_ready = False
        self._title = self._told = Content()

    def compose(self) -> ComposeResult:
        yield Fixed(classes="now")
        yield LogPane(self.node_name, file=self._log_file)

    def on_mount(self) -> None:
        self.is_ready = True
        self.post_message(self.Ready())

    def show(self, node: NodeBoard, phase: Phase, now: float, others: Sequence[str]) -> None:
        """Draw the node's present state.

        Args:
            now: seconds since the run began.
            others: who waits for the answer to its question.
        """
        mood, word = node_words.mood_and_word(node, phase)
        for other in Mood:
            self.set_class(other is mood, f"-{other.name.lower()}")
        log = self.query_one(LogPane)
        log.feed(node.log)
        digit = f"{self._number} " if self._number <= 9 else ""
        title = Content.assemble(
            (digit, words.MUTED),
            (node.name, "bold"),
            "  ",
            words.state(mood, word),
            (f"  {node.role}" if node.role else "", words.MUTED),
        )
        if title != self._title:  # a border that is set draws all of the pane anew
            self._title = self.border_title = title
        asked = node.question
        place = self.query_one(".now", Fixed)
        width = place.content_size.width or self.app.size.width
        if asked is None:
            shown = [node_words.head(node, now), node_words.doing(node, phase, now, width)]
        else:
            question = node_words.question(asked, key_names(self), others)
            shown = [row for line in question for row in wrapped(line, width)]
        was_asking = self.has_class("-asking")
        self.set_class(asked is not None, "-asking")
        place.show(words.lines(shown), resizes=was_asking or asked is not None)

    def on_log_pane_changed(self, event: LogPane.Changed) -> None:
        event.stop()
        told = self.query_one(LogPane).told()
        if told != self._told:
            self._told = self.border_subtitle = told
