"""Copying: which means are tried, in which order, and what they are given."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import pytest

from sugarkube_tui.tui import clipboard
from sugarkube_tui.tui.clipboard import OSC52_LIMIT, tools
from sugarkube_tui.tui.terminal import Terminal

TEXT = "första\nrad\n"


def names(
    platform: str, there: str = "pbcopy wl-copy xclip xsel clip.exe tmux", **variables: str
) -> list[str]:
    found = tools(platform, variables, Terminal.of(variables, "utf-8"), there.split().__contains__)
    return [tool.name for tool in found]


def plain() -> Terminal:
    return Terminal.of({"TERM": "xterm"}, "utf-8")


def osc52(text: str, variables: dict[str, str]) -> str:
    return Terminal.of(variables, "utf-8").clipboard(text)


class TestWhichTool:
    def test_a_desktop_has_its_own(self):
        assert names("linux", WAYLAND_DISPLAY="wayland-0", DISPLAY=":0") == ["wl-copy", "xclip", "xsel"]
        assert names("linux", DISPLAY=":0") == ["xclip", "xsel"]
        assert names("linux", "xsel", DISPLAY=":0") == ["xsel"]
        assert names("darwin") == ["pbcopy"]
        assert names("linux", WSL_DISTRO_NAME="Debian") == ["clip.exe"]

    def test_a_console_has_none(self):
        assert names("linux") == []

    def test_over_ssh_only_a_forwarded_display_is_the_operators(self):
        ssh = {"SSH_CONNECTION": "a b c d"}
        assert names("darwin", **ssh) == []
        assert names("linux", WAYLAND_DISPLAY="wayland-0", DISPLAY=":0", **ssh) == []
        assert names("linux", DISPLAY="localhost:10.0", **ssh) == ["xclip", "xsel"]

    def test_tmux_comes_after_the_desktop(self):
        assert names("linux", DISPLAY=":0", TMUX="/tmp/x,1,0") == ["xclip", "xsel", "tmux"]


class TestOsc52:
    def test_it_carries_the_text(self):
        sequence = osc52(TEXT, {})
        assert sequence.startswith("\x1b]52;c;")
        assert base64.b64decode(sequence[7:-1]).decode() == TEXT

    def test_tmux_passes_it_through(self):
        assert osc52("a", {"TMUX": "x"}) == "\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"

    def test_screen_gets_pieces_that_it_passes_through(self):
        sequence = osc52("a" * 3_000, {"TERM": "screen"})
        pieces = [piece.removeprefix("\x1bP") for piece in sequence.split("\x1b\\") if piece]
        assert all(len(piece) < 768 for piece in pieces)
        assert "".join(pieces) == osc52("a" * 3_000, {})


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory of programs; scripts are put into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def is_alive(process: int) -> bool:
    """It may be dead and not yet waited for by whoever has inherited it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestCopying:
    @pytest.fixture(autouse=True)
    def path(self, programs, monkeypatch):
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
        monkeypatch.setattr(clipboard, "TOOL_WITHIN_S", 0.5)

    async def test_a_tool_gets_the_text_on_its_input_and_never_as_an_argument(self, programs, tmp_path):
        program(programs, "xclip", f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/taken')
        written: list[str] = []
        copied = await clipboard.copy(TEXT, "linux", {"DISPLAY": ":0"}, plain(), written.append)
        assert (copied.way, copied.certain) == ("the desktop's clipboard (xclip)", True)
        assert (tmp_path / "taken").read_text() == TEXT
        assert (tmp_path / "args").read_text() == "-selection clipboard\n"
        assert written == []

    @pytest.mark.parametrize("script", ["exit 1", "exec sleep 60"])
    async def test_a_tool_that_fails_or_hangs_is_passed_over(self, programs, script):
        program(programs, "xclip", script)
        written: list[str] = []
        copied = await clipboard.copy(TEXT, "linux", {"DISPLAY": ":0"}, plain(), written.append)
        assert (copied.way, copied.certain) == ("the terminal's clipboard (OSC 52)", False)
        assert written == [osc52(TEXT, {})]

    async def test_a_tool_whose_child_hangs_with_all_of_a_long_text_to_come_is_ended_with_it(
        self, programs, tmp_path
    ):
        program(programs, "xclip", f"sleep 60 & echo $! > {tmp_path}/child; wait")
        copied = await clipboard.copy("x" * 500_000, "linux", {"DISPLAY": ":0"}, plain(), lambda _: None)
        assert copied.problem.startswith("xclip failed; 500 kB are too much")
        child = int((tmp_path / "child").read_text())
        for _ in range(500):
            if not is_alive(child):
                break
            await asyncio.sleep(0.01)
        assert not is_alive(child)

    async def test_what_cannot_be_encoded_is_copied_as_question_marks(self):
        written: list[str] = []
        await clipboard.copy("/home/\udcff", "linux", {}, plain(), written.append)
        assert written == [osc52("/home/?", {})]

    async def test_what_no_terminal_takes_is_told_and_not_sent(self):
        written: list[str] = []
        copied = await clipboard.copy("x" * (OSC52_LIMIT + 1), "linux", {}, plain(), written.append)
        assert "75 kB are too much" in copied.problem
        assert (copied.way, written) == ("", [])
