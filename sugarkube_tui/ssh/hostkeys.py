"""Host keys: pinned on first contact, compared ever after, during the key exchange itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, HostKeyChanged
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
    """A key of this host in one of the user's own files."""

    place: str
    key: str
    fingerprint: str
    revoked: bool = False


def known_keys(files: Iterable[Path], host: str, port: int) -> tuple[Known, ...]:
    """This host's keys in the user's known_hosts files; what cannot be read there says nothing."""
    name = host.lower() if port == 22 else f"[{host.lower()}]:{port}"
    found = []
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, start=1):
            try:
                keys, _authorities, revoked, *_ = asyncssh.import_known_hosts(line).match(name, "", None)
            except ValueError:
                continue
            place = f"{file}:{number}"
            found += [Known(place, key_line(key), key.get_fingerprint()) for key in keys]
            found += [Known(place, key_line(key), key.get_fingerprint(), revoked=True) for key in revoked]
    return tuple(found)


def key_line(key: asyncssh.SSHKey) -> str:
    """Type and base64, parted by one space."""
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])


class HostKeyCheck:
    """Decides about one host's key.

    A key is trusted when it is pinned under the host string or under the node's name: addresses are
    given to other nodes, and nodes are renamed, but a key that is pinned under neither, while
    another one is, has changed.

    Args:
        pins: our own store.
        host: the host string as given.
        name: the node's name.
        known: the host's keys in the user's own files; asked on first contact only.
        approve: fingerprint of a new key that the operator has approved; None when any new key will do.
    """

    def __init__(
        self, pins: Pins, host: str, port: int, name: str, known: Sequence[Known], approve: str | None = None
    ) -> None:
        self._pins = pins
        self._names = tuple(dict.fromkeys((host, name)))
        self._host = host
        self._port = port
        self._known = known
        self._approve = approve
        self.key: asyncssh.SSHKey | None = None
        self.first_contact = False
        self.vouched_by = ""
        self.unapproved = False

    def algorithms(self) -> list[str]:
        """Those of keys that we know first, so that like is compared with like."""
        pinned = [pin.key for name in self._names for pin in self._pins.find(name, self._port)]
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
        pinned = [pin for name in self._names for pin in self._pins.find(name, self._port)]
        if any(known.revoked and known.key == line for known in self._known):
            return self._revoked(key)
        if pinned:
            if any(pin.key == line for pin in pinned):
                return None
            places = [(f"{self._pins.path}:{pin.line}", pin.fingerprint) for pin in pinned]
            return self._changed(key, list(dict.fromkeys(places)))
        known = [entry for entry in self._known if not entry.revoked]
        vouching = [entry for entry in known if entry.key == line]
        if known and not vouching:
            return self._changed(key, [(entry.place, entry.fingerprint) for entry in known])
        self.first_contact = True
        self.vouched_by = vouching[0].place if vouching else ""
        if self._approve is not None and not vouching and key.get_fingerprint() != self._approve:
            self.unapproved = True
            return self._unapproved(key)
        return None

    def remember(self) -> None:
        """Pin the key under every name that does not have it yet.

        Raises:
            HostKeyChanged: another one was pinned since `judge`.
            SugarkubeError: the store cannot be read or written.
        """
        if self.key is None:
            return
        refusal = self.judge(self.key) if self.first_contact else None
        if refusal:
            raise refusal
        line = key_line(self.key)
        for name in self._names:
            if [pin.key for pin in self._pins.find(name, self._port)] != [line]:
                self._pins.pin(name, self._port, line)

    def _changed(self, key: asyncssh.SSHKey, places: list[tuple[str, str]]) -> HostKeyChanged:
        expected = "; ".join(f"{fingerprint} in {place}" for place, fingerprint in places)
        lines = " and ".join(dict.fromkeys(place for place, _ in places))
        return HostKeyChanged(
            "The host key has changed; nothing was sent",
            where=self._host,
            why=f"Expected {expected}. It shows {key.get_fingerprint()} ({key.get_algorithm()}).",
            remedy=f"If this node was reinstalled or replaced, delete {lines} (file:line) and connect again."
            " If not, find out which machine answers there before you log in.",
        )

    def _revoked(self, key: asyncssh.SSHKey) -> HostKeyChanged:
        place = next(known.place for known in self._known if known.revoked)
        return HostKeyChanged(
            "The host key is marked as revoked",
            where=self._host,
            why=f"{key.get_fingerprint()} in {place}.",
            remedy="Give the node a new host key before you use it.",
        )

    def _unapproved(self, key: asyncssh.SSHKey) -> AccessError:
        return AccessError(
            "The host key is new and was not approved",
            where=self._host,
            why=f"It shows {key.get_fingerprint()} ({key.get_algorithm()}).",
            remedy="Compare it with “ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub” on the node.",
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

    def password_change_requested(self, prompt: str, lang: str) -> tuple[str, str]:
        self.password_expired = True
        return cast("tuple[str, str]", NotImplemented)
