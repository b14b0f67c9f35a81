"""Why a login failed, in the operator's words."""

from __future__ import annotations

import errno
import re
import socket
import sys
from dataclasses import dataclass

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, Trouble, said
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.ssh.keys import Keys

_ERRNO = re.compile(r"\[Errno (\d+)\]")
_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login that failed, for its message.

    Attributes:
        where: the node, with its address.
        connected: TCP was connected.
        takes_password: the server asks for passwords, too.
    """

    where: str
    host: str
    port: int
    user: str
    keys: Keys
    password: bool
    connected: bool
    password_expired: bool = False
    takes_password: bool = False

    def tried(self) -> str:
        secret = "a password" if self.password else "no password"
        text = f"Offered {self.keys.tried()}; {secret}."
        if self.keys.encrypted:
            text += f" Not offered, as they need a passphrase: {', '.join(self.keys.encrypted)}."
        if self.keys.unusable:
            text += f" Not usable: {'; '.join(self.keys.unusable)}."
        return text


def offered_too_much(exc: BaseException | None) -> bool:
    """The server did not want to see more keys."""
    return isinstance(exc, asyncssh.Error) and "too many authentication" in str(exc).lower()


def explain(exc: BaseException, attempt: Attempt) -> AccessError:
    """Translate what asyncssh or the operating system raised."""
    if isinstance(exc, asyncssh.PermissionDenied):
        return _denied(attempt)
    if offered_too_much(exc):
        return AccessError(
            "The SSH server counted too many failed logins",
            Trouble.TOO_MANY_KEYS,
            where=attempt.where,
            why=attempt.tried(),
            remedy="Name the one right key file, so that no other is offered.",
        )
    if isinstance(exc, socket.gaierror):
        return AccessError(
            f"The name “{attempt.host}” does not resolve",
            Trouble.UNREACHABLE,
            where=attempt.where,
            why=said(exc),
            remedy="Check the spelling and that the node is on; or use its address (your router lists it).",
        )
    if isinstance(exc, asyncssh.KeyExchangeFailed):
        return AccessError(
            "The SSH server and we have no algorithm in common",
            Trouble.SYSTEM,
            where=attempt.where,
            why=_words(exc),
            remedy="Update the node's SSH server; it needs an ed25519, ECDSA or RSA (SHA-2) host key.",
        )
    if isinstance(exc, OSError) and not attempt.connected:
        return _unreachable(exc, attempt)
    if isinstance(exc, asyncssh.ChannelOpenError):
        return AccessError(
            "The jump host does not connect us to the node",
            Trouble.UNREACHABLE,
            where=attempt.where,
            why=_words(exc),
            remedy="Check the address in ~/.ssh/config as seen from the jump host, and that the node is on.",
        )
    return AccessError(
        "The SSH server hung up during the login",
        Trouble.NOT_NOW,
        where=attempt.where,
        why=_words(exc),
        remedy="It may be starting, or too busy for more logins (MaxStartups): try again in a minute.",
    )


def too_slow(attempt: Attempt, seconds: float) -> AccessError:
    """No answer in time, before or after TCP was connected."""
    if attempt.connected:
        return AccessError(
            f"The login did not finish within {seconds:.0f} seconds",
            Trouble.NOT_NOW,
            where=attempt.where,
            why=f"Port {attempt.port} accepts connections, but the SSH server is slow or stuck.",
            remedy="Wait until the node has booted, or power-cycle it; then try again.",
        )
    return AccessError(
        f"No answer from port {attempt.port} within {seconds:.0f} seconds",
        Trouble.UNREACHABLE,
        where=attempt.where,
        remedy="Check that the node is on, on this network, and that no firewall is between.",
    )


def _denied(attempt: Attempt) -> AccessError:
    if attempt.password_expired:
        return AccessError(
            f"The password of {attempt.user} has expired",
            Trouble.PASSWORD_EXPIRED,
            where=attempt.where,
            remedy=f"Log in once by hand to change it: ssh {attempt.user}@{attempt.host}",
        )
    trouble, remedy = _settled_by(attempt)
    return AccessError(
        f"The SSH server does not let {attempt.user} in",
        trouble,
        where=attempt.where,
        why=attempt.tried(),
        remedy=remedy,
    )


def _settled_by(attempt: Attempt) -> tuple[Trouble, str]:
    """What would most likely let us in, and how the operator does it."""
    keys = attempt.keys
    if keys.encrypted and keys.passphrase_refused:
        return Trouble.PASSPHRASE_WRONG, f"Give the passphrase of {keys.encrypted[0]} again."
    if keys.encrypted:
        file = keys.encrypted[0]
        return (
            Trouble.KEY_LOCKED,
            f"Give the passphrase of {file}; or ssh-add {file}; or give a password.",
        )
    if attempt.password:
        return Trouble.PASSWORD_REFUSED, "Check the user name and the password."
    copy = f"copy your key to it (ssh-copy-id {attempt.user}@{attempt.host})"
    if attempt.takes_password:
        return (
            Trouble.PASSWORD_WANTED,
            f"Check the user name, or give the password; or {copy}.",
        )
    return Trouble.KEY_REFUSED, f"Check the user name and the identity file; or {copy}."


def _unreachable(exc: OSError, attempt: Attempt) -> AccessError:
    codes = {int(code) for code in _ERRNO.findall(str(exc))} | {exc.errno}
    if errno.ECONNREFUSED in codes:
        return AccessError(
            f"Port {attempt.port} refuses connections",
            Trouble.UNREACHABLE,
            where=attempt.where,
            why="The machine is there, but no SSH server is listening.",
            remedy="It may still be booting: wait a minute. Else enable SSH on it"
            " (raspi-config, or the settings of Raspberry Pi Imager).",
        )
    if codes & _NO_ROUTE:
        return AccessError(
            "There is no way to this address",
            Trouble.UNREACHABLE,
            where=attempt.where,
            why=_words(exc),
            remedy=no_route_remedy(sys.platform),
        )
    if errno.ETIMEDOUT in codes:
        return too_slow(attempt, 10)
    return AccessError(
        "The connection failed",
        Trouble.UNREACHABLE,
        where=attempt.where,
        why=_words(exc),
        remedy="Check that the node is on and on this network, then try again.",
    )


def no_route_remedy(platform: str) -> str:
    remedy = "Check that the node is on and that this computer is on the same network."
    if platform == "darwin":
        remedy += (
            " macOS also blocks programs without the Local Network permission: System Settings →"
            " Privacy & Security → Local Network → allow your terminal."
        )
    return remedy


def _words(exc: BaseException) -> str:
    return clean_line(str(exc), 300) or type(exc).__name__
