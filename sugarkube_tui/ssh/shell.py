"""Commands and uploads on one connection."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, ConnectionLost, SugarkubeError, Trouble
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import CommandResult, LineSink, Target
from sugarkube_tui.ssh.session import CommandSession
from sugarkube_tui.ssh.sudo import PROBE, Sudo, Way, needs_password
from sugarkube_tui.ssh.transfer import send_file
from sugarkube_tui.ssh.wrapping import kill_script, wrap

CHANNELS = 4
"""Commands at once on one connection; sshd allows ten, of which endings and probes need some."""

PROBE_LIMIT = 30.0
CLOSE_LIMIT = 2.0
GRACE = 2.0
"""Seconds between TERM and KILL after a time limit; less when the operator cancels."""
CANCEL_GRACE = 0.5
OPEN_TRIES = 5


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the key exchange said about the host.

    Attributes:
        host_key: SHA-256 fingerprint.
        first_contact: nobody knew the key; it was pinned just now.
        vouched_by: nothing was pinned, but the user's known_hosts has this key (`file:line`); else empty.
    """

    host_key: str
    first_contact: bool = False
    vouched_by: str = ""


class Link:
    """Connections that make up one login, the node's own first; knows when it was lost."""

    def __init__(self, connection: asyncssh.SSHClientConnection, *via: asyncssh.SSHClientConnection) -> None:
        self.connection = connection
        self._via = via

    @property
    def lost(self) -> bool:
        return self.connection.is_closed()

    async def close(self) -> None:
        """Say good-bye; hang up when that takes longer than `CLOSE_LIMIT` seconds."""
        connections = (self.connection, *self._via)
        for connection in connections:
            connection.close()
        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            async with asyncio.timeout(CLOSE_LIMIT):
                for connection in connections:
                    await connection.wait_closed()
        for connection in connections:
            connection.abort()


