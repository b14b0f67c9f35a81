"""The run's keys: which make sense when, and which the footer shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sugarkube_tui.engine.events import Answer
from sugarkube_tui.tui.keys import KEYS
from sugarkube_tui.tui.screens.run_keys import Situation, View
from sugarkube_tui.tui.state.run import Phase

RUNNING = Situation(Phase.RUNNING, nodes=3, may_give_up=True)
ASKS = replace(RUNNING, answers=frozenset({Answer.RETRY, Answer.GIVE_UP}))
OTHERS_ASK = replace(RUNNING, others_ask=True)
DEPENDING = (
    "again",
    "skip",
    "direct",
    "give_up",
    "proceed",
    "stop",
    "result",
    "copy",
    "zoom",
    "panes",
    "goto",
)
"""The actions that do not always make sense."""
QUESTIONS = (
    frozenset[Answer](),
    frozenset({Answer.RETRY, Answer.GIVE_UP}),
    frozenset({Answer.RETRY, Answer.SKIP, Answer.GIVE_UP}),
    frozenset({Answer.RETRY, Answer.DIRECT, Answer.GIVE_UP}),
)
SITUATIONS = [
    Situation(phase, view, zoomed, nodes, answers, others_ask, may_give_up=phase is Phase.RUNNING)
    for phase, view, zoomed, nodes, answers, others_ask in product(
        Phase, View, (False, True), (1, 3), QUESTIONS, (False, True)
    )
]


@pytest.mark.parametrize(
    ("situation", "allowed"),
    [
        (Situation(Phase.RUNNING), "stop zoom"),
        (RUNNING, "give_up stop zoom goto"),
        (replace(RUNNING, zoomed=True), "give_up stop zoom panes goto"),
        (replace(RUNNING, view=View.TIMELINE), "stop panes goto"),
        (replace(RUNNING, phase=Phase.STOPPING, may_give_up=False), "zoom goto"),
        (ASKS, "again give_up stop zoom goto"),
        (replace(ASKS, answers=ASKS.answers | {Answer.SKIP}), "again skip give_up stop zoom goto"),
        (replace(ASKS, answers=ASKS.answers | {Answer.DIRECT}), "again direct give_up stop zoom goto"),
        (replace(ASKS, others_ask=True), "again give_up proceed stop zoom goto"),
        (replace(ASKS, view=View.TIMELINE), "proceed stop panes goto"),
        (OTHERS_ASK, "give_up proceed stop zoom goto"),
        (Situation(Phase.DONE, nodes=3), "again proceed result zoom goto"),
        (Situation(Phase.DONE, View.RESULT, nodes=3), "again proceed result panes goto"),
        (Situation(Phase.FAILED, View.RESULT), "again proceed result panes"),
        (Situation(Phase.STOPPED), "again proceed result zoom"),
        (Situation(Phase.DONE, View.RESULT, next_steps=True), "again proceed result copy panes"),
        (Situation(Phase.DONE, next_steps=True), "again proceed result zoom"),
        (Situation(Phase.IDLE), "proceed result zoom"),
    ],
)
def test_what_makes_sense(situation: Situation, allowed: str) -> None:
    assert [action for action in DEPENDING if situation.allows(action)] == allowed.split()


@pytest.mark.parametrize(
    ("situation", "shown"),
    [
        (RUNNING, "zoom, timeline, search, stop, help"),
        (OTHERS_ASK, "proceed: To question, zoom, timeline, stop, help"),
        (ASKS, "again, give_up, stop, help"),
        (replace(ASKS, others_ask=True), "again, give_up, stop, help"),
        (replace(ASKS, view=View.TIMELINE), "proceed: To question, timeline: Panes, stop, help"),
        (Situation(Phase.DONE, View.RESULT), "proceed, again: Run again, result: Panes, timeline, help"),
        (Situation(Phase.DONE, slim=True), "proceed, again: Run again, result, help"),
        (
            Situation(Phase.STOPPED, View.RESULT),
            "proceed: Verify so far, again: Run again, result: Panes, timeline, help",
        ),
    ],
)
def test_what_the_footer_shows_the_likely_key_first(situation: Situation, shown: str) -> None:
    told = ((action, situation.labels().get(action, "")) for action in visible(situation))
    assert ", ".join(f"{action}: {label}" if label else action for action, label in told) == shown


def visible(situation: Situation) -> list[str]:
    """The footer as it is drawn outside a search: only what is allowed."""
    shown = situation.footer()
    return [action for action in shown if action != "end_search" and situation.allows(action)]


def test_the_footer_is_short_and_never_hides_the_way_to_a_question() -> None:
    for situation in SITUATIONS:
        shown = visible(situation)
        assert len(shown) <= 5, situation
        assert "help" in shown, situation
        if situation.phase is Phase.RUNNING:
            to_question = situation.asks_elsewhere and not situation.asks_in_sight
            assert ("proceed" in shown) is to_question, situation
            assert "stop" in shown, situation


def test_only_actions_of_the_screen_or_the_log_depend_on_the_run() -> None:
    known = {key.action.split("(")[0] for group in ("Run", "Log", "Find") for key in KEYS[group]}
    assert known.issuperset(DEPENDING)
    for situation in SITUATIONS:
        assert known.issuperset(situation.footer())
