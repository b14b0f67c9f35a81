"""What `avahi-browse --parsable` prints, read back (contract §5.3; avahi-browse(1))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from sugarkube_tui.cluster.advert import Advert, read_advert

_ESCAPE = re.compile(rb"\\(?:(\d{3})|(.))", re.DOTALL)
_TXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FIELDS = 10
LINES_LIMIT = 2_000


def unescape(text: str) -> str:
    """Undo Avahi's escapes: `\\DDD` is a byte in decimal, `\\.` a dot that is part of a label."""

    def byte(match: re.Match[bytes]) -> bytes:
        number = match[1]
        if number is None:
            return match[2]
        return bytes([int(number)]) if int(number) < 256 else match[0]

    return _ESCAPE.sub(byte, text.encode("utf-8", "replace")).decode("utf-8", "replace")


def read_txt(field: str) -> dict[str, str]:
    """The TXT field: quoted `key=value` strings; the first of a key counts (RFC 6763 §6.4).

    Avahi prints them in reverse order.
    """
    found: dict[str, str] = {}
    for string in reversed(_TXT.findall(field)):
        key, _, value = unescape(string).partition("=")
        found.setdefault(key, value)
    return found


def _address(text: str) -> str:
    """An address that can be dialled; empty for anything else.  Link-local IPv6 needs a scope."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return "" if address.is_link_local or address.is_unspecified else str(address)


def read_browse(text: str) -> Iterator[Advert]:
    """The k3s adverts in the output of `avahi-browse --parsable --resolve`, resolved or not.

    The unresolved ones (`+`) carry the instance's name alone; those that were resolved afterwards are
    told once, as resolved.
    """
    resolved: dict[tuple[str, str], Advert] = {}
    bare: dict[tuple[str, str], Advert] = {}
    for line in text.splitlines()[:LINES_LIMIT]:
        fields = line.split(";", _FIELDS - 1)
        if len(fields) < 6 or fields[0] not in ("=", "+"):
            continue
        instance, kind = unescape(fields[3]), fields[4]
        key = (instance, kind)
        if len(fields) < _FIELDS:
            advert = read_advert(instance, kind, "", None, (), {})
            if advert is not None:
                bare.setdefault(key, advert)
            continue
        host, told, port, txt = fields[6:]
        address = _address(told)
        number = int(port) if port.isdecimal() and len(port) < 6 else None
        known = resolved[key].addresses if key in resolved else ()
        addresses = tuple(dict.fromkeys((*known, *([address] if address else []))))
        advert = read_advert(instance, kind, unescape(host), number, addresses, read_txt(txt))
        if advert is not None:
            resolved[key] = advert
    yield from resolved.values()
    yield from (advert for key, advert in bare.items() if key not in resolved)
