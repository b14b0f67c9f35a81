"""Copying text out of the terminal: a tool of the desktop, tmux, or the terminal itself by OSC 52."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sugarkube_tui.tui.terminal import Terminal

OSC52_LIMIT = 74_994
"""Bytes of text that terminals in general take by OSC 52: 100,000 characters when it is encoded."""
TOOL_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that takes the text on standard input.

    Attributes:
        fills: what it fills, in the operator's words.
        encoding: what it reads.
    """

    argv: tuple[str, ...]
    fills: str = "the desktop's clipboard"
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        return self.argv[0]


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of it.

    Attributes:
        way: by what and where to; empty: it was not copied.
        certain: somebody has said that the text was taken; a terminal never does.
        problem: why it was not copied.
    """

    way: str = ""
    certain: bool = False
    problem: str = ""


def tools(
    platform: str,
    variables: Mapping[str, str],
    terminal: Terminal,
    is_there: Callable[[str], bool] = lambda name: shutil.which(name) is not None,
) -> Iterator[Tool]:
    """The tools that reach the operator's clipboard, the best first.

    Over SSH the desktop of the machine that we run on is somebody else's, unless X is forwarded.

    Args:
        platform: `sys.platform`.
        variables: the environment's.
    """
    here = not terminal.remote
    display = variables.get("DISPLAY", "")
    x11 = bool(display) and (here or not display.startswith(":"))
    candidates = (
        (here and platform == "darwin", Tool(("pbcopy",))),
        (here and "WAYLAND_DISPLAY" in variables, Tool(("wl-copy",))),
        (x11, Tool(("xclip", "-selection", "clipboard"))),
        (x11, Tool(("xsel", "--clipboard", "--input"))),
        (here and "WSL_DISTRO_NAME" in variables, Tool(("clip.exe",), "Windows' clipboard", "utf-16")),
        (
            "TMUX" in variables,
            Tool(("tmux", "load-buffer", "-w", "-"), "tmux's buffer, and by it to the clipboard"),
        ),
    )
    return (tool for works, tool in candidates if works and is_there(tool.name))


async def copy(
    text: str,
    platform: str,
    variables: Mapping[str, str],
    terminal: Terminal,
    write: Callable[[str], None],
) -> Copied:
    """Copy by the first means that works.

    Args:
        write: sends a sequence to the terminal.
    """
    text = text.encode(errors="replace").decode()  # a path in it need not be text
    failed = []
    for tool in tools(platform, variables, terminal):
        if await _fed(tool, text):
            return Copied(f"{tool.fills} ({tool.name})", certain=True)
        failed.append(f"{tool.name} failed")
    size = len(text.encode())
    if size > OSC52_LIMIT:
        failed.append(f"{size / 1000:.0f} kB are too much for the terminal's clipboard (OSC 52)")
    else:
        write(terminal.clipboard(text))
        return Copied("the terminal's clipboard (OSC 52)")
    return Copied(problem="; ".join(failed))


async def _fed(tool: Tool, text: str) -> bool:
    """Whether the tool took the text in time."""
    null = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *tool.argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=null,  # those that stay to serve the selection would keep a pipe open
            stderr=null,
            start_new_session=True,
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode(tool.encoding)), TOOL_WITHIN_S)
    except (TimeoutError, OSError):
        with suppress(ProcessLookupError):  # with what it has started: that may hold the pipe open
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return False
    return process.returncode == 0
