"""What is said when the wizard is left, and what is proved after a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login, Target
from sugarkube_tui.engine.subject import subject_of
from sugarkube_tui.tui.state.leaving import Leaving
from sugarkube_tui.tui.state.run import Phase
from tests.unit.builders import token

DEV = Environment()
KEY = Login(user="ops", identity=Path("/keys/ops"))


def board(logs: str = "") -> Board:
    return Board(
        str(DEV),
        logs,
        {
            "worker": NodeBoard("worker", role="agent", result=Result.FAILED),
            "10.0.0.1": NodeBoard(
                "10.0.0.1", hostname="sugarkube0", role="first server", result=Result.CHANGED
            ),
            "sugarkube1": NodeBoard("sugarkube1", role="server", result=Result.OK),
        },
    )


def leaving(phase: Phase, *, proved: bool = False, simulated: bool = False, logs: str = "") -> Leaving:
    return Leaving(DEV, phase, board(logs), proved=proved, simulated=simulated)


@pytest.mark.parametrize(
    ("phase", "proved", "undone", "said"),
    [
        (
            Phase.RUNNING,
            False,
            True,
            "2 of 3 nodes reached their goal, the run was stopped\nto complete it, start",
        ),
        (Phase.STOPPED, False, True, "the run was stopped\nto complete it, start sugarkube-tui again"),
        (Phase.FAILED, True, True, "the run failed\nto complete it"),
        (Phase.DONE, False, True, "the run is done\nnot proved yet: sugarkube-tui verify dev"),
        (Phase.DONE, True, False, "the run is done\nnext, on sugarkube0: sudo k3s kubectl get nodes"),
    ],
)
def test_what_is_undone_and_how_it_is_gone_on_with(
    phase: Phase, proved: bool, undone: bool, said: str
) -> None:
    left = leaving(phase, proved=proved)
    assert left.undone is undone
    assert left.last_words.startswith("sugar/dev: 2 of 3 nodes reached their goal")
    assert said in left.last_words
    assert "logs:" not in left.last_words


def test_logs_are_named() -> None:
    assert leaving(Phase.STOPPED, logs="/runs/1").last_words.endswith("\nlogs: /runs/1")


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.FAILED, Phase.DONE])
@pytest.mark.parametrize("proved", [False, True])
def test_the_demo_names_no_way_on_for_pis_that_are_gone(phase: Phase, proved: bool) -> None:
    left = leaving(phase, proved=proved, simulated=True)
    assert left.way_on == "The demo keeps nothing: its next start begins afresh."
    assert "its Pis were simulated" in left.last_words
    assert not any(word in left.last_words for word in ("verify", "kubectl", "start sugarkube-tui"))


def test_the_proof_expects_the_runs_servers_and_logs_in_to_them_first() -> None:
    choices = Choices(registration_address="10.99.0.5")
    worker, first = Target("worker", "10.0.0.3", Login()), Target("10.0.0.1", "10.0.0.1", KEY)
    second = Target("sugarkube1", "10.0.0.2", Login())
    given = token()
    subject = subject_of(Request((worker, first, second), choices, given), board())
    assert subject.expected == ("sugarkube0.local", "sugarkube1.local")
    assert subject.wanted == 2
    assert subject.targets == (first, second, worker)
    assert subject.login == KEY
    assert (subject.token, subject.registration_address) == (given, "10.99.0.5")


def test_a_run_of_agents_alone_expects_no_server() -> None:
    agents = Board(str(DEV), "", {"worker": NodeBoard("worker", role="agent")})
    subject = subject_of(Request((Target("worker", "10.0.0.3", KEY),), Choices(), None), agents)
    assert (subject.expected, subject.wanted, subject.login) == ((), 0, KEY)
