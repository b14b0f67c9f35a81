"""What people type to say where and how to log in: hosts, users, ports, files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.text import clean_line

NAME_LIMIT = 255
SSH_PORT = 22
LAST_PORT = 65535
NOT_IN_USERS = frozenset("'`\";&<>|(){}$")
"""What OpenSSH takes in no user's name, since the name may come to a shell."""
_HOST = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>\d+))?"
)


@dataclass(frozen=True, slots=True)
class TypedHost:
    """A host as it was typed: `[user@]name-or-address[:port]`.

    Attributes:
        user: empty when none was typed.
        port: of its SSH server; 22 when none was typed.
    """

    host: str
    user: str = ""
    port: int = SSH_PORT


def parse_host(text: str, where: str) -> TypedHost:
    """Raises InvalidInput when it is no host; `where` names the argument or field."""
    user, at, host = text.strip().rpartition("@")
    match = _HOST.fullmatch(host)
    if match is None:
        raise InvalidInput(
            f"{text!r} is no host",
            where=where,
            remedy="use [user@]name-or-address[:port], an IPv6 in brackets",
        )
    return TypedHost(
        normal_host(match["six"] or match["name"]),
        parse_user(user, where) if at else "",
        parse_port(match["port"] or SSH_PORT, where),
    )


def parse_user(text: str, where: str) -> str:
    """The name of a user to log in as.

    Raises:
        InvalidInput: nobody can be called that.
    """
    text = text.strip()
    if not text:
        raise InvalidInput("the user's name is empty", where=where, remedy="usually: pi")
    odd = not NOT_IN_USERS.isdisjoint(text) or any(character.isspace() for character in text)
    if odd or text != clean_line(text) or text.startswith("-") or text.endswith("\\"):
        raise InvalidInput(
            f"the user's name cannot be {text!r}",
            where=where,
            why="it must not begin with a dash or hold blanks, quotes or other signs of the shell",
            remedy="usually: pi",
        )
    return text


def parse_host_name(text: str, where: str) -> str:
    """A name or address that may be connected to; odd ones, too, as long as they can be shown.

    Raises:
        InvalidInput: it is none.
    """
    if not text or len(text) > NAME_LIMIT or text != clean_line(text).strip():
        raise InvalidInput(
            f"{text!r} is no name or address of a host",
            where=where,
            remedy="use for example sugarkube0.local or 192.168.1.23",
        )
    return text


def parse_path(text: str, where: str) -> Path:
    """A path as it was typed; `~` is the home directory.

    Raises:
        InvalidInput: `~name` is nobody's home here.
    """
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise InvalidInput(
            f"{text.strip()} is in nobody's home", where=where, remedy="give the whole path"
        ) from error


def parse_port(port: str | int, where: str) -> int:
    """A TCP port, from 1 to 65535.

    Raises:
        InvalidInput: it is none.
    """
    text = str(port)
    if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PORT)) and 1 <= int(text) <= LAST_PORT:
        return int(text)
    raise InvalidInput(f"{port!r} is no port", where=where, remedy=f"1 to {LAST_PORT}; usually {SSH_PORT}")
