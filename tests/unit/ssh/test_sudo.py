"""Becoming root, against a sudo that behaves in every way that sudo does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sugarkube_tui.cluster.errors import AccessError, Trouble
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.shell import SshShell
from tests.unit.ssh.conftest import Node, SudoLab


async def test_without_password(shell: SshShell, sudo: SudoLab) -> None:
    assert (await shell.run("cat", root=True, stdin=b"data")).stdout == "data"
    assert sudo.passwords == []


async def test_password_is_sent_once_and_never_becomes_data(
    shell: SshShell, sudo: SudoLab, node: Node
) -> None:
    sudo.be("password")
    lines: list[str] = []
    result = await shell.run(
        "cat; echo e >&2", root=True, stdin=b"data\n", on_lines=lambda *new: lines.extend(new)
    )
    assert (result.stdout, result.stderr) == ("data\n", "e\n")
    assert sorted(lines) == ["data", "e"]
    assert sudo.passwords == ["right"]
    assert not any("right" in command for command in node.commands)


async def test_remembered_password_is_not_sent(shell: SshShell, sudo: SudoLab, tmp_path: Path) -> None:
    sudo.be("cached")
    await shell.run(f"cat > {tmp_path}/file", root=True, stdin=b"")
    assert (tmp_path / "file").read_bytes() == b""
    assert sudo.passwords == []


async def test_password_that_sudo_has_forgotten_since(shell: SshShell, sudo: SudoLab) -> None:
    sudo.be("free")
    await shell.run("true", root=True)
    sudo.be("password")
    assert (await shell.run("echo root", root=True)).stdout == "root\n"
    assert sudo.passwords == ["right"]


async def test_refusal_stays_a_refusal_when_the_probe_promises_too_much(
    node: Node, connector: SshConnector, sudo: SudoLab
) -> None:
    sudo.be("expiring")
    shell = await connector.connect(node.target())
    with pytest.raises(AccessError, match="none was given"):
        await shell.run("true", root=True)
    await shell.close()


async def test_wrong_password_is_not_repeated(node: Node, connector: SshConnector, sudo: SudoLab) -> None:
    sudo.be("password")
    shell = await connector.connect(node.target(sudo_password=Secret("wrong")))
    with pytest.raises(AccessError, match="did not accept") as caught:
        await shell.run("echo never", root=True)
    assert sudo.passwords == ["wrong"]
    assert "wrong" not in str(caught.value)
    assert caught.value.trouble is Trouble.SUDO_PASSWORD_REFUSED
    await shell.close()


@pytest.mark.parametrize(
    ("mode", "what"),
    [
        ("requiretty", "requiretty"),
        ("stranger", "may not use sudo"),
    ],
)
async def test_refusals(shell: SshShell, sudo: SudoLab, mode: str, what: str) -> None:
    sudo.be(mode)
    with pytest.raises(AccessError, match=what) as caught:
        await shell.run("true", root=True)
    assert caught.value.where == "pi-a"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("sudo: Authentication failed, try again.", "did not accept"),
        ("sudo: maximum 3 incorrect authentication attempts", "did not accept"),
        ("I'm sorry pi. I'm afraid I can't do that", "may not use sudo"),
    ],
)
async def test_refusals_of_sudo_rs(shell: SshShell, sudo: SudoLab, said: str, what: str) -> None:
    (sudo.folder / "sudo").write_text(f'#!/bin/sh\necho "{said}" >&2; exit 1')
    with pytest.raises(AccessError, match=what):
        await shell.run("true", root=True)


async def test_no_password_given(node: Node, connector: SshConnector, sudo: SudoLab) -> None:
    sudo.be("password")
    shell = await connector.connect(node.target())
    with pytest.raises(AccessError, match="none was given") as caught:
        await shell.run("true", root=True)
    assert caught.value.trouble is Trouble.SUDO_PASSWORD_WANTED
    await shell.close()


async def test_sudo_is_missing(shell: SshShell, sudo: SudoLab) -> None:
    (sudo.folder / "sudo").write_text(
        "#!/bin/sh\necho \"env: 'sudo': No such file or directory\" >&2; exit 127"
    )
    with pytest.raises(AccessError, match="not installed"):
        await shell.run("true", root=True)


async def test_a_line_end_in_the_password_is_refused(
    node: Node, connector: SshConnector, sudo: SudoLab
) -> None:
    sudo.be("password")
    shell = await connector.connect(node.target(sudo_password=Secret("right\nrm")))
    with pytest.raises(AccessError, match="line end"):
        await shell.run("true", root=True)
    assert sudo.passwords == []
    await shell.close()


async def test_the_probe_runs_once(shell: SshShell, node: Node) -> None:
    await asyncio.gather(*(shell.run("true", root=True) for _ in range(6)))
    assert sum(command.endswith("sudo -n true") for command in node.commands) == 1


async def test_root_needs_no_sudo(node: Node, connector: SshConnector) -> None:
    shell = await connector.connect(node.target(user="root"))
    await shell.run("true", root=True)
    assert not any("sudo" in command for command in node.commands)
    await shell.close()
