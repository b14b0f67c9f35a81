"""The operator's answers, and what is suggested in their place."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.choices import Choices, Defaults, defaults_from_variables
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.tui.state.answers import Answers
from tests.unit.builders import CA, TOKEN_TEXT


class Told:
    """Counts the choices that it is told of."""

    def __init__(self) -> None:
        self.choices = 0

    def __call__(self) -> None:
        self.choices += 1


def answers_of(variables: dict[str, str], told: Told | None = None) -> Answers:
    return Answers(defaults_from_variables(variables), variables, told or Told())


def test_a_number_of_servers_is_suggested_until_one_was_chosen() -> None:
    told = Told()
    answers = answers_of({}, told)
    answers.suggest_servers(3)
    answers.suggest_servers(5)
    assert (answers.choices.servers, told.choices) == (5, 0)
    answers.choose(servers=1, even_servers=False)
    answers.suggest_servers(3)
    assert (answers.choices.servers, told.choices) == (1, 1)


def test_a_number_that_a_variable_names_is_not_suggested_away() -> None:
    answers = answers_of({"SUGARKUBE_SERVERS": "1"})
    answers.suggest_servers(3)
    assert answers.choices.servers == 1


@pytest.mark.parametrize(("asked", "servers"), [(True, 1), (False, 3)])
def test_a_saved_plan_is_taken_up_with_the_number_if_that_was_asked_for(asked: bool, servers: int) -> None:
    answers = answers_of({"SUGARKUBE_SERVERS": "5"})
    answers.take_up(Choices(servers=1), servers_chosen=asked)
    answers.suggest_servers(3)
    assert answers.choices.servers == servers
    assert answers.source_of("servers") == ""


def test_a_choices_source_is_told_until_another_choice_is_made() -> None:
    answers = answers_of({"SUGARKUBE_ENV": "int"})
    assert answers.source_of("environment") == "SUGARKUBE_ENV"
    assert answers.source_of("servers") == ""
    answers.choose(environment=Environment("dev"))
    assert answers.source_of("environment") == ""
    answers.choose(environment=Environment("int"))
    assert answers.source_of("environment") == "SUGARKUBE_ENV"


def test_the_token_is_the_chosen_environments() -> None:
    answers = answers_of({"SUGARKUBE_TOKEN_INT": TOKEN_TEXT, "SUGARKUBE_TOKEN_PROD": "no token"})
    assert (answers.token(), answers.known_cas(), answers.has_bad_token) == (None, {}, False)
    assert answers.usable_token(Environment("int")) is not None
    answers.choose(environment=Environment("int"))
    assert answers.known_cas() == {Environment("int"): CA}
    answers.choose(environment=Environment("prod"))
    assert (answers.usable_token(), answers.known_cas(), answers.has_bad_token) == (None, {}, True)
    with pytest.raises(InvalidInput):
        answers.token()


def test_without_variables_nothing_has_a_source() -> None:
    answers = Answers(Defaults(Choices(), {}), {}, Told())
    assert [answers.source_of(name) for name in ("environment", "servers")] == ["", ""]
