"""How a simulated Pi lets people in: its SSH server, its sudo, and the host keys that were pinned."""

from __future__ import annotations

from dataclasses import dataclass, field

from sugarkube_tui.cluster.errors import AccessError, HostKeyChanged, KeyChange, Trouble
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Login, SshAdvice, Target

PINS = "~/.local/state/sugarkube-tui/known_hosts"
KEY_FILE = "~/.ssh/id_ed25519"


@dataclass(slots=True)
class Door:
    """What it takes to get in.

    Attributes:
        user: the only one who may.
        takes_key: the workstation's key is among the authorized ones.
        password: of that user; empty: the SSH server takes none.
        passphrase: of the workstation's key file; empty: the agent holds the key.
        sudo_password: empty: sudo asks for nothing.
    """

    user: str = "pi"
    takes_key: bool = True
    password: str = "raspberry"
    passphrase: str = ""
    sudo_password: str = ""

    def let_in(self, where: str, login: Login) -> None:
        """Log in.

        Raises:
            AccessError: not this way.
        """
        locked = self.takes_key and self.passphrase and not _is(login.passphrase, self.passphrase)
        if login.user == self.user:
            if self.takes_key and not locked:
                return
            if self.password and _is(login.password, self.password):
                return
        raise self._refusal(where, login, locked=bool(locked))

    def _refusal(self, where: str, login: Login, *, locked: bool) -> AccessError:
        what = f"The SSH server does not let {login.user} in"
        offered = "no key" if locked else f"keys: {KEY_FILE}"
        tried = f"Offered {offered}; {'a' if login.password else 'no'} password."
        if locked and login.passphrase:
            trouble, remedy = Trouble.PASSPHRASE_WRONG, f"Give the passphrase of {KEY_FILE} again."
        elif locked:
            tried += f" Not offered, as they need a passphrase: {KEY_FILE}."
            remedy = f"Give the passphrase of {KEY_FILE}; or ssh-add {KEY_FILE}; or give a password."
            trouble = Trouble.KEY_LOCKED
        elif not self.password:
            trouble, remedy = Trouble.KEY_REFUSED, "Check the user name, or copy your key to it."
        elif login.password:
            trouble, remedy = Trouble.PASSWORD_REFUSED, "Check the user name and the password."
        else:
            trouble, remedy = Trouble.PASSWORD_WANTED, "Check the user name, or give the password."
        return AccessError(what, trouble, where=where, why=tried, remedy=remedy)

    def become_root(self, where: str, login: Login) -> None:
        """What sudo says to this login.

        Raises:
            AccessError: it needs another password.
        """
        given = login.sudo_password or login.password
        if not self.sudo_password or _is(given, self.sudo_password):
            return
        if given is None:
            raise AccessError(
                f"sudo asks {login.user} for a password, and none was given",
                Trouble.SUDO_PASSWORD_WANTED,
                where=where,
                why="sudo: a password is required",
                remedy="Enter it as the sudo password.",
            )
        raise AccessError(
            f"sudo did not accept the password of {login.user}",
            Trouble.SUDO_PASSWORD_REFUSED,
            where=where,
            remedy="Enter the sudo password again; it was sent once only.",
        )


@dataclass(slots=True)
class SimulatedKeys:
    """Host keys that were pinned on first contact, by address; implements `HostKeys`."""

    pinned: dict[str, str] = field(default_factory=dict)

    def replace(self, change: KeyChange) -> None:
        for name in change.names:
            self.pinned[name] = change.key

    def check(self, target: Target, address: str, key: str) -> None:
        """Pin the key if none is.

        Raises:
            HostKeyChanged: another one is.
        """
        pinned = self.pinned.setdefault(address, key)
        if pinned != key:
            line = list(self.pinned).index(address) + 1
            change = KeyChange((address,), 22, ((pinned, f"{PINS}:{line}"),), key, "ssh-ed25519", key)
            raise HostKeyChanged(change, where=target.name)


class SimulatedSettings:
    """An operator's ~/.ssh/config that says this about these names; implements `SshSettings`."""

    def __init__(self) -> None:
        self.said: dict[str, SshAdvice] = {}

    async def advice(self, alias: str, host: str) -> SshAdvice:
        return self.said.get(alias, SshAdvice())


def _is(given: Secret | None, right: str) -> bool:
    return given is not None and given.reveal() == right
