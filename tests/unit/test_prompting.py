"""Questions of nodes on a terminal's standard input: one at a time, and never guessed."""

from __future__ import annotations

import asyncio
import io

import pytest

from sugarkube_tui.cli.prompting import Operator
from sugarkube_tui.engine.events import Answer, Asked
from sugarkube_tui.engine.outcome import Evidence

ANSWERS = (Answer.RETRY, Answer.SKIP, Answer.GIVE_UP)


def asked(node: str) -> Asked:
    evidence = Evidence("the clock is off", "by 9 s", "sudo timedatectl set-ntp true")
    return Asked(1.0, node, "Clock", evidence, ANSWERS, "certificates may look invalid")


async def test_an_answer_is_asked_for_until_it_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\nyes\n4\n0\n2\n"))
    assert await Operator().ask(asked("sugarkube1")) is Answer.SKIP
    told = capsys.readouterr().err
    assert "✖ the clock is off" in told
    assert "2 go on without this step (certificates may look invalid)" in told
    assert told.count("sugarkube1: 1 to 3?") == 5


async def test_two_nodes_are_asked_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n3\n"))
    operator = Operator()
    answers = await asyncio.gather(operator.ask(asked("a")), operator.ask(asked("b")))
    assert answers == [Answer.RETRY, Answer.GIVE_UP]


async def test_at_the_end_of_the_input_the_node_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert await Operator().ask(asked("a")) is Answer.GIVE_UP
