"""What a report about the program needs to say.  No secrets: of variables, only the terminal's."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path

from sugarkube_tui import __version__
from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.store.paths import is_there
from sugarkube_tui.store.settings import Settings
from sugarkube_tui.tui.terminal import Terminal

LIBRARIES = ("textual", "rich", "asyncssh", "zeroconf", "kubernetes", "aiohttp", "cryptography")
NO_ANSWER = "none that answers"


@dataclass(frozen=True, slots=True)
class Part:
    """Names and values under a title."""

    title: str
    rows: tuple[tuple[str, str], ...]


def versions() -> Part:
    """Of the program and what it is made of; nothing is imported for it."""
    rows = [
        ("sugarkube-tui", __version__),
        ("Python", platform.python_version()),
        ("system", platform.platform()),
        *((name, _version(name)) for name in LIBRARIES),
    ]
    return Part("Versions", tuple(rows))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def terminal_part(terminal: Terminal, size: tuple[int, int], colours: str, signs: str, theme: str) -> Part:
    """Args:
    size: columns and rows.
    colours: how many the terminal is taken to have.
    signs: what is drawn with.
    """
    return Part(
        "Terminal",
        (
            ("TERM", terminal.name or "not set"),
            ("program", terminal.program or "not told"),
            ("within", terminal.multiplexer.value),
            ("over SSH", "yes" if terminal.remote else "no"),
            ("UTF-8", "yes" if terminal.utf8 else "no"),
            ("size", f"{size[0]}×{size[1]}"),
            ("colours", colours),
            ("signs", signs),
            ("theme", theme),
        ),
    )


def network_part(interfaces: Sequence[Interface], agent: str) -> Part:
    """Args:
    agent: what is known of the SSH agent.
    """
    rows = [(interface.name, f"{interface.address} in {interface.network}") for interface in interfaces]
    return Part("Network", (*(rows or [("interfaces", "none on which Pis may be")]), ("SSH agent", agent)))


def agent_words(keys: int | None) -> str:
    """What the count of an agent's keys means."""
    if keys is None:
        return NO_ANSWER
    return f"{keys} {'key' if keys == 1 else 'keys'}" if keys else "no key in it: ssh-add adds one"


def settings_part(settings: Settings) -> Part:
    """The settings that are not as they are without a file."""
    usual = Settings()
    rows = [
        (name, "other keys: " + ", ".join(settings.keys) if name == "keys" else str(value))
        for field in fields(Settings)
        if (value := getattr(settings, name := field.name)) != getattr(usual, name)
    ]
    return Part("Settings", tuple(rows or [("all", "as without a file")]))


def paths_part(paths: Mapping[str, Path]) -> Part:
    rows = [(name, f"{path}{'' if is_there(path) else '  (not there yet)'}") for name, path in paths.items()]
    return Part("Paths", tuple(rows))


def as_text(parts: Sequence[Part]) -> str:
    """The whole as plain text, for a report."""
    width = max(len(name) for part in parts for name, _ in part.rows)
    lines = [
        line
        for part in parts
        for line in (part.title, *(f"  {name:<{width}}  {value}" for name, value in part.rows), "")
    ]
    return "\n".join(lines)
