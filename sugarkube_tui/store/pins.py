"""Host keys that were accepted on first contact, as a file that OpenSSH's tools can read, too."""

from __future__ import annotations

import base64
import binascii
import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sugarkube_tui.cluster.errors import KeyChange, SugarkubeError, said
from sugarkube_tui.store.paths import private, replace_file

DEFAULT_PORT = 22
LOCK_TRIES = 10
LOCK_PAUSE = 0.02
"""Seconds between tries.  Writing a line takes a few milliseconds; callers may be in an event loop."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the file that names the host.

    Attributes:
        line: its number in the file, from 1.
        key: type and base64, parted by one space; anything else was damaged and matches no key.
    """

    line: int
    key: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 as OpenSSH prints it, or words that say why there is none."""
        try:
            blob = base64.b64decode(self.key.split()[1], validate=True)
        except (IndexError, binascii.Error):
            return "an unreadable key"
        digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii")
        return f"SHA256:{digest.rstrip('=')}"


class HostKeyPins:
    """The pin file.  Every look reads it afresh, so that a line removed by hand is gone at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, host: str, port: int = DEFAULT_PORT) -> tuple[Pin, ...]:
        """The lines that name this host.

        A damaged line counts when it names the host: it then matches no key, which is safer than
        treating a known host as new.

        Raises:
            SugarkubeError: the file cannot be read.
        """
        wanted = entry_name(host, port)
        return tuple(
            Pin(number, _key_of(fields))
            for number, fields in self._entries()
            if wanted in fields[0].lower().split(",")
        )

    def pin(self, host: str, port: int, key_line: str) -> None:
        """Make `key_line` (type and base64) the only key of this host.

        Raises:
            SugarkubeError: the file cannot be read or written.
            ValueError: `key_line` is not a type and base64.
        """
        fields = key_line.split()[:2]
        if len(fields) != 2:
            raise ValueError("a key line is a type and base64")
        name = entry_name(host, port)
        self._edit(lambda lines: [*_without(lines, name), f"{name} {' '.join(fields)}"])

    def replace(self, change: KeyChange) -> None:
        """Make the key that a host shows now its only one, under all the names it has here.

        Raises:
            SugarkubeError: the file cannot be read or written.
        """
        for name in change.names:
            self.pin(name, change.port, change.key)

    def _entries(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in enumerate(self._lines(), start=1):
            fields = line.split()
            if fields and not fields[0].startswith("#"):
                yield number, fields

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise self._unusable("read", exc) from exc

    def _edit(self, change: Callable[[list[str]], list[str]]) -> None:
        try:
            with self._locked():
                lines = self._lines()
                while lines and not lines[-1].strip():
                    lines.pop()
                replace_file(self.path, "".join(f"{line}\n" for line in change(lines)))
        except OSError as exc:
            raise self._unusable("written", exc) from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two programs that pin at the same time must not lose each other's line."""
        private(self.path.parent)
        handle = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            yield
        finally:
            os.close(handle)

    def _unusable(self, verb: str, exc: OSError) -> SugarkubeError:
        return SugarkubeError(
            f"The file of pinned host keys cannot be {verb}",
            where=str(self.path),
            why=said(exc),
            remedy="Make it and its directory readable and writable for you, then try again.",
        )


def entry_name(host: str, port: int) -> str:
    """How OpenSSH's known_hosts names a host: `host`, or `[host]:port` beside port 22."""
    # Names come from the LAN: blanks, commas and line ends must not make other entries.
    host = quote(host.strip().rstrip(".").lower(), safe=":%._-")
    return host if port == DEFAULT_PORT else f"[{host}]:{port}"


def _lock(handle: int) -> None:
    """Raises OSError when another program keeps the lock."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
        else:
            return
    raise BlockingIOError(errno.EAGAIN, "another program is writing it")


def _key_of(fields: list[str]) -> str:
    return " ".join(fields[1:3])


def _without(lines: list[str], name: str) -> list[str]:
    """The lines, less this name; other names that share a line stay."""
    kept = []
    for line in lines:
        fields = line.split()
        if fields and name in (names := fields[0].lower().split(",")):
            names = [other for other in names if other != name]
            if not names:
                continue
            line = " ".join([",".join(names), *fields[1:]])
        kept.append(line)
    return kept
