"""Uploads: all of the file or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import asyncssh
import pytest

from sugarkube_tui.cluster.errors import ConnectionLost
from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.shell import SshShell
from tests.unit.ssh.conftest import Node, serve, through_sh


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source file"
    file.write_bytes(os.urandom(1_500_000))
    return file


async def test_with_sftp(shell: SshShell, source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "file").write_text("old")
    seen: list[int] = []
    await shell.upload(source, f"{folder}/file", seen.append)
    assert (folder / "file").read_bytes() == source.read_bytes()
    assert (folder / "file").stat().st_mode & 0o777 == 0o600
    assert seen == sorted(seen)
    assert seen[-1] == 1_500_000
    assert [entry.name for entry in folder.iterdir()] == ["file"]


async def test_without_sftp(
    user_key: asyncssh.SSHKey, connector: SshConnector, source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "it's there"
    folder.mkdir()
    seen: list[int] = []
    async with serve(through_sh(tmp_path), key=user_key) as node:
        shell = await connector.connect(node.target())
        await shell.upload(source, f"{folder}/file", seen.append)
        with pytest.raises(OSError, match="pi-a: "):
            await shell.upload(source, f"{folder}/no/file", seen.append)
        await shell.close()
    assert (folder / "file").read_bytes() == source.read_bytes()
    assert [entry.name for entry in folder.iterdir()] == ["file"]


async def test_no_such_directory_there(shell: SshShell, source: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="pi-a"):
        await shell.upload(source, f"{tmp_path}/no/file", lambda _: None)


async def test_no_such_file_here(shell: SshShell, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await shell.upload(tmp_path / "nothing", f"{tmp_path}/file", lambda _: None)


async def test_connection_lost(node: Node, shell: SshShell, source: Path, tmp_path: Path) -> None:
    def cut(_sent: int) -> None:
        node.connections[0].abort()

    with pytest.raises(ConnectionLost):
        await shell.upload(source, f"{tmp_path}/file", cut)
    assert not (tmp_path / "file").exists()
