"""Commands: what comes back, and what is left behind when they do not end by themselves."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from sugarkube_tui.cluster.errors import AccessError, ConnectionLost
from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.session import STDERR_LIMIT, STDOUT_LIMIT, CommandSession
from sugarkube_tui.ssh.shell import SshShell
from tests.unit.ssh.conftest import Handler, Node, serve, through_sh


async def test_streams_status_stdin_and_environment(shell: SshShell) -> None:
    result = await shell.run("cat; echo oops >&2; echo $LC_ALL $PATH; exit 3", stdin=b"fed\n")
    assert result.exit_status == 3
    assert result.stdout.splitlines() == [
        "fed",
        "C.UTF-8 /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]
    assert result.stderr == "oops\n"


async def test_no_stdin_ends_at_once(shell: SshShell) -> None:
    assert (await shell.run("cat; echo $#", timeout=10)).stdout == "0\n"


async def test_quotes_and_line_ends_survive(shell: SshShell) -> None:
    script = "printf '%s\\n' \"a'b\"\n# “comment”\nprintf '%s\\n' '$HOME \\ !'"
    assert (await shell.run(script)).stdout == "a'b\n$HOME \\ !\n"


async def test_large_stdin_arrives_whole(shell: SshShell) -> None:
    result = await shell.run("wc -c", stdin=b"x" * 6_000_000)
    assert result.stdout.strip() == "6000000"


async def test_invalid_utf8_is_replaced_and_the_connection_lives(shell: SshShell) -> None:
    result = await shell.run(r"printf 'a\377b\n'; printf '\302' >&2")
    assert (result.stdout, result.stderr) == ("a\ufffdb\n", "\ufffd")
    assert (await shell.run("echo on")).stdout == "on\n"


async def test_flood_on_one_stream_does_not_block_the_other(shell: SshShell) -> None:
    result = await shell.run("head -c 5000000 /dev/zero >&2; echo end >&2; echo out", timeout=30)
    assert result.stdout == "out\n"
    assert len(result.stderr) == STDERR_LIMIT
    assert result.stderr.endswith("end\n")


async def test_output_beyond_the_limit_is_counted(shell: SshShell) -> None:
    result = await shell.run(f"head -c {STDOUT_LIMIT + 10} /dev/zero | tr '\\0' a", timeout=30)
    assert len(result.stdout) == STDOUT_LIMIT
    assert "[10 bytes of output beyond" in result.stderr


async def test_lines_of_both_streams_come_cleaned_and_without_announcement(shell: SshShell) -> None:
    lines: list[str] = []
    script = r"printf '\033[31mred\033[0m\nold\rnew\n'; echo e >&2; printf tail"
    result = await shell.run(script, on_lines=lambda *new: lines.extend(new))
    assert sorted(lines) == ["e", "new", "red", "tail"]
    assert result.stderr == "e\n"
    assert result.stdout.startswith("\x1b[31m")


async def test_a_failing_sink_is_reported_and_the_connection_lives(shell: SshShell) -> None:
    def sink(*lines: str) -> None:
        raise RuntimeError(*lines)

    with pytest.raises(RuntimeError, match="one"):
        await shell.run("echo one; echo two", on_lines=sink)
    assert (await shell.run("echo on")).stdout == "on\n"


async def test_killed_by_a_signal(shell: SshShell) -> None:
    assert (await shell.run("kill -KILL $$; sleep 9")).exit_status == 137


async def test_a_background_process_does_not_hold_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sugarkube_tui.ssh.session.QUIET_AFTER_EXIT", 0.1)
    session = CommandSession("nonce")
    session.data_received(b"nonce\nout", None)
    session.data_received(b"nonce 7\n", asyncssh.EXTENDED_DATA_STDERR)
    session.exit_status_received(0)
    waiting = asyncio.create_task(session.wait())  # connection_lost does not come
    await asyncio.sleep(0.05)
    session.data_received(b" late", None)
    await asyncio.wait_for(waiting, 2)
    assert (session.group, session.exit_status, session.output()) == (7, 0, ("out late", ""))


@pytest.mark.parametrize("root", [False, True])
async def test_timeout_ends_the_whole_process_group(shell: SshShell, tmp_path: Path, root: bool) -> None:
    script, gone = _stubborn(tmp_path)
    with pytest.raises(TimeoutError, match=r"pi-a: no result within 0.7 seconds; the command was ended"):
        await shell.run(script, root=root, timeout=0.7)
    await _eventually(gone)


@pytest.mark.parametrize("root", [False, True])
async def test_cancelling_ends_the_whole_process_group(shell: SshShell, tmp_path: Path, root: bool) -> None:
    script, gone = _stubborn(tmp_path)
    running = asyncio.create_task(shell.run(script, root=root))
    await _eventually((tmp_path / "pids").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _eventually(gone)
    assert (await shell.run("echo on")).stdout == "on\n"


async def test_four_commands_at_once(shell: SshShell, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    script = f"mkdir {inside}/$$; ls {inside} | wc -l; sleep 0.4; rmdir {inside}/$$"
    results = await asyncio.gather(*(shell.run(script) for _ in range(10)))
    assert max(int(result.stdout) for result in results) <= 4


async def test_too_long_a_script_is_refused_here(shell: SshShell) -> None:
    with pytest.raises(ValueError, match="too long"):
        await shell.run("#" * 140_000)


# Servers that misbehave


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[tuple[str, Callable[[], bool]]]:
    """A script that goes on where the connection is lost, and a look whether it has begun."""
    file = tmp_path / "begun"
    yield f"echo $$ > {file}.new; mv {file}.new {file}; sleep 30", file.exists
    os.killpg(int(file.read_text()), signal.SIGKILL)


async def test_lost_connection(node: Node, shell: SshShell, endless: tuple[str, Callable[[], bool]]) -> None:
    script, begun = endless
    running = asyncio.create_task(shell.run(script))
    await _eventually(begun)
    node.connections[0].abort()
    with pytest.raises(ConnectionLost) as caught:
        await running
    assert caught.value.where == "pi-a"
    assert caught.value.remedy
    with pytest.raises(ConnectionLost):
        await shell.run("true")


async def test_polite_disconnect_is_no_success(
    node: Node, shell: SshShell, endless: tuple[str, Callable[[], bool]]
) -> None:
    script, begun = endless
    running = asyncio.create_task(shell.run(script))
    await _eventually(begun)
    node.connections[0].disconnect(asyncssh.DISC_BY_APPLICATION, "going down")
    with pytest.raises(ConnectionLost):
        await running


@pytest.fixture
def odd(user_key: asyncssh.SSHKey, connector: SshConnector) -> Callable[[Handler], object]:
    async def run(handler: Handler, script: str = "true") -> object:
        async with serve(handler, key=user_key) as node:
            shell = await connector.connect(node.target())
            try:
                return await shell.run(script, timeout=10)
            finally:
                await shell.close()

    return run


async def test_a_channel_without_exit_status_is_lost(odd: Callable[..., asyncio.Future[object]]) -> None:
    async def handler(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.close()

    with pytest.raises(ConnectionLost, match="result"):
        await odd(handler)


async def test_a_login_shell_that_runs_nothing(odd: Callable[..., asyncio.Future[object]]) -> None:
    async def handler(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"This account is currently not available.\n")
        process.exit(0)

    with pytest.raises(AccessError, match="login shell") as caught:
        await odd(handler)
    assert "not available" in caught.value.why


async def test_chatter_of_the_login_shell_is_not_output(
    user_key: asyncssh.SSHKey, connector: SshConnector, tmp_path: Path
) -> None:
    inner = through_sh(tmp_path)

    async def handler(process: asyncssh.SSHServerProcess[bytes]) -> None:
        process.stdout.write(b"Welcome home!\nno line end")
        process.stderr.write(b"tput: no terminal ")
        await inner(process)

    async with serve(handler, key=user_key) as node:
        shell = await connector.connect(node.target())
        result = await shell.run("echo fact=1; echo e >&2")
        await shell.close()
    assert (result.stdout, result.stderr) == ("fact=1\n", "e\n")


async def test_closing_twice_is_quick(node: Node, connector: SshConnector) -> None:
    shell = await connector.connect(node.target())
    started = asyncio.get_running_loop().time()
    await shell.close()
    await shell.close()
    assert asyncio.get_running_loop().time() - started < 3


def _stubborn(tmp_path: Path) -> tuple[str, Callable[[], bool]]:
    """A script with a child, both deaf to TERM, and a look whether they are gone."""
    file = tmp_path / "pids"
    script = f"trap '' TERM; sleep 60 & echo $$ $! > {file}.new; mv {file}.new {file}; wait; sleep 60"

    def gone() -> bool:
        return not any(_alive(int(pid)) for pid in file.read_text().split())

    return script, gone


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return _signalled(pid) if not Path("/proc/self").exists() else False
    return state != "Z"


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)
