"""The stages: their order, their questions, and their marks at the top of every screen."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.saved_plan import Question
from sugarkube_tui.tui.stages import STAGE_OF, Stage
from sugarkube_tui.tui.state.progress import missing, progress


@pytest.mark.parametrize(
    ("here", "reached", "missing", "signs"),
    [
        (Stage.SCAN, Stage.ACCESS, (), "▶·······"),
        (Stage.ACCESS, Stage.ACCESS, (), "✔▶······"),
        (Stage.SERVERS, Stage.SERVERS, (), "✔✔✔▶····"),
        (Stage.ACCESS, Stage.REVIEW, (), "✔▶✔✔✔···"),  # gone back: the answers are kept
        (Stage.SERVERS, Stage.REVIEW, (Stage.ACCESS,), "✔▲✔▶✔···"),
        (Stage.ACCESS, Stage.ACCESS, (Stage.ACCESS, Stage.ENVIRONMENT), "✔▶······"),
        (Stage.VERIFY, Stage.REVIEW, (), "✔✔✔✔✔✔✔▶"),
    ],
)
def test_marks(here: Stage, reached: Stage, missing: tuple[Stage, ...], signs: str) -> None:
    assert "".join(mark.value for mark in progress(here, reached, missing).values()) == signs


def test_every_question_is_asked_in_a_stage_and_in_the_same_order() -> None:
    stages = [STAGE_OF[question] for question in Question]
    assert stages == sorted(stages, key=lambda stage: stage.number)
    assert [stage.question for stage in stages] == list(Question)
    assert [stage for stage in Stage if stage.question is None] == [Stage.SCAN, Stage.RUN, Stage.VERIFY]


def test_an_answer_is_missing_when_it_does_not_bring_about_what_it_should() -> None:
    assert missing(selected=True, logged_in=True, token_usable=True) == set()
    assert missing(selected=False, logged_in=True, token_usable=True) == {Stage.SCAN}
    assert missing(selected=True, logged_in=False, token_usable=False) == {Stage.ACCESS, Stage.ENVIRONMENT}
