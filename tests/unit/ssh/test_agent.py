"""The SSH agent is asked how many keys it holds, and never waited for long."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sugarkube_tui.ssh import agent
from sugarkube_tui.ssh.agent import count_keys


@asynccontextmanager
async def answering(socket: Path, answer: bytes) -> AsyncIterator[str]:
    """An agent that takes one request for its keys and says this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(5) == b"\0\0\0\1\x0b"
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, socket)
    async with server:
        yield str(socket)


@pytest.mark.parametrize("keys", [0, 3])
async def test_keys_are_counted(tmp_path: Path, keys: int) -> None:
    async with answering(tmp_path / "agent", struct.pack(">IBI", 5, 12, keys)) as socket:
        assert await count_keys(socket) == keys


async def test_an_agent_that_refuses_or_hangs_up_counts_as_none(tmp_path: Path) -> None:
    async with answering(tmp_path / "refusing", struct.pack(">IBI", 1, 5, 0)) as socket:
        assert await count_keys(socket) is None
    async with answering(tmp_path / "leaving", b"") as socket:
        assert await count_keys(socket) is None


async def test_a_mute_agent_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "ANSWER_WITHIN_S", 0.05)
    closed = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()
        writer.close()

    async with await asyncio.start_unix_server(say_nothing, tmp_path / "mute"):
        assert await count_keys(str(tmp_path / "mute")) is None
        await closed.wait()


async def test_without_an_agent_there_is_none(tmp_path: Path) -> None:
    assert await count_keys("") is None
    assert await count_keys(str(tmp_path / "nowhere")) is None
