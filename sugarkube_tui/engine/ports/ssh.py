"""Logging in to nodes: with whose keys, to where, and what a connection can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sugarkube_tui.cluster.errors import KeyChange
from sugarkube_tui.cluster.secrets import Secret

DEFAULT_USER = "pi"


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in to a node.

    Attributes:
        user_is_default: nobody named the user, so ~/.ssh/config may name another.
        identity: private key file; None for the agent's keys and the default files.
        password: tried after the keys; also answers sudo unless `sudo_password` is given.
        passphrase: of encrypted key files.
    """

    user: str = DEFAULT_USER
    port: int = 22
    identity: Path | None = None
    password: Secret | None = None
    sudo_password: Secret | None = None
    passphrase: Secret | None = None
    user_is_default: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A host to log in to.

    Attributes:
        name: what the run calls it; unique in a run.
        host: address or name to connect to.
        alias: the name that the operator knows it by, for ~/.ssh/config and known_hosts; empty: `host`.
        trust_new: an unknown host key may be pinned; else the login is refused before a password is sent.
    """

    name: str
    host: str
    login: Login = Login()
    alias: str = ""
    trust_new: bool = True


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command that ended by itself.

    Attributes:
        exit_status: 0 to 255; 128 + signal number when it was killed.
        stdout: cleaned of nothing: facts are parsed from it.
        stderr: likewise; at most the last 64 KiB.
    """

    exit_status: int
    stdout: str
    stderr: str


class LineSink(Protocol):
    """Takes cleaned lines of output, one or several at a time; must not block."""

    def __call__(self, *lines: str) -> None: ...


class Shell(Protocol):
    """A connection to one node, able to run POSIX shell text."""

    @property
    def host_key(self) -> str:
        """SHA-256 fingerprint of the host key, as OpenSSH prints it."""
        ...

    @property
    def first_contact(self) -> bool:
        """The host key was not known before this connection, and is pinned now."""
        ...

    async def run(
        self,
        script: str,
        *,
        root: bool = False,
        stdin: bytes = b"",
        timeout: float = 60.0,
        on_lines: LineSink | None = None,
    ) -> CommandResult:
        """Run `sh -c script`, with sudo when `root`.

        The script's text is visible in the node's process list: secrets go in `stdin`.

        Args:
            timeout: seconds; the remote process is terminated after them.
            on_lines: gets the lines of both streams as they come.

        Raises:
            ConnectionLost: the connection ended before an exit status came.
            AccessError: sudo refused.
            TimeoutError: it took longer than `timeout`.
        """
        ...

    async def upload(self, source: Path, path: str, progress: Callable[[int], None]) -> None:
        """Copy a file to `path`, readable by the login user; `progress` gets the bytes sent so far.

        Raises:
            ConnectionLost: as for `run`.
            OSError: the file cannot be read here, or not be written there.
        """
        ...

    async def close(self) -> None: ...


class Connector(Protocol):
    """Logs in to nodes."""

    async def connect(self, target: Target) -> Shell:
        """Log in; the host key is pinned on first contact.

        Raises:
            HostKeyChanged: it is not the pinned one.
            AccessError: unreachable or not authorised.
        """
        ...


class HostKeys(Protocol):
    """The host keys that were pinned."""

    def replace(self, change: KeyChange) -> None:
        """Pin the key that the host shows now, in place of the one it had; others stay as they are.

        Raises:
            SugarkubeError: the pins cannot be read or written.
        """
        ...


@dataclass(frozen=True, slots=True)
class SshAdvice:
    """What the operator's own SSH settings say about a host; empty where they say nothing.

    Attributes:
        source: the file that says so.
        host: where it really is.
        user: to log in as.
        port: of its SSH server; 0 where nothing is said.
        jump: hosts on the way, as ProxyJump names them.
        command: a ProxyCommand makes the connection.
    """

    source: str = ""
    host: str = ""
    user: str = ""
    port: int = 0
    jump: str = ""
    command: bool = False


class SshSettings(Protocol):
    """The operator's own SSH settings."""

    async def advice(self, alias: str, host: str) -> SshAdvice:
        """What they say about a host that is called `alias` and was found at `host`.

        Raises:
            AccessError: the settings cannot be read or understood.
        """
        ...


class Greeter(Protocol):
    """Asks SSH servers who they are, without logging in."""

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        """The SHA-256 fingerprint of the host key that the server proves to have.

        Raises:
            OSError: unreachable, or no SSH server.
            TimeoutError: it took longer than `timeout` seconds.
        """
        ...
