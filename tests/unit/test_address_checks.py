"""The five checks of a registration address, and whether a token is needed."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.address_checks import Answer, Held, address_cautions, checks
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.standing import LiveServer, Standing
from sugarkube_tui.cluster.token import parse_token
from sugarkube_tui.cluster.token_need import TokenNeed, token_need
from tests.unit.builders import CA, OTHER_CA, prepared, server_k3s

VIP = "10.99.0.5"
NAME = "api.sugar.example"
YES, NO, LATER, OPEN = Held.YES, Held.NO, Held.NOT_YET, Held.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "ca_hash", "held"),
    [
        (Answer(VIP), "", [OPEN, OPEN, OPEN, OPEN, OPEN]),
        (Answer(NAME, (), done=True), "", [NO, OPEN, OPEN, OPEN, OPEN]),
        (Answer(VIP, (VIP,), port_open=False, done=True), "", [YES, LATER, OPEN, OPEN, OPEN]),
        (Answer(NAME, (VIP,), port_open=True), "", [YES, YES, OPEN, OPEN, OPEN]),
        (Answer(VIP, (VIP,), True, why="HTTP 404", done=True), "", [YES, YES, NO, OPEN, OPEN]),
        (Answer(VIP, (VIP,), True, CA, (VIP,), done=True), CA, [YES, YES, YES, YES, YES]),
        (Answer(VIP, (VIP,), True, CA, ("10.0.0.1",), done=True), CA, [YES, YES, YES, YES, NO]),
        (Answer(VIP, (VIP,), True, OTHER_CA, (VIP,), done=True), CA, [YES, YES, YES, NO, YES]),
        (Answer(VIP, (VIP,), True, OTHER_CA, (VIP,), done=True), "", [YES, YES, YES, NO, YES]),
    ],
)
def test_checks(answer: Answer, ca_hash: str, held: list[Held]) -> None:
    assert [check.held for check in checks(answer, ca_hash)] == held


def test_what_something_else_said_is_told() -> None:
    said = checks(Answer(VIP, (VIP,), True, why="HTTP 404", done=True), "")[2].said
    assert said == "something else answers: HTTP 404"


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (VIP, []),
        ("192.168.3.11", ["it is sugarkube1's own"]),
        ("api.local", ["k3s asks only DNS"]),
        ("sugarkube0.local", ["it is sugarkube0's own", "k3s asks only DNS"]),
    ],
)
def test_addresses_that_will_not_do(host: str, told: list[str]) -> None:
    nodes = {f"sugarkube{number}": prepared(number) for number in range(2)}
    found = list(address_cautions(host, nodes))
    assert len(found) == len(told)
    assert all(text.startswith(begin) for text, begin in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("variable", "k3s", "live", "need"),
    [
        ("SUGARKUBE_TOKEN_DEV", None, False, TokenNeed.GIVEN),
        ("SUGARKUBE_TOKEN", None, False, TokenNeed.GIVEN_FOR_ALL),
        ("", None, False, TokenNeed.MADE),
        ("", server_k3s(), False, TokenNeed.READ),
        ("", None, True, TokenNeed.MISSING),
        ("SUGARKUBE_TOKEN_DEV", None, True, TokenNeed.GIVEN),
    ],
)
def test_whether_a_token_is_needed(variable: str, k3s: object, live: bool, need: TokenNeed) -> None:
    nodes = {"sugarkube0": prepared(0, **({"k3s": k3s} if k3s else {}))}
    elsewhere = [LiveServer("other.local", "192.168.3.99", CA)] if live else []
    token = parse_token("a-password-of-mine", variable) if variable else None
    assert token_need(Standing.of(Environment(), nodes, elsewhere), token) is need
