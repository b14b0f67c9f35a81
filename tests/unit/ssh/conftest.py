"""SSH servers on loopback, with commands that really run, and nothing of the developer's own SSH set-up."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Login, Target
from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.shell import SshShell
from sugarkube_tui.store.pins import HostKeyPins

FAKE_SUDO = r"""#!/bin/sh
lab=$(dirname "$0")
mode=$(cat "$lab/mode")
never='' ; prompt='Password:'
while [ $# -gt 0 ]; do
    case $1 in
        -n) never=1; shift;;
        -S) shift;;
        -p) prompt=$2; shift 2;;
        --) shift; break;;
        *) break;;
    esac
done
required() { echo 'sudo: a password is required' >&2; exit 1; }
case $mode in
    free) exec "$@";;
    requiretty) echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1;;
    cached) [ "$never" ] && required; exec "$@";;
    expiring) [ "$never" ] && [ "$1" != true ] && required; [ "$never" ] && exec "$@";;
    *) [ "$never" ] && required;;
esac
echo 'We trust you have received the usual lecture.' >&2
for try in 1 2 3; do
    printf %s "$prompt" >&2
    IFS= read -r password || { echo 'sudo: no password was provided' >&2; exit 1; }
    printf '%s\n' "$password" >> "$lab/passwords"
    if [ "$password" = right ]; then
        [ "$mode" = stranger ] && { echo 'pi is not in the sudoers file.' >&2; exit 1; }
        exec "$@"
    fi
    echo 'Sorry, try again.' >&2
done
echo 'sudo: 3 incorrect password attempts' >&2
exit 1
"""


@dataclass
class SudoLab:
    """A sudo that behaves as `mode` says and writes down what it was told."""

    folder: Path

    def be(self, mode: str) -> None:
        (self.folder / "mode").write_text(mode)

    @property
    def passwords(self) -> list[str]:
        file = self.folder / "passwords"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr("sugarkube_tui.ssh.settings.SYSTEM_KNOWN_HOSTS", tmp_path / "ssh_known_hosts")
    return home


@pytest.fixture
def sudo(tmp_path: Path) -> SudoLab:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "sudo"
    script.write_text(FAKE_SUDO)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    lab = SudoLab(folder)
    lab.be("free")
    return lab


@pytest.fixture
def pins(tmp_path: Path) -> HostKeyPins:
    return HostKeyPins(tmp_path / "state" / "known_hosts")


@pytest.fixture
def user_key(home: Path) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(home / ".ssh" / "id_ed25519"))
    return key


Agent = Callable[[list[asyncssh.SSHKey]], Awaitable[None]]


@pytest.fixture
async def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Agent]:
    """Starts an SSH agent that holds the given keys."""
    if not shutil.which("ssh-agent"):
        pytest.skip("no ssh-agent here")
    path = str(tmp_path / "agent")
    process = await asyncio.create_subprocess_exec(
        "ssh-agent", "-D", "-a", path, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    await process.stdout.readline()  # it says where it listens, once it does

    async def hold(keys: list[asyncssh.SSHKey]) -> None:
        async with await asyncssh.connect_agent(path) as client:
            await client.add_keys(keys)
        monkeypatch.setenv("SSH_AUTH_SOCK", path)

    yield hold
    process.kill()
    await process.wait()


Handler = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]


@dataclass
class Node:
    """A running SSH server."""

    port: int
    server: asyncssh.SSHAcceptor
    host_key: asyncssh.SSHKey
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    handling: set[asyncio.Task[Any]] = field(default_factory=set)
    offered: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)

    def target(self, name: str = "pi-a", *, alias: str = "", trust_new: bool = True, **login: Any) -> Target:
        return Target(name, "127.0.0.1", Login(port=self.port, **login), alias, trust_new)

    async def stop(self) -> None:
        for connection in self.connections:
            connection.abort()
        self.server.close()
        await self.server.wait_closed()
        for task in self.handling:
            task.cancel()
        await asyncio.gather(*self.handling, return_exceptions=True)


class _Door(asyncssh.SSHServer):
    def __init__(self, node: list[Node], key: asyncssh.SSHKey | None, password: str, key_limit: int) -> None:
        self._node, self._key, self._password, self._key_limit = node, key, password, key_limit

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        if self._node:
            self._node[0].connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._node[0].offered.append(key.get_fingerprint())
        self._key_limit -= 1
        if self._key_limit < 0:
            self._connection.disconnect(asyncssh.DISC_PROTOCOL_ERROR, "Too many authentication failures")
        return self._key is not None and key.public_data == self._key.public_data

    def password_auth_supported(self) -> bool:
        return bool(self._password)

    def validate_password(self, username: str, password: str) -> bool:
        self._node[0].passwords.append(password)
        return password == self._password


async def _copy(source: asyncio.StreamReader, sink: asyncssh.SSHWriter[bytes]) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()


async def _feed(source: asyncssh.SSHReader[bytes], sink: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


def through_sh(bin_dir: Path) -> Handler:
    """Run commands as sshd does: by a shell that leads a session of its own."""

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        child = await asyncio.create_subprocess_exec(
            "/bin/sh",
            "-c",
            process.command or "",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": f"{bin_dir}:{os.environ['PATH']}", "HOME": str(bin_dir)},
            start_new_session=True,
        )
        assert child.stdin and child.stdout and child.stderr
        feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
        try:
            await asyncio.gather(_copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr))
            status = await child.wait()
        finally:
            feeding.cancel()
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            # Before the wait, which is for the pipes, too: grandchildren may hold them open.
            child._transport.close()  # type: ignore[attr-defined]
            await child.wait()
            await asyncio.wait({feeding})
        if process.is_closing():
            return
        if status < 0:
            process.exit_with_signal("KILL" if status == -9 else "TERM")
        else:
            process.exit(status)

    return run


@asynccontextmanager
async def serve(
    handler: Handler,
    *,
    key: asyncssh.SSHKey | None = None,
    password: str = "",
    host_keys: list[asyncssh.SSHKey] | None = None,
    port: int = 0,
    key_limit: int = 6,
    **options: Any,
) -> AsyncIterator[Node]:
    node: list[Node] = []

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        node[0].commands.append(process.command or "")
        task = asyncio.current_task()
        assert task is not None
        node[0].handling.add(task)
        await handler(process)

    host_keys = host_keys or [asyncssh.generate_private_key("ssh-ed25519")]
    server = await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=lambda: _Door(node, key, password, key_limit),
        server_host_keys=host_keys,
        process_factory=handle,
        encoding=None,
        **options,
    )
    node.append(Node(server.get_port(), server, host_keys[0]))
    try:
        yield node[0]
    finally:
        await node[0].stop()


@pytest.fixture
async def node(user_key: asyncssh.SSHKey, sudo: SudoLab) -> AsyncIterator[Node]:
    """A node whose commands run here, with the fake sudo."""
    async with serve(through_sh(sudo.folder), key=user_key, sftp_factory=True) as node:
        yield node


@pytest.fixture
def connector(pins: HostKeyPins) -> SshConnector:
    return SshConnector(pins)


@pytest.fixture
async def shell(node: Node, connector: SshConnector) -> AsyncIterator[SshShell]:
    shell = await connector.connect(node.target(sudo_password=Secret("right")))
    yield shell
    await shell.close()
