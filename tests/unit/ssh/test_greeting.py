"""Asking SSH servers for their host key, against a real one."""

from __future__ import annotations

import asyncio
import socket

import asyncssh
import pytest

from sugarkube_tui.ssh.greeting import SshGreeter
from tests.unit.ssh.conftest import Node, serve


async def nothing(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.exit(0)


async def greet(node: Node) -> str:
    return await SshGreeter().host_key("127.0.0.1", node.port, 10.0)


async def test_the_fingerprint_is_the_one_that_openssh_prints() -> None:
    async with serve(nothing) as node:
        assert await greet(node) == node.host_key.get_fingerprint()
    assert node.host_key.get_fingerprint().startswith("SHA256:")
    assert node.offered == []


async def test_the_best_of_several_keys_is_asked_for() -> None:
    keys = [asyncssh.generate_private_key(kind) for kind in ("ecdsa-sha2-nistp256", "ssh-ed25519")]
    async with serve(nothing, host_keys=keys) as node:
        assert await greet(node) == keys[1].get_fingerprint()


@pytest.mark.parametrize(
    "answer", [b"220 mail\r\n" * 5_000, b"SSH-2.0-x\r\n\x00\x00", b"SSH-1.5-old\r\n", b""]
)
async def test_other_servers_are_os_errors(answer: bytes) -> None:
    async def serve_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve_answer, "127.0.0.1", 0)
    async with server:
        with pytest.raises(OSError) as caught:
            await SshGreeter().host_key("127.0.0.1", server.sockets[0].getsockname()[1], 10.0)
    assert not isinstance(caught.value, TimeoutError)


async def test_a_closed_port_and_a_silent_one() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        with pytest.raises(OSError):
            await SshGreeter().host_key("127.0.0.1", port, 10.0)
        door.listen()
        with pytest.raises(TimeoutError):
            await SshGreeter().host_key("127.0.0.1", port, 0.1)
