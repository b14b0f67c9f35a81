"""Logging in: the user's SSH settings, our host key pins, and messages that say what to do."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, Trouble
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Target
from sugarkube_tui.ssh.failures import Attempt, explain, offered_too_much, too_slow
from sugarkube_tui.ssh.hostkeys import Client, HostKeyCheck, Pins, known_keys
from sugarkube_tui.ssh.keys import Keys, collect_keys
from sugarkube_tui.ssh.settings import Settings, read_settings
from sugarkube_tui.ssh.shell import Greeting, Link, SshShell

CONNECT_LIMIT = 10.0
LOGIN_LIMIT = 30.0
KEEPALIVE_INTERVAL = 10.0
KEEPALIVE_COUNT = 3
"""Half a minute: a Pi stalls while k3s is unpacked on an SD card."""
LOGINS_AT_ONCE = 8
"""sshd drops connections at random when more than ten have not logged in yet."""
JUMPS = 4


@dataclass(frozen=True, slots=True)
class _Hop:
    """A host to log in to: the node, or a jump host on the way.  None: as ~/.ssh/config says.

    Attributes:
        alias: what ~/.ssh/config and known_hosts call it.
    """

    name: str
    host: str
    alias: str
    port: int | None = None
    user: str | None = None
    identity: Path | None = None
    password: Secret | None = None
    passphrase: Secret | None = None
    trust_new: bool = True

    @property
    def where(self) -> str:
        return self.name if self.name == self.host else f"{self.name} ({self.host})"


@dataclass(frozen=True, slots=True)
class _Open:
    """A connection that is logged in, with the jump hosts' connections that carry it."""

    connection: asyncssh.SSHClientConnection
    check: HostKeyCheck
    via: tuple[asyncssh.SSHClientConnection, ...]


