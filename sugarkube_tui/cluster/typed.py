"""Hosts as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.errors import InvalidInput

_HOST = re.compile(
    r"(?:(?P<user>[A-Za-z_][A-Za-z0-9_.-]*)@)?"
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>\d{1,5}))?"
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
    port: int = 22


def parse_host(text: str, where: str) -> TypedHost:
    """Raises InvalidInput when it is no host; `where` names the argument or field."""
    match = _HOST.fullmatch(text.strip())
    if match is None or not 1 <= int(match["port"] or 22) <= 65535:
        raise InvalidInput(
            f"{text!r} is no host",
            where=where,
            remedy="use [user@]name-or-address[:port], an IPv6 in brackets",
        )
    return TypedHost(
        normal_host(match["six"] or match["name"]), match["user"] or "", int(match["port"] or 22)
    )
