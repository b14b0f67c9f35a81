"""What is said at port 22."""

from __future__ import annotations

import socket

import pytest

from sugarkube_tui.lan import door
from tests.unit.lan.doors import doors


@pytest.mark.parametrize(
    ("said", "banner"),
    [
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore", "SSH-2.0-OpenSSH_9.2p1 Debian-2"),
        (b"SSH-2.0-\x1b]0;owned\x07[/red]\x1b[2J\xff\r\n", "SSH-2.0-[/red]\ufffd"),
        (b"x" * 3_000_000, "x" * 255),
        (b"\x00\n", ""),
    ],
    ids=["usual", "hostile", "endless", "nothing"],
)
async def test_banner(monkeypatch: pytest.MonkeyPatch, said: bytes, banner: str) -> None:
    async with doors({"127.0.0.1": said}) as state:
        monkeypatch.setattr(door, "SSH_PORT", state.port)
        assert await door.knock("127.0.0.1", 10.0) == banner


async def test_a_silent_door_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BANNER_WAIT", 0.01)
    async with doors({"127.0.0.1": b""}) as state:
        monkeypatch.setattr(door, "SSH_PORT", state.port)
        assert await door.knock("127.0.0.1", 10.0) == ""


async def test_a_closed_door(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(door, "SSH_PORT", probe.getsockname()[1])
        with pytest.raises(ConnectionRefusedError):
            await door.knock("127.0.0.1", 10.0)
