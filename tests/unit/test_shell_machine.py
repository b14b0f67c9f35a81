"""What a machine makes of a shell's answers."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sugarkube_tui.cli.settled_by import TROUBLES
from sugarkube_tui.cluster.actions import InstallK3s
from sugarkube_tui.cluster.errors import ConnectionLost, Trouble
from sugarkube_tui.engine import scripts
from sugarkube_tui.engine.board import evidence_lines
from sugarkube_tui.engine.download import progress_in, url_in
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.ports import CommandResult, LineSink
from sugarkube_tui.engine.shell_machine import ShellMachine
from sugarkube_tui.tui import words
from sugarkube_tui.wiring import RealClock

NO_NAME = "curl: (6) Could not resolve host: get.k3s.io"


class Says:
    """A shell whose commands all end in the same way, after what they do."""

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
        await self.work(script, on_lines)
        return self._result

    async def work(self, script: str, on_lines: LineSink | None) -> None:
        """Nothing, here."""

    async def upload(self, source: Path, path: str, progress: object) -> None:
        raise AssertionError("nothing is uploaded here")

    async def close(self) -> None:
        """There is nothing to close."""


async def install(stderr: str, script_path: str = "") -> ActionFailed:
    action = InstallK3s("server", "v1.33.5+k3s1", "stable", script_path=script_path)
    with pytest.raises(ActionFailed) as caught:
        await ShellMachine(Says(6, stderr), RealClock()).apply(action, print, lambda share, seen: None)
    return caught.value


def test_a_download_is_read_from_what_the_installer_and_the_watcher_print() -> None:
    url = "https://github.com/k3s-io/k3s/releases/download/v1.33.5%2Bk3s1/k3s-arm64"
    assert url_in(f"[INFO]  Downloading binary {url}") == url
    assert url_in("[INFO]  Downloading hash https://github.com/x/sha256sum-arm64.txt") == ""
    assert url_in("[INFO]  Downloading binary https://x/$(reboot)") == ""
    assert progress_in("17500000 70000000") == (0.25, "17.5 of 70.0 MB")
    assert progress_in("17500000 ") == (None, "17.5 MB")
    assert progress_in("17500000 9") == (None, "17.5 MB")
    assert progress_in("find: nothing") is None


class Downloads(Says):
    """A node on which the installer downloads; it ends when its download was seen."""

    def __init__(self, watcher: Exception | None = None) -> None:
        super().__init__(0, "")
        self._watcher = watcher
        self._seen = asyncio.Event()
        self.scripts: list[str] = []

    async def work(self, script: str, on_lines: LineSink | None) -> None:
        assert on_lines is not None
        self.scripts.append(script)
        if len(self.scripts) == 1:
            on_lines("[INFO]  Using v1.33.5+k3s1 as release", "[INFO]  Downloading binary https://x.org/k3s")
            await self._seen.wait()
        else:
            on_lines("20000000 80000000", "40000000 80000000")
            self._seen.set()
            if self._watcher is not None:
                raise self._watcher
            await asyncio.Event().wait()  # until it is ended


@pytest.mark.parametrize("watcher", [None, TimeoutError("late"), ConnectionLost("gone")])
async def test_the_installers_download_is_shown_and_its_watcher_stands_in_nobodys_way(
    watcher: Exception | None,
) -> None:
    shell, told, logged = Downloads(watcher), [], []
    action = InstallK3s("server", "v1.33.5+k3s1", "stable")

    def progress(share: float | None, seen: str) -> None:
        told.append((share, seen))

    def log(*lines: str) -> None:
        logged.extend(lines)

    async with asyncio.timeout(10):
        await ShellMachine(shell, RealClock()).apply(action, log, progress)
    assert told == [(0.5, "40.0 of 80.0 MB")]
    assert len(logged) == 2
    assert len(shell.scripts) == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Half(BaseHTTPRequestHandler):
    """Says of everything that it is four million bytes long."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4000000")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("curl") is None, reason="a node has GNU find and curl"
)
@pytest.mark.parametrize("left", [(), ("k3s.hash",)], ids=["nothing is left", "its hash is left"])
def test_the_watcher_counts_the_bytes_until_the_file_is_gone(tmp_path: Path, left: tuple[str, ...]) -> None:
    old, new, mark = tmp_path / "k3s-install.old", tmp_path / "k3s-install.new", tmp_path / "began"
    for number, file in enumerate((old / "k3s.bin", mark, new / "k3s.hash", new / "k3s.bin")):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(1_000_000 if file.name == "k3s.bin" else 64))
        os.utime(file, (number, number))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Half)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/k3s"
    script = scripts.watch_download(url, scratch=f"{tmp_path}/k3s-install.*", since=str(mark))
    with subprocess.Popen(
        ["timeout", "20", "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline() == "1000000 4000000\n"
        for file in [file for file in new.iterdir() if file.name not in left]:
            file.unlink()
        assert set(watcher.stdout.read().splitlines()) <= {"1000000 4000000"}
    server.shutdown()
    server.server_close()
    assert watcher.returncode == 0


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
