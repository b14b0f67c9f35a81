"""The login fields: what they say, and for which hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.saved_plan import SavedNode
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Given, Login
from sugarkube_tui.tui.state.login_form import LoginForms


def node(name: str, user: str = "pi", port: int = 22) -> SavedNode:
    return SavedNode(name, f"{name}.local", f"{name}.local", user, port)


def given(name: str, user: str = "", port: int = 22) -> Given:
    return Given(name, f"{name}.local", user=user, port=port)


@pytest.fixture
def forms() -> LoginForms:
    return LoginForms(Login(password=Secret("moss")))


def test_a_host_can_have_a_form_of_its_own_and_give_it_up(forms: LoginForms) -> None:
    forms.separate("a", None)
    forms.of("a").user = "kim"
    assert (forms.of("a").read().user, forms.common.user) == ("kim", "pi")
    assert forms.of("a").password == "moss"
    assert [forms.is_own(name) for name in "ab"] == [True, False]
    forms.rejoin("a")
    assert forms.of("a") is forms.common


def test_a_form_of_its_own_begins_with_what_was_tried(forms: LoginForms) -> None:
    forms.separate("a", Login(user="ops", port=2222))
    assert (forms.of("a").user, forms.of("a").port, forms.of("a").password) == ("ops", "2222", "")


def test_a_name_with_user_or_port_makes_a_form_once(forms: LoginForms) -> None:
    forms.name({"a": given("a", user="kim"), "b": given("b"), "c": None, "d": given("d", port=2222)})
    assert [forms.is_own(name) for name in "abcd"] == [True, False, False, True]
    assert forms.of("d").read().port == 2222
    forms.rejoin("a")
    forms.name({"a": given("a", user="kim")})  # the same again: the operator has given it up since
    assert not forms.is_own("a")
    forms.name({"a": given("a", user="ops")})
    assert forms.of("a").user == "ops"


def test_a_saved_plans_usual_login_is_the_common_one(forms: LoginForms) -> None:
    forms.separate("x", None)
    forms.take_up([node("a", "ops"), node("b"), node("c", "ops"), node("d", "ops", 2222)])
    assert (forms.common.user, forms.common.password) == ("ops", "moss")
    assert [name for name in "abcdx" if forms.is_own(name)] == ["b", "d"]
    assert forms.of("d").read().port == 2222


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("user", " ", "User: the user's name is empty"),
        ("user", "-l", "User: the user's name cannot be '-l'"),
        ("port", "0", "Port: '0' is no port"),
        ("port", "9" * 5_000, "is no port"),
        ("identity", "/no/such/key", "Identity file: there is no file /no/such/key"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(forms: LoginForms, field: str, typed: str, told: str) -> None:
    setattr(forms.common, field, typed)
    with pytest.raises(InvalidInput) as refused:
        forms.common.read()
    assert told in str(refused.value)


def test_what_is_left_empty_is_as_usual(forms: LoginForms, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch()
    forms.common.identity = str(key)
    login = forms.common.read()
    assert (login.port, login.identity, login.sudo_password, login.user_is_default) == (22, key, None, False)
