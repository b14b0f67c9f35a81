"""What a machine makes of a shell's answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sugarkube_tui.cli.settled_by import TROUBLES
from sugarkube_tui.cluster.actions import InstallK3s
from sugarkube_tui.cluster.errors import Trouble
from sugarkube_tui.engine.board import evidence_lines
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.ports import CommandResult, LineSink
from sugarkube_tui.engine.shell_machine import ShellMachine
from sugarkube_tui.tui import words
from sugarkube_tui.wiring import RealClock

NO_NAME = "curl: (6) Could not resolve host: get.k3s.io"


class Says:
    """A shell whose commands all end in the same way."""

    host_key = "SHA256:abc"
    first_contact = False

    def __init__(self, exit_status: int, stderr: str) -> None:
        self._result = CommandResult(exit_status, "", stderr)

    async def run(
        self,
        script: str,
        *,
        root: bool = False,
        stdin: bytes = b"",
        timeout: float = 60.0,
        on_lines: LineSink | None = None,
    ) -> CommandResult:
        return self._result

    async def upload(self, source: Path, path: str, progress: object) -> None:
        raise AssertionError("nothing is uploaded here")

    async def close(self) -> None:
        """There is nothing to close."""


async def install(stderr: str, script_path: str = "") -> ActionFailed:
    action = InstallK3s("server", "v1.33.5+k3s1", "stable", script_path=script_path)
    with pytest.raises(ActionFailed) as caught:
        await ShellMachine(Says(6, stderr), RealClock()).apply(action, print, lambda share, seen: None)
    return caught.value


class TestANodeWithoutInternet:
    async def test_each_front_end_tells_its_own_way_to_bring_a_release_along(self) -> None:
        evidence = (await install(NO_NAME)).evidence
        assert evidence.trouble is Trouble.NO_DOWNLOAD
        assert "--" not in evidence.remedy
        assert "(--airgap brings a k3s release along)" in evidence_lines(evidence, TROUBLES)[-1]
        shown = words.evidence(evidence)[-1].plain
        assert "check its DNS and gateway; or bring a k3s release along" in shown
        assert "--" not in shown

    async def test_a_release_that_was_brought_along_is_not_offered_again(self) -> None:
        evidence = (await install(NO_NAME, "/usr/local/bin/install.sh")).evidence
        assert evidence.trouble is None
        assert evidence.remedy == "the node cannot resolve names on the internet: check its DNS and gateway"

    async def test_other_failures_are_none_of_it(self) -> None:
        evidence = (await install("sh: 1: No space left on device")).evidence
        assert evidence.trouble is None
        assert evidence.remedy.startswith("the disk is full")
