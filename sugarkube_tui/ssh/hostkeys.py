"""Host keys: pinned on first contact, compared ever after, during the key exchange itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, HostKeyChanged, KeyChange, Trouble
from sugarkube_tui.ssh.keys import Keys

ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""What is asked for, best first; no certificates, as there is nothing to check them against."""

_IMAGE_NAME = re.compile(r"raspberrypi(-\d+)?(\.local)?", re.IGNORECASE)


class Pinned(Protocol):
    """A key that was accepted earlier."""

    @property
    def line(self) -> int: ...
    @property
    def key(self) -> str:
        """Type and base64."""
        ...

    @property
    def fingerprint(self) -> str: ...


class Pins(Protocol):
    """Where accepted keys are kept."""

    @property
    def path(self) -> Path: ...
    def find(self, host: str, port: int) -> Sequence[Pinned]: ...
    def pin(self, host: str, port: int, key_line: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """A key of this host in one of the user's own files.

    Attributes:
        name: which of the host's names it stands under.
        place: `file:line`.
    """

    name: str
    place: str
    key: str
    fingerprint: str
    revoked: bool = False


def known_keys(files: Iterable[Path], names: Iterable[str]) -> tuple[Known, ...]:
    """This host's keys in the user's known_hosts files; what cannot be read there says nothing."""
    names = tuple(names)
    found = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, start=1):
            try:
                entry = asyncssh.import_known_hosts(line)
            except ValueError:
                continue
            for name in names:
                keys, _authorities, revoked, *_ = entry.match(name, "", None)
                found += [_known(name, f"{file}:{number}", key) for key in keys]
                found += [_known(name, f"{file}:{number}", key, revoked=True) for key in revoked]
    return tuple(found)


def _known(name: str, place: str, key: asyncssh.SSHKey, *, revoked: bool = False) -> Known:
    return Known(name, place, key_line(key), key.get_fingerprint(), revoked)


def key_line(key: asyncssh.SSHKey) -> str:
    """Type and base64, parted by one space."""
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])


