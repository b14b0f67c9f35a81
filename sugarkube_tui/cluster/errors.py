"""Errors that are written for the operator: what, where, why and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class SugarkubeError(Exception):
    """Something the operator has to know about.

    Args:
        what: one sentence that names what is wrong.
        where: the host, file or variable it concerns; empty when it concerns everything.
        why: evidence (a remote message, a value seen); empty when `what` says it all.
        remedy: what to do next.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(part for part in (head, self.why, self.remedy and f"→ {self.remedy}") if part)


class InvalidInput(SugarkubeError):
    """A value typed by the operator, or set in a variable or file, cannot be used."""


class Trouble(StrEnum):
    """What kind of thing stands in the way; it decides what the operator is asked for, or told to do."""

    UNREACHABLE = "unreachable"
    NOT_NOW = "not now"
    """It is there, but slow, busy or starting."""
    KEY_REFUSED = "key refused"
    """No key was accepted, and the server takes no password."""
    PASSWORD_WANTED = "password wanted"
    """No key was accepted; a password was not tried, and the server would take one."""
    PASSWORD_REFUSED = "password refused"
    PASSWORD_EXPIRED = "password expired"
    KEY_LOCKED = "key locked"
    """A key file needs a passphrase, and none was given."""
    PASSPHRASE_WRONG = "passphrase wrong"
    KEY_UNUSABLE = "key unusable"
    """The key file that was named cannot be used."""
    TOO_MANY_KEYS = "too many keys"
    SUDO_PASSWORD_WANTED = "sudo asks"
    SUDO_PASSWORD_REFUSED = "sudo refuses it"
    SUDO_FORBIDDEN = "sudo forbidden"
    HOST_KEY_CHANGED = "host key changed"
    HOST_KEY_REFUSED = "host key refused"
    """It is revoked, or unknown where no unknown one may be pinned."""
    SSH_SETTINGS = "SSH settings"
    """What ~/.ssh/config says cannot be used."""
    SYSTEM = "system"
    """We are in, but the node does not run our commands."""
    NO_DOWNLOAD = "no download"
    """It does not get to what it should download; a k3s release can be brought along."""


class AccessError(SugarkubeError):
    """A node cannot be reached, or does not let us in, or does not let us become root."""

    def __init__(
        self, what: str, trouble: Trouble, *, where: str = "", why: str = "", remedy: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, remedy=remedy)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A host key that is another one than before.

    Attributes:
        names: what our own file of pinned keys calls the host: its name, its address, or both.
        port: of its SSH server.
        expected: fingerprints that were expected, each with the place (`file:line`) that says so.
        shown: the fingerprint of the key that it shows.
        algorithm: of that key.
        key: that key: type and base64, parted by one space.
    """

    names: tuple[str, ...]
    port: int
    expected: tuple[tuple[str, str], ...]
    shown: str
    algorithm: str
    key: str


class HostKeyChanged(AccessError):
    """The host key differs from the one that was pinned on first contact, or is in known_hosts."""

    def __init__(self, change: KeyChange, *, where: str = "") -> None:
        expected = "; ".join(f"{fingerprint} in {place}" for fingerprint, place in change.expected)
        lines = " and ".join(dict.fromkeys(place for _, place in change.expected))
        super().__init__(
            "The host key has changed; nothing was sent",
            Trouble.HOST_KEY_CHANGED,
            where=where,
            why=f"Expected {expected}. It shows {change.shown} ({change.algorithm}).",
            remedy=f"If this node was reinstalled or replaced, delete {lines} (file:line) and connect again."
            " If not, find out which machine answers there before you log in.",
        )
        self.change = change


class ConnectionLost(SugarkubeError):
    """The connection to a node ended before the command's exit status arrived."""


class PlanRefused(SugarkubeError):
    """The plan holds problems that must be settled before anything may change."""


def said(error: OSError) -> str:
    """What the system says of an error, without its number; empty when it says nothing."""
    return error.strerror or str(error)


def nearest(word: str, known: Collection[str], otherwise: str) -> str:
    """A remedy for a word that is not known: the one that may be meant, or what is said otherwise."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise
