"""What is in the login fields, the login that it says, and for which hosts it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sugarkube_tui.cluster.saved_plan import SavedNode
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.typed import SSH_PORT, parse_path, parse_port, parse_user
from sugarkube_tui.engine.ports import Given, Login
from sugarkube_tui.store.paths import key_file


@dataclass(slots=True)
class LoginForm:
    """The fields, as they are typed.

    Attributes:
        port: empty: as ~/.ssh/config says, else 22.
        default_user: stands in the field as long as nobody named a user; empty: one was named.
    """

    user: str
    identity: str = ""
    password: str = ""
    passphrase: str = ""
    sudo_password: str = ""
    port: str = ""
    default_user: str = ""

    @classmethod
    def of(cls, login: Login) -> LoginForm:
        return cls(
            login.user,
            str(login.identity or ""),
            _text(login.password),
            _text(login.passphrase),
            _text(login.sudo_password),
            "" if login.port == SSH_PORT else str(login.port),
            login.user if login.user_is_default else "",
        )

    def for_given(self, given: Given) -> LoginForm:
        """The same, with the user and port that a host was named with."""
        port = self.port if given.port == SSH_PORT else str(given.port)
        if not given.user:
            return replace(self, port=port)
        return replace(self, user=given.user, default_user="", port=port)

    def for_saved(self, node: SavedNode) -> LoginForm:
        """The same, with the user, port and key file of a saved node; secrets stay."""
        port = "" if node.port == SSH_PORT else str(node.port)
        identity = str(node.identity or "")
        return replace(self, user=node.user, default_user="", port=port, identity=identity)

    def read(self) -> Login:
        """The login that the fields say.

        Raises:
            InvalidInput: a field cannot be used.
        """
        user = parse_user(self.user, "User")
        identity: Path | None = None
        if self.identity.strip():
            identity = key_file(
                parse_path(self.identity, "Identity file"),
                "Identity file",
                "give a private key, or leave it empty for the agent's keys and the default files",
            )
        return Login(
            user,
            parse_port(self.port.strip() or SSH_PORT, "Port"),
            identity,
            password=_secret(self.password),
            sudo_password=_secret(self.sudo_password),
            passphrase=_secret(self.passphrase),
            user_is_default=user == self.default_user,
        )


class LoginForms:
    """The form that goes for all hosts, and those of hosts that are logged in to otherwise.

    Attributes:
        common: goes for every host that has none of its own.
    """

    def __init__(self, login: Login) -> None:
        self.common = LoginForm.of(login)
        self._own: dict[str, LoginForm] = {}
        self._named: dict[str, Given] = {}

    def of(self, host: str) -> LoginForm:
        return self._own.get(host, self.common)

    def is_own(self, host: str) -> bool:
        """This host's login is another one than that of the others."""
        return host in self._own

    def separate(self, host: str, tried: Login | None) -> None:
        """Give a host a form of its own, which begins with what was tried last.

        Args:
            tried: None: nothing was; it begins with what is in the common one.
        """
        self._own[host] = replace(self.common) if tried is None else LoginForm.of(tried)

    def rejoin(self, host: str) -> None:
        """Let the common form go for this host again."""
        self._own.pop(host, None)

    def name(self, named: Mapping[str, Given | None]) -> None:
        """Take how the operator named hosts: a user or port makes a form of its own, once for each naming."""
        for host, given in named.items():
            if given is None or self._named.get(host) == given:
                continue
            self._named[host] = given
            if (form := self.common.for_given(given)) != self.common:
                self._own[host] = form

    def take_up(self, nodes: Sequence[SavedNode]) -> None:
        """Those of a saved plan: its usual login is the common one's, others are their hosts' own."""
        logins = {node.name: (node.user, node.port, node.identity) for node in nodes}
        usual = Counter(logins.values()).most_common(1)[0][0]
        typed = self.common
        self.common = next(typed.for_saved(node) for node in nodes if logins[node.name] == usual)
        self._own = {node.name: typed.for_saved(node) for node in nodes if logins[node.name] != usual}
        self._named.clear()


def _secret(text: str) -> Secret | None:
    return Secret(text) if text else None


def _text(secret: Secret | None) -> str:
    return secret.reveal() if secret is not None else ""
