"""Becoming root: which way sudo lets us, and what its refusals mean."""

from __future__ import annotations

import asyncio
import enum
import shlex
from collections.abc import Awaitable, Callable

from sugarkube_tui.cluster.errors import AccessError, Trouble
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import Login
from sugarkube_tui.ssh.session import Prompt

PROBE = "env LC_ALL=C sudo -n true"
_NEEDS_PASSWORD = ("password is required", "authentication is required")
_FORBIDDEN = ("not in the sudoers", "may not run sudo", "is not allowed to", "afraid i can't do that")
_WRONG_PASSWORD = (
    "incorrect password",
    "sorry, try again",
    "incorrect authentication",
    "authentication failed",
)
"""The latter of both are sudo-rs's."""

Raw = Callable[[str], Awaitable[tuple[int, str]]]
"""Runs a bare command: exit status and what it printed."""


class Way(enum.Enum):
    """How commands become root's."""

    DIRECT = "we are root"
    FREE = "sudo asks for nothing"
    PASSWORD = "sudo asks for a password"


class Sudo:
    """Knows how to become root on one node, once it has been asked.

    Args:
        where: the node, for messages.
        raw: runs the probe.
    """

    def __init__(self, where: str, login: Login, raw: Raw) -> None:
        self._where = where
        self._user = login.user
        self._password: Secret | None = login.sudo_password or login.password
        self._raw = raw
        self._way: Way | None = Way.DIRECT if login.user == "root" else None
        self._probing = asyncio.Lock()

    async def way(self) -> Way:
        """Find out on the first call; concurrent callers wait for that one.

        Raises:
            AccessError: there is no way.
        """
        async with self._probing:
            if self._way is None:
                status, said = await self._raw(PROBE)
                if status == 0:
                    self._way = Way.FREE
                else:
                    refusal = self.refusal(status, said)
                    if not needs_password(refusal) or not self._password:
                        raise refusal
                    self._refuse_unsendable(self._password)
                    self._way = Way.PASSWORD
            return self._way

    def forget(self) -> None:
        """Ask again next time: a remembered password may have expired on the node."""
        if self._way is Way.FREE:
            self._way = None

    def prefix(self, way: Way, nonce: str) -> tuple[str, Prompt | None]:
        """What to put before a command, and the prompt to answer."""
        if way is Way.DIRECT:
            return "", None
        if way is Way.FREE or not self._password:
            return "env LC_ALL=C sudo -n --", None
        marker = f"[sudo-{nonce}]"
        return (
            f"env LC_ALL=C sudo -S -p {shlex.quote(marker)} --",
            Prompt(marker.encode(), self._password),
        )

    def wrong_password(self) -> AccessError:
        return AccessError(
            f"sudo did not accept the password of {self._user}",
            Trouble.SUDO_PASSWORD_REFUSED,
            where=self._where,
            remedy="Give the sudo password again; it was sent once only.",
        )

    def refusal(self, status: int, said: str) -> AccessError:
        """What sudo's last words mean."""
        text = said.lower()
        why = _last_words(said)
        if any(words in text for words in _NEEDS_PASSWORD) or (
            "terminal is required" in text and "must have a tty" not in text
        ):
            return AccessError(
                f"sudo asks {self._user} for a password, and none was given",
                Trouble.SUDO_PASSWORD_WANTED,
                where=self._where,
                why=why,
                remedy="Give the sudo password.",
            )
        if "must have a tty" in text:
            return AccessError(
                "sudo wants a terminal (requiretty)",
                Trouble.SUDO_FORBIDDEN,
                where=self._where,
                why=why,
                remedy=f"On the node, add “Defaults:{self._user} !requiretty” with visudo.",
            )
        if "sudo" in text and ("not found" in text or "no such file" in text):
            return AccessError(
                "sudo is not installed",
                Trouble.SUDO_FORBIDDEN,
                where=self._where,
                why=why,
                remedy="Install it on the node as root (apt install sudo), or log in as root.",
            )
        if any(words in text for words in _FORBIDDEN):
            return AccessError(
                f"{self._user} may not use sudo",
                Trouble.SUDO_FORBIDDEN,
                where=self._where,
                why=why,
                remedy=f"On the node, as an administrator: usermod -aG sudo {shlex.quote(self._user)};"
                " or log in as another user.",
            )
        if any(words in text for words in _WRONG_PASSWORD):
            return self.wrong_password()
        return AccessError(
            f"sudo refused (exit status {status})",
            Trouble.SUDO_FORBIDDEN,
            where=self._where,
            why=why,
            remedy=f"Log in as {self._user} and try “sudo true” by hand.",
        )

    def _refuse_unsendable(self, password: Secret) -> None:
        # What follows a line end would be read as the script's input.
        if any(character in password.reveal() for character in "\r\n\0"):
            raise AccessError(
                "The sudo password holds a line end or a NUL, which cannot be typed at a prompt",
                Trouble.SUDO_PASSWORD_REFUSED,
                where=self._where,
                remedy="Enter the password again, without the line end.",
            )


def needs_password(refusal: AccessError) -> bool:
    """sudo would do it for a password."""
    return refusal.trouble is Trouble.SUDO_PASSWORD_WANTED


def _last_words(said: str) -> str:
    lines = [line for raw in said.splitlines() if (line := clean_line(raw, 300).strip())]
    return "; ".join(lines[-3:])
