"""The hosts that arguments name, and where they are."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.typed import TypedHost, parse_host
from sugarkube_tui.engine.advice import advised
from sugarkube_tui.engine.ports import BY_HAND, Given, Lan, Login, Target, World
from sugarkube_tui.engine.resuming import RESOLVE_WITHIN_S


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


async def find_targets(world: World, hosts: Sequence[str], login: Login) -> tuple[Target, ...]:
    """The nodes to log in to.  `.local` names are asked for by ourselves, as not every workstation can.

    Raises:
        AccessError: ~/.ssh/config cannot be read or understood.
        InvalidInput: a host is malformed, or was given twice.
    """
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
