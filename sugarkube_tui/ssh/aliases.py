"""Hosts of ~/.ssh/config that may be Pis: those with a private address or a `.local` name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address
from pathlib import Path

from sugarkube_tui.engine.ports import Given

SOURCE = "~/.ssh/config"
INCLUDE_DEPTH = 4
SIZE_LIMIT = 256 * 1024
"""Bytes read of one file."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A keyword in lower case with its values, and the patterns of hosts that it is for."""

    keyword: str
    values: tuple[str, ...]
    patterns: tuple[str, ...]


def read_aliases(ssh_dir: Path) -> tuple[Given, ...]:
    """The aliases in `config` in `ssh_dir`, in its order; none when it cannot be read.

    Only `Host` blocks are understood, not `Match`: reading a file must not run the programs it names.
    """
    try:
        lines = list(_lines(ssh_dir / "config", ssh_dir, ("*",), INCLUDE_DEPTH))
    except (OSError, ValueError):
        return ()
    aliases = dict.fromkeys(name for line in lines if line.keyword == "host" for name in line.values)
    found = ((alias, _host_name(alias, lines)) for alias in aliases if not set(alias) & set("*?!"))
    return tuple(Given(alias, host, SOURCE, ssh_alias=True) for alias, host in found if _is_near(host))


def _lines(file: Path, ssh_dir: Path, patterns: tuple[str, ...], depth: int) -> Iterator[_Line]:
    """The lines of a file and of those that it includes.  Raises OSError and ValueError."""
    with file.open("rb") as opened:
        text = opened.read(SIZE_LIMIT).decode("utf-8", errors="replace")
    for raw in text.splitlines():
        if raw.lstrip().startswith("#"):
            continue
        keyword, _, rest = raw.strip().replace("=", " ", 1).replace("\t", " ").partition(" ")
        values = _split(rest)
        match keyword.lower():
            case "host":
                patterns = values
                yield _Line("host", values, patterns)
            case "match":
                patterns = ()
            case "include" if depth:
                for included in (path for value in values for path in _included(value, ssh_dir)):
                    yield from _lines(included, ssh_dir, patterns, depth - 1)
            case "hostname" if values:
                yield _Line("hostname", values, patterns)


def _split(rest: str) -> tuple[str, ...]:
    """A line's values; none when its quotes do not match: most keywords are none of our business."""
    try:
        return tuple(shlex.split(rest))
    except ValueError:
        return ()


def _included(pattern: str, ssh_dir: Path) -> list[Path]:
    try:
        path = Path(pattern).expanduser()
    except RuntimeError:  # there is no such user
        return []
    if path == Path(path.anchor):
        return []
    if path.is_absolute():
        found = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    else:
        found = ssh_dir.glob(pattern)
    return sorted(each for each in found if each.is_file())


def _host_name(alias: str, lines: list[_Line]) -> str:
    """The first `HostName` for this alias, else the alias itself."""
    names = (line.values[0] for line in lines if line.keyword == "hostname" and _applies(line, alias))
    return next(names, alias).replace("%h", alias).replace("%%", "%")


def _applies(line: _Line, alias: str) -> bool:
    refused = (pattern[1:] for pattern in line.patterns if pattern.startswith("!"))
    return any(fnmatchcase(alias, pattern) for pattern in line.patterns) and not any(
        fnmatchcase(alias, pattern) for pattern in refused
    )


def _is_near(host: str) -> bool:
    """A private IPv4 address of another computer, or a `.local` name."""
    try:
        address = IPv4Address(host)
    except ValueError:
        return host.lower().rstrip(".").endswith(".local")
    return address.is_private and not address.is_loopback and not address.is_unspecified
