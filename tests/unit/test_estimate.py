"""The estimate: the longest chain counts, and it says what it is based on."""

from __future__ import annotations

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.estimate import (
    BUILT_IN,
    Experience,
    Outlook,
    Sample,
    estimate,
    remaining,
    samples,
)
from sugarkube_tui.engine.events import (
    Answer,
    Answered,
    Asked,
    NodeConnected,
    NodeFinished,
    RoleAssigned,
    StepFinished,
    StepStarted,
)
from sugarkube_tui.engine.outcome import Evidence, Result

PI = "Raspberry Pi 5 Model B"
PREPARING = ("packages", "install")
FORMING = ("gates", "start", "ready")
NOTHING = Experience()


def seconds(*steps: str) -> float:
    return sum(BUILT_IN[step] for step in steps)


def first() -> Outlook:
    return Outlook("first server", PI, (*PREPARING, *FORMING, "token"))


def server() -> Outlook:
    return Outlook("server", PI, (*PREPARING, *FORMING))


def agent() -> Outlook:
    return Outlook("agent", PI, (*PREPARING, *FORMING))


def test_nodes_are_prepared_at_once_and_agents_join_together() -> None:
    alone = estimate([first(), agent()], NOTHING).seconds
    assert estimate([first(), *[agent()] * 50], NOTHING).seconds == alone
    assert alone == seconds(*PREPARING, *FORMING, "token", *FORMING)


def test_servers_join_one_at_a_time() -> None:
    two = estimate([first(), server()], NOTHING).seconds
    three = estimate([first(), server(), server()], NOTHING).seconds
    assert three - two == seconds(*FORMING)


def test_a_slow_preparation_that_nobody_waits_for_does_not_add_up() -> None:
    slow = Outlook("agent", PI, ("boot", *PREPARING, *FORMING))
    quick = estimate([first(), agent()], NOTHING).seconds
    assert estimate([first(), agent(), slow], NOTHING).seconds == quick


def test_nothing_left_takes_no_time() -> None:
    assert estimate([Outlook("server", PI, ())], NOTHING).seconds == 0


def test_the_present_step_counts_only_what_is_left_of_it() -> None:
    fresh = estimate([Outlook("first server", PI, ("packages",), "packages", 0)], NOTHING).seconds
    half = estimate([Outlook("first server", PI, ("packages",), "packages", fresh / 2)], NOTHING).seconds
    late = estimate([Outlook("first server", PI, ("packages",), "packages", fresh * 9)], NOTHING).seconds
    assert half == fresh / 2
    assert 0 < late < half


def test_experience_on_the_same_model_comes_first() -> None:
    seen = Experience(
        2, (Sample("packages", PI, 10), Sample("packages", PI, 30), Sample("packages", "Pi 3", 90))
    )
    assert seen.seconds("packages", PI) == 20
    assert seen.seconds("packages", "Pi 4") == 30
    assert seen.seconds("boot", PI) is None


def test_it_says_what_it_is_based_on() -> None:
    node = Outlook("first server", PI, ("packages", "install"))
    packages, install = Sample("packages", PI, 30), Sample("install", PI, 30)
    assert estimate([node], NOTHING).basis == "from built-in figures"
    assert estimate([node], Experience(1, (packages,))).basis == "partly from 1 earlier run"
    assert estimate([node], Experience(3, (packages, install))).basis == "from 3 earlier runs"


def test_a_run_is_estimated_from_its_board_and_teaches_later_ones() -> None:
    board = Board()
    board.fold(NodeConnected(0, "a", "a", f"{PI} Rev 1.0", "10.0.0.1"))
    board.fold(RoleAssigned(0, "a", "first server", "", 13, ("packages", "install", "start")))
    everything = remaining(board, 0, NOTHING).seconds
    board.fold(StepStarted(0, "a", "packages", "Packages", 4))
    board.fold(StepFinished(12, "a", "packages", "Packages", Result.CHANGED, 12_000))
    board.fold(StepStarted(12, "a", "clock", "Clock", 6))
    board.fold(StepFinished(13, "a", "clock", "Clock", Result.OK, 1_000))
    assert everything - remaining(board, 13, NOTHING).seconds == BUILT_IN["packages"]
    board.fold(StepStarted(13, "a", "install", "Install k3s", 8))
    board.fold(Asked(14, "a", "Install k3s", Evidence("failed"), (Answer.RETRY, Answer.GIVE_UP)))
    board.fold(Answered(900, "a", Answer.RETRY))
    board.fold(StepFinished(930, "a", "install", "Install k3s", Result.CHANGED, 917_000))
    assert list(samples(board)) == [Sample("packages", PI, 12)]
    board.fold(NodeFinished(940, "a", Result.CHANGED, {}, 2, 0))
    assert remaining(board, 940, NOTHING).seconds == 0
