"""The wizard, driven by keys in a terminal of 80×24, against Pis that really boot."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from pathlib import Path

from tests.lab.forming import is_ready, is_server, kubernetes_nodes
from tests.lab.labtool import LabFactory, PiLab

MEMORY_LIMIT_KB = 150 * 1024

# Runs a command, and leaves its exit status and the most memory it ever used (KiB) in a file.
_MEASURED = """
import pathlib, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
pathlib.Path(sys.argv[1]).write_text(f"{status} {used}")
"""


class Terminal:
    """A program in tmux on the lab's workstation."""

    def __init__(self, lab: PiLab, *arguments: str, columns: int = 80, rows: int = 24) -> None:
        self._lab = lab
        self._socket = lab.home / "tmux"
        self.ended = lab.home / "ended"
        measured = [sys.executable, "-c", _MEASURED, str(self.ended), *lab.product_command(*arguments)]
        size = ["-x", str(columns), "-y", str(rows)]
        lab.exec(
            [*self._tmux, "-f", "/dev/null", "new-session", "-d", *size, shlex.join(measured)],
            env=lab.product_environment(),
            cwd=lab.home,
            check=True,
        )

    @property
    def _tmux(self) -> list[str]:
        return ["tmux", "-S", str(self._socket)]

    def press(self, *keys: str) -> None:
        self._lab.exec([*self._tmux, "send-keys", *keys], check=True)

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

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True)


def test_keys_only_from_launch_to_a_green_verify_screen(lab_factory: LabFactory, k3s_dir: Path) -> None:
    lab = lab_factory(4, name="wizard", web=k3s_dir)
    terminal = Terminal(lab, "--user", "pi", "--identity", str(lab.identity_file))
    try:
        terminal.wait_for("4 hosts selected")
        terminal.press("Enter")
        terminal.wait_for("How do we log in?")
        terminal.press("Enter")
        terminal.wait_for("4 of 4 in")
        terminal.press("Enter")
        terminal.wait_for("Which environment")
        terminal.press("Enter")
        terminal.wait_for("How many servers")
        terminal.press("Down", "Enter")
        terminal.wait_for("Registration address")
        terminal.press("Enter")
        assert "4 reboots" in terminal.wait_for("Enter starts")
        terminal.press("Enter")
        terminal.wait_for("3 servers and 1 agent are Ready", timeout=180)
        terminal.press("Enter")
        screen = terminal.wait_for("3 of 3 servers seen, 4 of 4 nodes Ready")
        assert "✖" not in screen
        terminal.press("Enter")
        deadline = time.monotonic() + 15
        while not terminal.ended.exists():
            assert time.monotonic() < deadline, terminal.screen
            time.sleep(0.1)
    finally:
        terminal.close()
    status, memory_kb = terminal.ended.read_text().split()
    assert status == "0"
    assert int(memory_kb) < MEMORY_LIMIT_KB
    nodes = kubernetes_nodes(lab, "sugarkube0")
    assert all(is_ready(node) for node in nodes.values())
    assert sum(is_server(node) for node in nodes.values()) == 3
    assert {status.boots for status in lab.statuses()} == {2}
