"""From arguments and variables to what the engine is asked for.  Arguments come before variables."""

from __future__ import annotations

import asyncio
import getpass
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.choices import (
    Choices,
    Defaults,
    defaults_from_variables,
    parse_channel,
    parse_registration_address,
    parse_servers,
)
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import USUAL_LAYERS, Layer
from sugarkube_tui.engine.ports import Given, Interest, Lan, Login, Target
from sugarkube_tui.engine.survey import usual_interest
from sugarkube_tui.store.release import read_release

RESOLVE_WITHIN_S = 3.0

_HOST = re.compile(
    r"(?:(?P<user>[A-Za-z_][A-Za-z0-9_.-]*)@)?"
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class TypedHost:
    """A host as it was typed: `[user@]name-or-address[:port]`."""

    host: str
    user: str
    port: int


def parse_host(text: str) -> TypedHost:
    """Raises InvalidInput when it is no host."""
    match = _HOST.fullmatch(text.strip())
    if match is None or not 1 <= int(match["port"] or 22) <= 65535:
        raise InvalidInput(
            f"{text!r} is no host",
            where="--host",
            remedy="use [user@]name-or-address[:port], an IPv6 in brackets",
        )
    return TypedHost(
        normal_host(match["six"] or match["name"]), match["user"] or "", int(match["port"] or 22)
    )


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
    named = [(text, Given.by_hand("").source) for text in arguments.hosts]
    found = [(parse_host(text).host, source) for text, source in (*named, *_hosts_in(arguments.hosts_file))]
    return tuple(Given(host, host, source) for host, source in found)


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
    """How to log in; asks for passwords on the terminal, or reads them from standard input, one a line."""
    identity: Path | None = arguments.identity
    if identity is not None:
        identity = identity.expanduser()
        if not identity.is_file():
            raise InvalidInput(
                "there is no such key file", where=str(identity), remedy="give the private key's path"
            )
    password = _ask_secret("Login password: ") if arguments.ask_password else None
    sudo_password = _ask_secret("Password for sudo: ") if arguments.ask_sudo_password else None
    return Login(arguments.user or "pi", 22, identity, password, sudo_password)


def _ask_secret(prompt: str) -> Secret:
    text = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise InvalidInput("the password is empty", remedy="type it, or give it on standard input")
    return Secret(text)


async def find_targets(lan: Lan, hosts: Sequence[str], login: Login) -> tuple[Target, ...]:
    """The nodes to log in to.  `.local` names are asked for by ourselves, as not every workstation can.

    Raises:
        InvalidInput: a host is malformed, or was given twice.
    """
    typed = [parse_host(text) for text in hosts]
    names = [one.host.removesuffix(".local") for one in typed]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{name} was given twice", where="--host", remedy="give each node once")
    found = await asyncio.gather(*(_where(lan, one.host) for one in typed))
    return tuple(
        Target(name, host, replace(login, user=one.user or login.user, port=one.port), alias=one.host)
        for name, host, one in zip(names, found, typed, strict=True)
    )


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


def read_defaults(arguments: Namespace, variables: Mapping[str, str]) -> Defaults:
    """The variables' defaults, with the environment and cluster that were given."""
    if arguments.command is not None and getattr(arguments, "environment", None):
        variables = {**variables, "SUGARKUBE_ENV": arguments.environment}
    if getattr(arguments, "cluster", None):
        variables = {**variables, "SUGARKUBE_CLUSTER": arguments.cluster}
    return defaults_from_variables(variables)


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
        choices = replace(choices, servers=parse_servers(arguments.servers, "--servers"))
    if arguments.registration_address is not None:
        address = parse_registration_address(arguments.registration_address, "--registration-address")
        choices = replace(choices, registration_address=address)
    if arguments.channel is not None:
        choices = replace(choices, channel=parse_channel(arguments.channel, "--channel"))
    if arguments.airgap is not None:
        choices = replace(choices, airgap=read_release(arguments.airgap.expanduser()))
    return replace(choices, even_servers=arguments.even_servers, taint_servers=arguments.taint)
