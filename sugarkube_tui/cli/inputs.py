"""From arguments and variables to what the engine is asked for.  Arguments come before variables.

What only a plan, a release or a host that is named needs is loaded with it: the wizard's first frame waits
for this module.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

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
from sugarkube_tui.cluster.saved_plan import SavedNode, SavedPlan
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.typed import TypedHost, parse_host, parse_path, parse_user
from sugarkube_tui.engine.ports import BY_HAND, Given, Interest, Lan, Login, Target, World
from sugarkube_tui.engine.resuming import RESOLVE_WITHIN_S
from sugarkube_tui.engine.survey import usual_interest
from sugarkube_tui.store.paths import key_file


def host_texts(arguments: Namespace) -> list[str]:
    """All hosts that were named: by `--host`, then by `--hosts-file`.

    Raises:
        InvalidInput: the file cannot be read.
    """
    return [*arguments.hosts, *(text for text, _ in _hosts_in(arguments.hosts_file))]


def _hosts_in(file: Path | None) -> Iterator[tuple[str, str]]:
    """Hosts in a file, one on a line, `#` begins a comment; each with its place."""
    if file is None:
        return
    try:
        lines = file.expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "the hosts file cannot be read",
            where=str(file),
            why=str(error),
            remedy="give a text file with one [user@]name-or-address[:port] on a line",
        ) from error
    for number, line in enumerate(lines, start=1):
        if text := line.partition("#")[0].strip():
            yield text, f"{file.name}:{number}"


def read_given(arguments: Namespace) -> tuple[Given, ...]:
    """The same as `host_texts`, as a scan takes them."""
    named = [(text, BY_HAND) for text in arguments.hosts]
    return tuple(
        Given.typed(parse_host(text, source), source)
        for text, source in (*named, *_hosts_in(arguments.hosts_file))
    )


def read_interest(
    arguments: Namespace, defaults: Defaults, given: Sequence[Given], allowed: Sequence[str]
) -> Interest:
    """What a scan looks for, and by which means.

    Args:
        allowed: networks that are swept when `--sweep` names none.

    Raises:
        InvalidInput: a layer or a network is none.
    """
    networks = [_network(text) for text in arguments.sweep or ()]
    layers = set(USUAL_LAYERS)
    if arguments.sweep is not None or allowed:
        layers.add(Layer.SWEEP)
    for name in arguments.without:
        if name not in Layer.__members__.values():
            raise InvalidInput(
                f"{name!r} is no way to find hosts",
                where="--without",
                remedy=f"use one of {', '.join(Layer)}",
            )
        layers.discard(Layer(name))
    if arguments.sweep is None:
        networks = list(allowed)
    usual = usual_interest(defaults.choices.environment, defaults.prefix, given)
    interfaces = tuple(arguments.interfaces)
    return replace(usual, layers=frozenset(layers), interfaces=interfaces, networks=tuple(networks))


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} is no network", where="--sweep", remedy="use for example 192.168.3.0/24"
        ) from error


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


async def find_targets(world: World, hosts: Sequence[str], login: Login) -> tuple[Target, ...]:
    """The nodes to log in to.  `.local` names are asked for by ourselves, as not every workstation can.

    Raises:
        AccessError: ~/.ssh/config cannot be read or understood.
        InvalidInput: a host is malformed, or was given twice.
    """
    from sugarkube_tui.engine.advice import advised

    typed = [parse_host(text, "--host") for text in hosts]
    names = [one.host.removesuffix(".local") for one in typed]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{name} was given twice", where="--host", remedy="give each node once")
    found = await asyncio.gather(*(_where(world.lan, one.host) for one in typed))
    targets = (
        Target(name, host, _login_for(one, login), alias=one.host)
        for name, host, one in zip(names, found, typed, strict=True)
    )
    return tuple(await asyncio.gather(*(advised(target, world.ssh_settings) for target in targets)))


def _login_for(typed: TypedHost, login: Login) -> Login:
    named = replace(login, user=typed.user, user_is_default=False) if typed.user else login
    return replace(named, port=typed.port)


async def _where(lan: Lan, host: str) -> str:
    """Where to connect: an address if multicast DNS knows the name, else the name itself."""
    if host.endswith(".local"):
        addresses = await lan.resolve(host, RESOLVE_WITHIN_S)
        return addresses[0] if addresses else host
    if "." not in host and ":" not in host and not await lan.resolve(host, RESOLVE_WITHIN_S):
        # A bare name that only multicast DNS knows; else it may be one of ~/.ssh/config.
        addresses = await lan.resolve(f"{host}.local", RESOLVE_WITHIN_S)
        return addresses[0] if addresses else host
    return host


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
