"""One node during a run: what it is doing, what it waits for, and its log."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Result
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.widgets.log_pane import LogPane
from sugarkube_tui.tui.words import MOOD_OF_RESULT, Mood

BAR_WIDTH = 24
DONE_WORDS = {
    Result.OK: "Ready",
    Result.CHANGED: "Ready",
    Result.WARNED: "Ready, warned",
    Result.SKIPPED: "set aside",
    Result.FAILED: "failed",
    Result.STOPPED: "stopped",
}


def mood_and_word(node: NodeBoard, phase: Phase) -> tuple[Mood, str]:
    """A node's state in one word or two."""
    if node.result is not None:
        return MOOD_OF_RESULT[node.result], DONE_WORDS[node.result]
    if phase is Phase.STOPPING:
        return Mood.WARN, "stopping"
    if not phase.active:
        return Mood.WARN, "stopped"
    if node.waiting is not None and node.waiting.what != node.action:
        return Mood.WAIT, "waiting"
    if node.step:
        return Mood.BUSY, "working"
    if node.hostname:
        return Mood.IDLE, "logged in"
    return Mood.BUSY, "logging in"


def state_of(node: NodeBoard, phase: Phase) -> Content:
    return words.state(*mood_and_word(node, phase))


def step_of(node: NodeBoard) -> str:
    if not node.step:
        return ""
    return f"{node.step_number}/{max(node.steps, node.step_number)} {node.step}"


class NodePane(Vertical):
    """Draws nothing as long as it is hidden."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__()
        self.node_name = name
        self._number = number

    def compose(self) -> ComposeResult:
        yield Static(classes="now", markup=False)
        yield LogPane()

    @property
    def log_pane(self) -> LogPane:
        return self.query_one(LogPane)

    def show(self, node: NodeBoard, phase: Phase, now: float) -> None:
        """Draw the node's present state.

        Args:
            now: seconds since the run began.
        """
        mood, word = mood_and_word(node, phase)
        for other in Mood:
            self.set_class(other is mood, f"-{other.name.lower()}")
        log = self.log_pane
        log.feed(node.log)
        digit = f"{self._number} " if self._number <= 9 else ""
        self.border_title = Content.assemble(
            (digit, words.MUTED),
            (node.name, "bold"),
            "  ",
            words.state(mood, word),
            (f"  {node.role}" if node.role else "", words.MUTED),
        )
        paused = f"+{log.unseen} new, f follows" if log.unseen else "paused, f follows"
        self.border_subtitle = Content.assemble(("" if log.following else paused, "$text-warning"))
        self.query_one(".now", Static).update(words.lines(_now(node, phase, now)))


def _now(node: NodeBoard, phase: Phase, now: float) -> list[Content]:
    """Two lines: the step, and what happens within it."""
    took = node.finished_at if node.finished_at is not None else now
    head = Content.assemble(
        words.plain(step_of(node) or "waiting for facts of all nodes"),
        (f"   {words.elapsed(took)}", words.MUTED),
    )
    return [head, _doing(node, phase, now)]


def _doing(node: NodeBoard, phase: Phase, now: float) -> Content:
    if node.result is not None:
        if node.evidence is not None:
            return Content.assemble((node.evidence.what, "$text-error"))
        return words.muted(f"{words.plural(node.actions, 'action')}, {words.plural(node.reboots, 'reboot')}")
    if (wait := node.waiting) is not None:
        left = f", {max(0.0, wait.until - now):.0f} s left" if wait.until is not None else ""
        seen = f": {wait.seen}" if wait.seen else ""
        text = words.plain(f"{wait.what}{left}{seen}")
        if wait.progress is not None:
            return Content.assemble(words.bar(wait.progress, BAR_WIDTH), "  ", text)
        return text
    if node.action:
        return words.plain(f"{node.action}   {max(0.0, now - node.action_at):.0f} s")
    return words.muted("" if phase.active else "stopped here")