class HostKeyCheck:
    """Decides about one host's key.

    What is pinned under the node's name decides alone: addresses are given to other nodes.  What is
    pinned under the address counts while the name has no pin.

    Args:
        pins: our own store.
        host: the address, or the name that is dialled.
        name: the node's name; the one of a fresh image identifies no node and is not pinned.
        known: the host's keys in the user's own files; asked while nothing is pinned.
        trust_new: a key that nobody knows may be pinned.
    """

    def __init__(
        self, pins: Pins, host: str, port: int, name: str, known: Sequence[Known], trust_new: bool = True
    ) -> None:
        self._pins = pins
        self._name = "" if name == host or _IMAGE_NAME.fullmatch(name) else name
        self._host = host
        self._port = port
        self._known = known
        self._trust_new = trust_new
        self.key: asyncssh.SSHKey | None = None
        self.first_contact = False
        self.vouched_by = ""

    def algorithms(self) -> list[str]:
        """Those of keys that we know first, so that like is compared with like."""
        pinned = [pin.key for pin in self._pinned()]
        types = {key.partition(" ")[0] for key in pinned or (known.key for known in self._known)}
        # Known types keep their order among themselves; “rsa-sha2-…” are algorithms of “ssh-rsa” keys.
        return sorted(ALGORITHMS, key=lambda name: _key_type(name) not in types)

    def judge(self, key: asyncssh.SSHKey) -> AccessError | None:
        """The reason to refuse this key, if there is one.

        Raises:
            SugarkubeError: our own store cannot be read.
        """
        self.key = key
        line = key_line(key)
        if any(known.revoked and known.key == line for known in self._known):
            return self._revoked(key)
        if pinned := self._pinned():
            if any(pin.key == line for pin in pinned):
                return None
            # The address's pin would be the next obstacle: name both lines at once.
            wrong = [p for p in (*pinned, *self._pins.find(self._host, self._port)) if p.key != line]
            places = [(f"{self._pins.path}:{pin.line}", pin.fingerprint) for pin in wrong]
            return self._changed(key, list(dict.fromkeys(places)))
        known = [entry for entry in self._known if not entry.revoked]
        vouching = [entry for entry in known if entry.key == line]
        others = {entry.name for entry in known} - {entry.name for entry in vouching}
        if others:
            return self._changed(key, [(e.place, e.fingerprint) for e in known if e.name in others])
        self.vouched_by = vouching[0].place if vouching else ""
        if not vouching and not self._trust_new:
            return self._unknown(key)
        self.first_contact = not vouching
        return None

    def remember(self) -> None:
        """Pin the key after a login: under the address, and under the name that has no pin yet.

        Raises:
            HostKeyChanged: another one was pinned since `judge`.
            SugarkubeError: the store cannot be read or written.
        """
        if self.key is None:
            return
        if refusal := self.judge(self.key):
            raise refusal
        line = key_line(self.key)
        if [pin.key for pin in self._pins.find(self._host, self._port)] != [line]:
            self._pins.pin(self._host, self._port, line)
        if self._name and not self._pins.find(self._name, self._port):
            self._pins.pin(self._name, self._port, line)

    def _pinned(self) -> Sequence[Pinned]:
        """The pins that decide."""
        by_name = self._pins.find(self._name, self._port) if self._name else ()
        return by_name or self._pins.find(self._host, self._port)

    def _changed(self, key: asyncssh.SSHKey, places: list[tuple[str, str]]) -> HostKeyChanged:
        change = KeyChange(
            names=tuple(name for name in (self._name, self._host) if name),
            port=self._port,
            expected=tuple((fingerprint, place) for place, fingerprint in places),
            shown=key.get_fingerprint(),
            algorithm=key.get_algorithm(),
            key=key_line(key),
        )
        return HostKeyChanged(change, where=self._host)

    def _revoked(self, key: asyncssh.SSHKey) -> AccessError:
        place = next(known.place for known in self._known if known.revoked)
        return AccessError(
            "The host key is marked as revoked",
            Trouble.HOST_KEY_REFUSED,
            where=self._host,
            why=f"{key.get_fingerprint()} in {place}.",
            remedy="Give the node a new host key before you use it.",
        )

    def _unknown(self, key: asyncssh.SSHKey) -> AccessError:
        return AccessError(
            "its host key is not known yet",
            Trouble.HOST_KEY_REFUSED,
            where=self._host,
            why=f"It shows {key.get_fingerprint()} ({key.get_algorithm()}).",
            remedy="Name the host itself among the nodes, to accept and pin its key.",
        )


def _key_type(algorithm: str) -> str:
    return "ssh-rsa" if algorithm.startswith("rsa-") else algorithm


class Client(asyncssh.SSHClient):
    """asyncssh's questions during one login, and what is to be remembered of them.

    Args:
        on_connected: called when TCP is connected.
    """

    def __init__(self, check: HostKeyCheck, keys: Keys, on_connected: Callable[[], None]) -> None:
        self._check = check
        self._keys = keys
        self._on_connected = on_connected
        self.connected = False
        self.refusal: Exception | None = None
        self.password_expired = False
        self.takes_password = False

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.connected = True
        self._on_connected()

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        try:
            self.refusal = self._check.judge(key)
        except Exception as exc:  # noqa: BLE001 - refuses the key; the login raises it
            self.refusal = exc
        return self.refusal is None

    def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        return self._keys.next()

    def password_auth_requested(self) -> str | None:
        """Asked only when no password was given, or the given one was not accepted."""
        self.takes_password = True
        return None

    def kbdint_auth_requested(self) -> str | None:
        self.takes_password = True
        return cast("str", NotImplemented)

    def password_change_requested(self, prompt: str, lang: str) -> tuple[str, str]:
        self.password_expired = True
        return cast("tuple[str, str]", NotImplemented)
