"""From arguments and variables to what the engine is asked for.  Arguments come before variables.

What only a plan or a release needs is loaded with it: the wizard's first frame waits for this module.
"""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.choices import (
    DEFAULT_PREFIX,
    PREFIX_VARIABLE,
    Choices,
    Defaults,
    defaults_from_variables,
    parse_channel,
    parse_registration_address,
    parse_servers,
)
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.typed import parse_path, parse_user
from sugarkube_tui.engine.ports import Login
from sugarkube_tui.store.paths import key_file

if TYPE_CHECKING:
    from sugarkube_tui.cluster.saved_plan import SavedNode, SavedPlan


def read_login(arguments: Namespace) -> Login:
    """How to log in; asks for passwords on the terminal, or reads them from standard input, one a line.

    Raises:
        InvalidInput: the user or the key file cannot be used, or a password is empty.
    """
    user = parse_user(arguments.user, "--user") if arguments.user is not None else arguments.usual_user
    identity = _key_file(arguments.identity, "--identity") if arguments.identity is not None else None
    password = _ask_secret("Login password: ") if arguments.ask_password else None
    sudo_password = _ask_secret("Password for sudo: ") if arguments.ask_sudo_password else None
    return Login(
        user,
        identity=identity,
        password=password,
        sudo_password=sudo_password,
        user_is_default=arguments.user is None,
    )


def _key_file(path: Path, where: str) -> Path:
    return key_file(parse_path(str(path), where), where, "give the private key's path")


def _ask_secret(prompt: str) -> Secret:
    text = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise InvalidInput("the password is empty", remedy="type it, or give it on standard input")
    return Secret(text)


def read_saved(arguments: Namespace) -> SavedPlan | None:
    """The plan that `--plan` names, with the login and release that arguments give instead.

    Raises:
        InvalidInput: the file holds no plan, or names a key file that is not there.
    """
    if arguments.plan is None:
        return None
    from sugarkube_tui.store.plans import read_plan

    plan = read_plan(parse_path(str(arguments.plan), "--plan"))
    if getattr(arguments, "airgap", None) is not None:
        plan = replace(plan, airgap=None)
    return replace(plan, nodes=tuple(_with_login(node, arguments) for node in plan.nodes))


def _with_login(node: SavedNode, arguments: Namespace) -> SavedNode:
    if arguments.user is not None:
        node = replace(node, user=parse_user(arguments.user, "--user"))
    if arguments.identity is not None:
        return replace(node, identity=_key_file(arguments.identity, "--identity"))
    if node.identity is not None:
        _key_file(node.identity, f"{arguments.plan}, nodes.{node.name}.identity")
    return node


def read_defaults(
    arguments: Namespace, variables: Mapping[str, str], saved: SavedPlan | None = None
) -> Defaults:
    """What is chosen in advance: by the saved plan if there is one, else by variables; with the environment
    and cluster that were given.

    Raises:
        InvalidInput: as `defaults_from_variables`, or the saved plan's k3s release cannot be used.
    """
    if saved is not None:
        return _defaults_from_plan(arguments, variables, saved)
    if environment := getattr(arguments, "environment", None):
        variables = {**variables, "SUGARKUBE_ENV": environment}
    if cluster := getattr(arguments, "cluster", None):
        variables = {**variables, "SUGARKUBE_CLUSTER": cluster}
    return defaults_from_variables(variables)


def _defaults_from_plan(arguments: Namespace, variables: Mapping[str, str], saved: SavedPlan) -> Defaults:
    from sugarkube_tui.store.plans import choices_of

    choices = choices_of(saved)
    environment = Environment(
        getattr(arguments, "environment", None) or choices.environment.name,
        getattr(arguments, "cluster", None) or choices.environment.cluster,
    )
    prefix = variables.get(PREFIX_VARIABLE, "").strip() or DEFAULT_PREFIX
    return Defaults(replace(choices, environment=environment), sources={}, prefix=prefix)


def variables_used(arguments: Namespace, defaults: Defaults) -> dict[str, str]:
    """Choice → the variable it came from, for those that no argument decides."""
    return {
        field: variable
        for field, variable in defaults.sources.items()
        if getattr(arguments, field, None) is None
    }


def read_choices(arguments: Namespace, defaults: Defaults) -> Choices:
    """The choices for `plan` and `up`.

    Raises:
        InvalidInput: naming the argument.
    """
    choices = defaults.choices
    if arguments.servers is not None:
        # What was agreed to for another number does not hold for this one.
        choices = replace(choices, servers=parse_servers(arguments.servers, "--servers"), even_servers=False)
    if arguments.registration_address is not None:
        address = parse_registration_address(arguments.registration_address, "--registration-address")
        choices = replace(choices, registration_address=address)
    if arguments.channel is not None:
        choices = replace(choices, channel=parse_channel(arguments.channel, "--channel"))
    if arguments.airgap is not None:
        from sugarkube_tui.store.release import read_release

        choices = replace(choices, airgap=read_release(parse_path(str(arguments.airgap), "--airgap")))
    if arguments.even_servers:
        choices = replace(choices, even_servers=True)
    if arguments.taint is not None:
        choices = replace(choices, taint_servers=arguments.taint)
    return choices
