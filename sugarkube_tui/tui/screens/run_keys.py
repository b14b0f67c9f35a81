"""Which keys make sense on the run's screen, and which of them its footer shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from sugarkube_tui.engine.events import Answer
from sugarkube_tui.tui.state.run import Phase

TYPING = ("end_search",)
WHILE_IT_RUNS = ("zoom", "timeline", "search", "stop", "help", *TYPING)
WHILE_OTHERS_ASK = ("proceed", "zoom", "timeline", "stop", "help", *TYPING)
WHILE_IT_ASKS = ("again", "skip", "direct", "give_up", "stop", "help", *TYPING)
AT_THE_END = ("proceed", "again", "result", "timeline", "help", *TYPING)
AT_THE_END_SLIM = ("proceed", "again", "result", "help", *TYPING)
"""What the footer offers, the likely key first."""


class View(Enum):
    """What the screen shows of the run."""

    PANES = "panes"
    TIMELINE = "timeline"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Situation:
    """What the keys depend on; "the node" is the one that they are about.

    Attributes:
        zoomed: one pane has all the room.
        nodes: how many there are.
        answers: what the node's question can be answered with; empty when it asks nothing.
        others_ask: another node asks something.
        may_give_up: the node can be given up.
        next_steps: there are commands for what comes next.
        slim: the terminal is as narrow as can be.
    """

    phase: Phase
    view: View = View.PANES
    zoomed: bool = False
    nodes: int = 1
    answers: frozenset[Answer] = frozenset()
    others_ask: bool = False
    may_give_up: bool = False
    next_steps: bool = False
    slim: bool = False

    @property
    def asks_in_sight(self) -> bool:
        """The node's question is on the screen: only what can be read is answered."""
        return self.view is View.PANES and bool(self.answers)

    @property
    def asks_elsewhere(self) -> bool:
        """There is a question that is not on the screen."""
        return self.others_ask or (bool(self.answers) and not self.asks_in_sight)

    def allows(self, action: str) -> bool:
        """Whether an action of the screen would do anything sensible now."""
        match action:
            case "again" if self.phase.active:
                return self._may_answer(Answer.RETRY)
            case "again":
                return self.phase is not Phase.IDLE
            case "skip":
                return self._may_answer(Answer.SKIP)
            case "direct":
                return self._may_answer(Answer.DIRECT)
            case "give_up":
                return self.view is View.PANES and self.may_give_up
            case "proceed":
                return not self.phase.active or self.asks_elsewhere
            case "stop":
                return self.phase is Phase.RUNNING
            case "result":
                return not self.phase.active
            case "copy":
                return self.view is View.RESULT and self.next_steps
            case "zoom":
                return self.view is View.PANES
            case "panes":
                return self.view is not View.PANES or self.zoomed
            case "goto":
                return self.nodes > 1
            case _:
                return True

    def _may_answer(self, answer: Answer) -> bool:
        return self.asks_in_sight and answer in self.answers

    def labels(self) -> Mapping[str, str]:
        """What actions are called that do another thing now than usual."""
        labels = {}
        if self.phase.active:
            labels["proceed"] = "To question"
        else:
            labels["again"] = "Run again"
            if self.phase is not Phase.DONE:
                labels["proceed"] = "Verify so far"
        if self.view is View.RESULT:
            labels["result"] = "Panes"
        if self.view is View.TIMELINE:
            labels["timeline"] = "Panes"
        return labels

    def footer(self) -> Sequence[str]:
        """The actions that the footer shows if they are allowed, the likely one first."""
        if not self.phase.active:
            return AT_THE_END_SLIM if self.slim else AT_THE_END
        if self.asks_in_sight:
            return WHILE_IT_ASKS
        return WHILE_OTHERS_ASK if self.asks_elsewhere else WHILE_IT_RUNS
