"""Whom to log in as: what was named, then ~/.ssh/config, then the default; for commands and wizard alike."""

from __future__ import annotations

from argparse import Namespace

import pytest

from sugarkube_tui.cli.hosts import find_targets
from sugarkube_tui.cli.inputs import read_login
from sugarkube_tui.engine.advice import with_advice
from sugarkube_tui.engine.ports import Given, Login, SshAdvice
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.tui.state.login_form import LoginForm

CONFIG = SshAdvice("~/.ssh/config", user="anna")


def login_for(*, user: str | None) -> Login:
    """What the commands and the wizard begin with when `--user` says this, or is left out."""
    options = {"identity": None, "ask_password": False, "ask_sudo_password": False}
    return read_login(Namespace(user=user, usual_user="pi", **options))


@pytest.mark.parametrize(
    ("user", "advice", "logs_in_as"),
    [
        (None, CONFIG, "anna"),
        (None, SshAdvice(), "pi"),
        ("kim", CONFIG, "kim"),
        ("pi", CONFIG, "pi"),  # the default's name, but it was said
    ],
)
async def test_wizard_and_commands_settle_the_user_alike(
    user: str | None, advice: SshAdvice, logs_in_as: str
) -> None:
    login = login_for(user=user)
    simulation = Simulation()
    simulation.ssh_settings.said["sugarkube0.local"] = advice
    (target,) = await find_targets(simulation.world, ["sugarkube0.local"], login)
    assert target.login.user == logs_in_as
    assert with_advice(LoginForm.of(login).read(), advice) == target.login


async def test_a_user_named_with_the_host_comes_first() -> None:
    simulation = Simulation()
    simulation.ssh_settings.said["sugarkube0.local"] = CONFIG
    (target,) = await find_targets(simulation.world, ["pi@sugarkube0.local"], login_for(user=None))
    assert target.login.user == "pi"
    form = LoginForm.of(login_for(user=None)).for_given(Given("sugarkube0", "sugarkube0.local", user="pi"))
    assert with_advice(form.read(), CONFIG).user == "pi"


def test_a_port_named_with_the_host_says_nothing_of_the_user() -> None:
    form = LoginForm.of(login_for(user=None)).for_given(Given("sugarkube0", "sugarkube0.local", port=2222))
    settled = with_advice(form.read(), CONFIG)
    assert (settled.user, settled.port) == ("anna", 2222)


def test_what_is_typed_over_the_default_was_named() -> None:
    form = LoginForm.of(login_for(user=None))
    form.user = "kim"
    assert with_advice(form.read(), CONFIG).user == "kim"