class SshShell:
    """Implements `Shell`.

    A cancelled or overdue command is ended on the node, too: its process group gets TERM, then KILL,
    from a second channel.  One that is running when the connection is lost goes on there.
    """

    def __init__(self, link: Link, target: Target, greeting: Greeting) -> None:
        self._link = link
        self._where = target.name
        self._greeting = greeting
        self._sudo = Sudo(target.name, target.login, self._raw)
        self._slots = asyncio.Semaphore(CHANNELS)
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def host_key(self) -> str:
        """SHA-256 fingerprint of the host key, as OpenSSH prints it."""
        return self._greeting.host_key

    @property
    def first_contact(self) -> bool:
        """Nobody knew the host key; this login has pinned it."""
        return self._greeting.first_contact

    @property
    def vouched_by(self) -> str:
        """Where the user's known_hosts has this key (`file:line`), if nothing was pinned; else empty."""
        return self._greeting.vouched_by

    async def run(
        self,
        script: str,
        *,
        root: bool = False,
        stdin: bytes = b"",
        timeout: float = 60.0,
        on_lines: LineSink | None = None,
    ) -> CommandResult:
        """Run `sh -c script`, with sudo when `root`; see `Shell.run`.

        Standard output is kept up to 8 MiB; the end of `stderr` says when there was more.

        Raises:
            ConnectionLost: the connection ended before an exit status came.
            AccessError: sudo refused, or the login shell runs nothing.
            TimeoutError: it took longer than `timeout` seconds, not counting the wait for a channel.
            ValueError: the script does not fit into a command (128 KiB).
        """
        async with self._slots:
            try:
                return await self._run(script, root, stdin, timeout, on_lines)
            except AccessError as refusal:
                if not root or not needs_password(refusal):
                    raise
                # sudo had remembered the password when it was probed, and has forgotten it since.
                self._sudo.forget()
                return await self._run(script, root, stdin, timeout, on_lines)

    async def upload(self, source: Path, path: str, progress: Callable[[int], None]) -> None:
        """Copy a file to `path`, readable by the login user; see `Shell.upload`.

        Raises:
            ConnectionLost: the connection ended before the file was in place.
            OSError: the file cannot be read here, or not be written there.
        """
        async with self._slots:
            try:
                await send_file(self._link.connection, source, path, progress, self._where)
            except (asyncssh.Error, ConnectionError) as exc:
                if self._link.lost or not isinstance(exc, asyncssh.ChannelOpenError):
                    raise self._lost(str(exc)) from exc
                raise self._no_channel(exc) from exc

    async def close(self) -> None:
        """Close the connection; takes about two seconds at most."""
        if self._endings:
            await asyncio.wait(self._endings, timeout=CLOSE_LIMIT / 2)
        for ending in self._endings:
            ending.cancel()
        await self._link.close()

    # Running

    async def _run(
        self, script: str, root: bool, stdin: bytes, timeout: float, on_lines: LineSink | None
    ) -> CommandResult:
        way = await self._sudo.way() if root else Way.DIRECT
        session, command = self._prepare(script, way, stdin, on_lines)
        try:
            async with asyncio.timeout(timeout):
                await self._open(session, command)
                await session.wait()
        except TimeoutError:
            if session.exit_status is None:
                await self._end(session, way, GRACE)
                raise TimeoutError(self._overdue(session, way, timeout)) from None
            session.close()
        except asyncio.CancelledError:
            await self._end_shielded(session, way)
            raise
        return self._result(session, way)

    def _prepare(
        self, script: str, way: Way, stdin: bytes = b"", on_lines: LineSink | None = None
    ) -> tuple[CommandSession, str]:
        nonce = f"start-{secrets.token_hex(8)}"
        prefix, prompt = self._sudo.prefix(way, nonce)
        return CommandSession(nonce, prompt, stdin, on_lines), wrap(script, nonce, prefix)

    async def _open(self, session: CommandSession, command: str) -> None:
        for attempt in range(OPEN_TRIES):
            try:
                await self._link.connection.create_session(
                    lambda: session, command, encoding=None, request_pty=False, env={}, send_env=()
                )
                return
            except asyncssh.ChannelOpenError as exc:
                if self._link.lost:
                    raise self._lost(str(exc)) from exc
                # sshd counts a session until its process is reaped: room may come in a moment.
                if attempt == OPEN_TRIES - 1:
                    raise self._no_channel(exc) from exc
            except (asyncssh.Error, OSError) as exc:
                raise self._lost(str(exc)) from exc
            await asyncio.sleep(0.2 * (attempt + 1))

    def _result(self, session: CommandSession, way: Way) -> CommandResult:
        if session.sink_failure:
            raise session.sink_failure
        if session.wrong_password:
            raise self._sudo.wrong_password()
        if session.exit_status is None:
            raise self._lost(session.lost_because)
        if not session.started.is_set():
            if way is not Way.DIRECT:
                raise self._sudo.refusal(session.exit_status, session.preamble)
            raise AccessError(
                "The login shell did not run our command",
                Trouble.SYSTEM,
                where=self._where,
                why=clean_line(" ".join(session.preamble.split()), 300),
                remedy="Give the login user a POSIX shell (chsh) and no forced command.",
            )
        stdout, stderr = session.output()
        return CommandResult(session.exit_status, stdout, stderr)

    async def _raw(self, command: str) -> tuple[int, str]:
        """A bare command, without announcement: exit status and what it printed."""
        session = CommandSession()
        try:
            async with asyncio.timeout(PROBE_LIMIT):
                await self._open(session, command)
                await session.wait()
        except TimeoutError:
            session.close()
            raise AccessError(
                f"“{PROBE}” did not answer within {PROBE_LIMIT:.0f} seconds",
                Trouble.SYSTEM,
                where=self._where,
                remedy="Log in by hand and try it there; sudo may be waiting for a name server.",
            ) from None
        finally:
            session.close()
        if session.exit_status is None:
            raise self._lost(session.lost_because)
        stdout, stderr = session.output()
        return session.exit_status, f"{stdout}\n{stderr}"

    # Ending

    async def _end(self, session: CommandSession, way: Way, grace: float) -> None:
        """End the remote process group and close the channel; never raises on failure."""
        if session.channel is None or session.finished:
            return
        with contextlib.suppress(TimeoutError):  # the announcement may be on its way
            await asyncio.wait_for(session.started.wait(), 0.5)
        if session.group and session.exit_status is None:
            killer, command = self._prepare(kill_script(session.group, grace), way)
            with contextlib.suppress(SugarkubeError, TimeoutError):
                async with asyncio.timeout(grace + 3):
                    await self._open(killer, command)
                    await killer.wait()
            killer.close()
            await session.wait_done(0.5)
        session.close()

    async def _end_shielded(self, session: CommandSession, way: Way) -> None:
        """A second cancellation ends the waiting, not the ending."""
        ending = asyncio.create_task(self._end(session, way, CANCEL_GRACE))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        await asyncio.wait({ending}, timeout=CANCEL_GRACE + 3)

    # Messages

    def _overdue(self, session: CommandSession, way: Way, timeout: float) -> str:
        ended = "the command was ended" if session.exit_status is not None else "it may be running still"
        message = f"{self._where}: no result within {timeout:g} seconds; {ended}."
        if session.group or way is Way.DIRECT:
            return message
        said = clean_line(" ".join(session.preamble.split()), 300)
        return f"{message} It had not begun: sudo did not get that far. {said}".rstrip()

    def _lost(self, why: str) -> ConnectionLost:
        return ConnectionLost(
            "The connection ended before the command's result came",
            where=self._where,
            why=clean_line(why, 300) or "The channel was closed without an exit status.",
            remedy="How far the command got is unknown: check the node's power and network, and try again.",
        )

    def _no_channel(self, exc: asyncssh.ChannelOpenError) -> AccessError:
        return AccessError(
            "The SSH server opens no further session on this connection",
            Trouble.NOT_NOW,
            where=self._where,
            why=clean_line(str(exc), 300),
            remedy="Check MaxSessions in the node's sshd_config (10 is the default), and try again.",
        )
