"""The marks of the stages at the top of every screen."""

from __future__ import annotations

import pytest

from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.progress import progress


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
