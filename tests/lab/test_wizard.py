"""The wizard, driven by keys in a terminal of 80×24, against Pis that really boot."""

from __future__ import annotations

import time
from pathlib import Path

from tests.lab.forming import is_ready, is_server, kubernetes_nodes
from tests.lab.labtool import LabFactory
from tests.lab.terminal import Terminal

MEMORY_LIMIT_KB = 150 * 1024


def test_keys_only_from_launch_to_a_green_verify_screen(lab_factory: LabFactory, k3s_dir: Path) -> None:
    lab = lab_factory(4, name="wizard", web=k3s_dir)
    terminal = Terminal(lab, "--user", "pi", "--identity", str(lab.identity_file))
    try:
        terminal.wait_for("4 hosts selected")
        terminal.press("Enter")
        terminal.wait_for("4 of 4 in")
        terminal.press("Enter")
        terminal.wait_for("Which environment")
        terminal.press("Enter")
        terminal.wait_for("How many servers")
        terminal.press("Enter")
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
