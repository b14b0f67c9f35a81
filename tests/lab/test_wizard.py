"""The wizard, driven by keys in a terminal of 80×24, against Pis that really boot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.forming import is_ready, is_server, kubernetes_nodes, texts_below
from tests.lab.labtool import PI_PASSWORD, LabFactory, PiLab
from tests.lab.terminal import Terminal

MEMORY_LIMIT_KB = 150 * 1024


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """What a test opens, it puts here, to be closed."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def open_wizard(lab: PiLab, terminals: list[Terminal]) -> Terminal:
    terminal = Terminal(lab, "--user", "pi", "--identity", str(lab.identity_file))
    terminals.append(terminal)
    return terminal


def to_review(terminal: Terminal, hosts: int) -> None:
    """From the access screen on, with every answer as it is offered."""
    terminal.wait_for(f"{hosts} of {hosts} in")
    for question in ("Which environment", "How many servers", "Registration address"):
        terminal.press("Enter")
        terminal.wait_for(question)
    terminal.press("Enter")


def test_keys_only_from_launch_to_a_green_verify_screen(
    lab_factory: LabFactory, k3s_dir: Path, terminals: list[Terminal]
) -> None:
    lab = lab_factory(4, name="wizard", web=k3s_dir)
    terminal = open_wizard(lab, terminals)
    terminal.wait_for("4 hosts selected")
    terminal.press("Enter")
    to_review(terminal, 4)
    assert "4 reboots" in terminal.wait_for("Enter starts")
    assert terminal.pressed <= 8
    terminal.press("Enter")
    terminal.wait_for("3 servers and 1 agent are Ready", timeout=180)
    terminal.press("Enter")
    screen = terminal.wait_for("3 of 3 servers seen, 4 of 4 nodes Ready")
    assert "✖" not in screen
    terminal.press("Enter")
    terminal.wait_for_end()
    status, memory_kb = terminal.ended.read_text().split()
    assert status == "0"
    assert int(memory_kb) < MEMORY_LIMIT_KB
    nodes = kubernetes_nodes(lab, "sugarkube0")
    assert all(is_ready(node) for node in nodes.values())
    assert sum(is_server(node) for node in nodes.values()) == 3
    assert {status.boots for status in lab.statuses()} == {2}


def test_what_goes_wrong_is_mended_in_place(
    lab_factory: LabFactory, k3s_dir: Path, terminals: list[Terminal]
) -> None:
    """A card that was written anew, a sudo that asks, a step that fails: all without leaving the wizard."""
    lab = lab_factory(3, name="mended", web=k3s_dir, memory_cgroup=True)
    assert lab.product("plan", "dev", "--identity", lab.identity_file, *_named(lab)).returncode == 0
    before = lab.root("sugarkube1", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key").split()[1]
    lab.root(
        "sugarkube1",
        "rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null 2>&1; systemctl restart ssh",
        check=False,
    )
    now = lab.root("sugarkube1", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key").split()[1]
    lab.root("sugarkube2", "sed -i s/NOPASSWD:// /etc/sudoers.d/010_pi-nopasswd")
    lab.root("sugarkube2", "rm -rf /etc/rancher; echo in the way >/etc/rancher")

    terminal = open_wizard(lab, terminals)
    terminal.wait_for("3 hosts selected")
    terminal.press("Enter")
    terminal.wait_for("1 of 3 in")
    terminal.type(PI_PASSWORD)
    terminal.press("Enter")
    terminal.wait_for("2 of 3 in")
    terminal.press("Enter")
    screen = terminal.wait_for("shows another host key than before")
    assert before in screen
    assert now in screen
    terminal.type("sugarkube1")
    terminal.press("Enter")
    to_review(terminal, 3)
    terminal.wait_for("Enter starts")
    terminal.press("Enter")
    terminal.wait_for("asks", timeout=180)
    terminal.press("3")
    terminal.wait_for("r Retry")
    lab.root("sugarkube2", "rm /etc/rancher")
    terminal.press("r")
    terminal.wait_for("3 servers and 0 agents are Ready", timeout=180)
    assert all(is_ready(node) for node in kubernetes_nodes(lab, "sugarkube0").values())
    assert PI_PASSWORD not in texts_below(lab.home / "state")


def test_a_wizard_that_was_killed_in_the_middle_goes_on_from_facts(
    lab_factory: LabFactory, k3s_dir: Path, terminals: list[Terminal]
) -> None:
    lab = lab_factory(2, name="resumed", web=k3s_dir, memory_cgroup=True)
    first = open_wizard(lab, terminals)
    first.wait_for("2 hosts selected")
    first.press("Enter")
    to_review(first, 2)
    first.wait_for("Enter starts")
    first.press("Enter")
    first.wait_for("Install k3s", timeout=60)
    first.kill()
    first.wait_for_end()

    second = open_wizard(lab, terminals)
    screen = second.wait_for("Go on where you left off?")
    assert "the program ended before it did" in screen
    assert "sugarkube0" in screen
    second.press("Enter")
    second.wait_for("Enter starts")  # Access goes on by itself where the saved logins work
    second.press("Enter")
    second.wait_for("1 server and 1 agent are Ready", timeout=180)
    assert all(is_ready(node) for node in kubernetes_nodes(lab, "sugarkube0").values())


def _named(lab: PiLab) -> list[str]:
    return [word for name in lab.names for word in ("--host", f"{name}.local")]
