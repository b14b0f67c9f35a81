"""The product in a terminal on the lab's workstation: keys go in, the screen is looked at."""

from __future__ import annotations

import itertools
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping

from tests.lab.labtool import PiLab

# Runs a command, and leaves its exit status and the most memory it ever used (KiB) in a file.
_MEASURED = """
import pathlib, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1]).write_text(f"{status} {used}")
"""

_NUMBERS = itertools.count()


class Terminal:
    """A program in tmux on the lab's workstation."""

    def __init__(
        self,
        lab: PiLab,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._lab = lab
        self._socket = lab.home / f"tmux-{next(_NUMBERS)}"  # a server that is just ending takes no session
        self.ended = lab.home / "ended"
        self.ended.unlink(missing_ok=True)
        self.pressed = 0
        """Keys so far, but for text that was typed."""
        measured = [sys.executable, "-c", _MEASURED, str(self.ended), *lab.product_command(*arguments)]
        size = ["-x", str(columns), "-y", str(rows)]
        lab.exec(
            [*self._tmux, "-f", "/dev/null", "new-session", "-d", *size, shlex.join(measured)],
            env=lab.product_environment(env),
            cwd=lab.home,
            check=True,
        )

    @property
    def _tmux(self) -> list[str]:
        return ["tmux", "-S", str(self._socket)]

    def press(self, *keys: str) -> None:
        self.pressed += len(keys)
        self._lab.exec([*self._tmux, "send-keys", *keys], check=True)

    def type(self, text: str) -> None:
        self._lab.exec([*self._tmux, "send-keys", "-l", text], check=True)

    def kill(self) -> None:
        """End the product as if its workstation had lost power."""
        measuring = self._lab.exec([*self._tmux, "list-panes", "-F", "#{pane_pid}"], check=True).stdout
        self._lab.exec(["pkill", "-KILL", "-P", measuring.strip()], check=True)

    @property
    def screen(self) -> str:
        return self._lab.exec([*self._tmux, "capture-pane", "-p"]).stdout

    def wait_for(self, text: str, timeout: float = 30) -> str:
        """The screen, as soon as it shows the text."""
        deadline = time.monotonic() + timeout
        while text not in (screen := self.screen):
            assert time.monotonic() < deadline, f"{text!r} did not appear within {timeout} s:\n{screen}"
            time.sleep(0.1)
        return screen

    def wait_for_end(self, timeout: float = 15) -> None:
        """Return as soon as the product has ended."""
        deadline = time.monotonic() + timeout
        while not self.ended.exists():
            assert time.monotonic() < deadline, self.screen
            time.sleep(0.1)

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True)