class SshConnector:
    """Implements `Connector`.

    Args:
        pins: accepted host keys (`HostKeyPins`).
        ssh_dir: the user's SSH directory; None for ~/.ssh.
    """

    def __init__(self, pins: Pins, *, ssh_dir: Path | None = None) -> None:
        self._pins = pins
        self._ssh_dir = ssh_dir
        self._logins = asyncio.Semaphore(LOGINS_AT_ONCE)

    async def connect(self, target: Target) -> SshShell:
        """Log in; the host key is pinned on first contact.

        Raises:
            HostKeyChanged: it is neither the pinned one nor the one in the user's known_hosts.
            AccessError: unreachable or not authorised, or a new key that may not be pinned.
            SugarkubeError: the file of pinned host keys cannot be used.
        """
        login = target.login
        hop = _Hop(
            name=target.name,
            host=target.host,
            alias=target.alias or target.host,
            port=login.port if login.port != 22 else None,  # 22 is also “nothing was said”
            user=login.user,
            identity=login.identity,
            password=login.password,
            passphrase=login.passphrase,
            trust_new=target.trust_new,
        )
        async with self._logins:
            opened = await self._open(hop)
        assert opened.check.key is not None
        greeting = Greeting(
            host_key=opened.check.key.get_fingerprint(),
            first_contact=opened.check.first_contact,
            vouched_by=opened.check.vouched_by,
        )
        return SshShell(Link(opened.connection, *opened.via), target, greeting)

    async def _open(self, hop: _Hop, depth: int = 0, jump: str = "") -> _Open:
        ssh_dir = self._ssh_dir or Path.home() / ".ssh"
        settings = await read_settings(ssh_dir, hop.alias, hop.host, hop.port, hop.user)
        via = await self._open_jumps(jump or settings.jump, hop, depth)
        try:
            return await self._log_in(hop, settings, via)
        except BaseException:
            for connection in via:
                connection.abort()
            raise

    async def _open_jumps(self, jump: str, hop: _Hop, depth: int) -> tuple[asyncssh.SSHClientConnection, ...]:
        """Open the jump hosts ourselves: asyncssh would check their keys by the user's settings alone."""
        if not jump:
            return ()
        if depth >= JUMPS:
            raise AccessError(
                f"ProxyJump goes through more than {JUMPS} hosts",
                Trouble.SSH_SETTINGS,
                where=hop.where,
                remedy="Look for a loop in ~/.ssh/config.",
            )
        # Of a list, the last is the one that reaches the node; those before it lead there.
        before, _, last = jump.rpartition(",")
        opened = await self._open(_parse_jump(last, hop.where), depth + 1, before)
        return (opened.connection, *opened.via)

    async def _log_in(
        self,
        hop: _Hop,
        settings: Settings,
        via: tuple[asyncssh.SSHClientConnection, ...],
    ) -> _Open:
        known = await asyncio.to_thread(known_keys, settings.known_hosts, settings.known_as)
        retried = password_only = False
        while True:
            check = HostKeyCheck(self._pins, hop.host, settings.port, hop.name, known, hop.trust_new)
            keys = (
                Keys()
                if password_only
                else await collect_keys(
                    settings, hop.identity, hop.where, bool(hop.password), passphrase=hop.passphrase
                )
            )
            try:
                connection = await self._attempt(hop, settings, check, keys, via)
            except AccessError as failure:
                if offered_too_much(failure.__cause__) and hop.password and not password_only:
                    password_only = True
                    continue
                if not retried and isinstance(failure.__cause__, _HungUp):
                    retried = True
                    await asyncio.sleep(random.uniform(0.5, 1.5))
                    continue
                raise
            finally:
                keys.close()
            return _Open(connection, check, via)

    async def _attempt(
        self,
        hop: _Hop,
        settings: Settings,
        check: HostKeyCheck,
        keys: Keys,
        via: tuple[asyncssh.SSHClientConnection, ...],
    ) -> asyncssh.SSHClientConnection:
        loop = asyncio.get_running_loop()
        limit = asyncio.timeout(CONNECT_LIMIT)
        client = Client(check, keys, lambda: limit.reschedule(loop.time() + LOGIN_LIMIT))

        def attempt() -> Attempt:
            return Attempt(
                where=hop.where,
                host=hop.host,
                port=settings.port,
                user=hop.user or getpass.getuser(),
                keys=keys,
                password=bool(hop.password),
                connected=client.connected,
                password_expired=client.password_expired,
                takes_password=client.takes_password,
            )

        try:
            async with limit:
                connection = await asyncssh.connect(
                    hop.alias,
                    settings.port,
                    config=[str(file) for file in settings.files],
                    tunnel=_way_to(hop, settings, via[0] if via else None),
                    client_factory=lambda: client,
                    username=hop.user if hop.user is not None else (),
                    password=hop.password.reveal() if hop.password else None,
                    # The client hands out keys and judges the host key: see Client.
                    client_keys=None,
                    agent_path=None,
                    agent_forwarding=False,
                    known_hosts=([], [], []),
                    server_host_key_algs=check.algorithms(),
                    x509_trusted_certs=None,
                    x509_trusted_cert_paths=[],
                    gss_host=None,
                    gss_kex=False,
                    gss_auth=False,
                    host_based_auth=False,
                    connect_timeout=None,
                    login_timeout=0,
                    keepalive_interval=KEEPALIVE_INTERVAL,
                    keepalive_count_max=KEEPALIVE_COUNT,
                    utf8_decode_errors="replace",
                    command=None,
                    request_pty=False,
                    env={},
                    send_env=(),
                )
        except TimeoutError as exc:
            raise too_slow(attempt(), LOGIN_LIMIT if client.connected else CONNECT_LIMIT) from exc
        except (asyncssh.Error, OSError, ValueError) as exc:
            if client.refusal:
                raise client.refusal from exc
            failure = explain(exc, attempt())
            if client.connected and check.key is None:
                raise failure from _HungUp()
            raise failure from exc
        try:
            check.remember()
        except BaseException:
            connection.abort()
            raise
        return connection


class _Dial:
    """asyncssh's “tunnel” that leads to `host`, while the settings are those of another name."""

    def __init__(self, host: str, via: asyncssh.SSHClientConnection | None) -> None:
        self._host = host
        self._via = via

    async def create_connection(self, factory: Callable[[], Any], _name: str, port: int) -> Any:
        connector = self._via or asyncio.get_running_loop()
        return await connector.create_connection(factory, self._host, port)


def _way_to(hop: _Hop, settings: Settings, via: asyncssh.SSHClientConnection | None) -> Any:
    """What carries the connection; None for asyncssh's own way: direct, or by ProxyCommand."""
    if hop.alias == hop.host or (settings.proxied and not via):
        return via
    return _Dial(hop.host, via)


class _HungUp(Exception):
    """The server closed the connection before it showed a host key: it may be busy."""


def _parse_jump(spec: str, where: str) -> _Hop:
    """`[user@]host[:port]`, with IPv6 addresses in brackets."""
    user, _, rest = spec.strip().removeprefix("ssh://").rpartition("@")
    host, colon, port = rest.rpartition(":")
    if not colon or rest.endswith("]"):
        host, port = rest, ""
    host = host.strip("[]")
    with contextlib.suppress(ValueError):
        if host:
            return _Hop(host, host, host, int(port) if port else None, user or None)
    raise AccessError(
        f"ProxyJump “{spec}” is not [user@]host[:port]",
        Trouble.SSH_SETTINGS,
        where=where,
        remedy="Correct it in ~/.ssh/config.",
    )
