"""Power cuts and stops in the middle of a run, a full disk, and Pis without internet."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.lab.forming import is_ready, kubernetes_nodes, plan, read_until, rest, start_up, up
from tests.lab.labtool import LabFactory

FOUR = ("sugarkube0", "sugarkube1", "sugarkube2", "sugarkube3")


def test_a_pi_that_loses_power_fails_alone_and_a_second_run_completes_it(
    lab_factory: LabFactory, k3s_dir: Path
) -> None:
    lab = lab_factory(4, name="power", web=k3s_dir)
    run = start_up(lab, "dev", "--servers", "3")
    seen = read_until(run, "step_started", node="sugarkube2", step="packages")
    lab.off("sugarkube2")
    told = rest(run, seen)
    assert told.status == 1
    evidence = told.of("node_finished", "sugarkube2")[-1]["evidence"]
    assert "did not come back" in evidence["what"]
    assert evidence["why"]
    assert "power" in evidence["remedy"]
    assert {name: told.result(name) for name in ("sugarkube0", "sugarkube1", "sugarkube3")} == dict.fromkeys(
        ("sugarkube0", "sugarkube1", "sugarkube3"), "changed"
    )
    lab.on("sugarkube2")
    again = up(lab, "dev", "--servers", "3")
    assert again.status == 0, again.text
    assert {action.split(":")[0] for action in again.actions} == {"sugarkube2"}
    nodes = kubernetes_nodes(lab, "sugarkube0")
    assert sorted(nodes) == list(FOUR)
    assert all(is_ready(node) for node in nodes.values())


def test_a_server_that_loses_power_while_it_joins_is_completed_by_the_next_run(
    lab_factory: LabFactory, k3s_dir: Path
) -> None:
    lab = lab_factory(3, name="joincut", web=k3s_dir, memory_cgroup=True)
    run = start_up(lab, "dev", "--servers", "3")
    seen = read_until(run, "action_started", step="start", title="wait for the k3s server's API to be ready")
    while (cut := seen[-1]["node"]) == "sugarkube0":
        seen += read_until(
            run, "action_started", step="start", title="wait for the k3s server's API to be ready"
        )
    lab.off(cut)
    told = rest(run, seen)
    assert told.status == 1
    assert told.result(cut) == "failed"
    lab.on(cut)
    again = up(lab, "dev", "--servers", "3")
    assert again.status == 0, again.text
    nodes = kubernetes_nodes(lab, "sugarkube0")
    assert sorted(nodes) == ["sugarkube0", "sugarkube1", "sugarkube2"]
    assert all(is_ready(node) for node in nodes.values())
    for name in lab.names:
        assert lab.root(name, "systemctl is-enabled k3s").strip() == "enabled"


def test_a_stop_is_immediate_and_safe(lab_factory: LabFactory, k3s_dir: Path) -> None:
    lab = lab_factory(2, name="stop", web=k3s_dir)
    run = start_up(lab, "dev", "--servers", "1")
    seen = read_until(run, "action_started", node="sugarkube1", step="packages")
    began = time.monotonic()
    lab.kill(run, signal.SIGINT)
    told = rest(run, seen)
    assert time.monotonic() - began < 15
    assert told.status == 130
    assert {event["result"] for event in told.of("node_finished")} == {"stopped"}
    for name in lab.names:
        assert lab.root(name, "find / -xdev -name '.sugarkube.*' 2>/dev/null") == ""
    again = up(lab, "dev", "--servers", "1")
    assert again.status == 0, again.text


def test_without_internet_a_release_directory_does(lab_factory: LabFactory, k3s_dir: Path) -> None:
    lab = lab_factory(2, name="airgap", memory_cgroup=True)
    told = up(lab, "dev", "--servers", "1", "--airgap", str(k3s_dir))
    assert told.status == 0, told.text
    again = up(lab, "dev", "--servers", "1", "--airgap", str(k3s_dir))
    assert again.actions == []


def test_without_internet_and_without_a_release_the_node_is_told(lab_factory: LabFactory) -> None:
    lab = lab_factory(1, name="offline", memory_cgroup=True)
    told = up(lab, "dev")
    assert told.status == 1
    evidence = told.of("node_finished", "sugarkube0")[-1]["evidence"]
    assert "get.k3s.io" in " ".join((evidence["why"], *evidence["lines"]))
    assert evidence["remedy"]


def test_a_full_disk_is_refused_before_anything_changes(lab_factory: LabFactory) -> None:
    lab = lab_factory(1, name="full")
    before = lab.root("sugarkube0", "sha256sum /boot/firmware/cmdline.txt")
    lab.root(
        "sugarkube0",
        "mount -t tmpfs -o size=5m full /boot/firmware; echo 'root=x' >/boot/firmware/cmdline.txt; "
        "dd if=/dev/zero of=/boot/firmware/fill bs=1k count=9000 2>/dev/null",
        check=False,
    )
    told = up(lab, "dev")
    assert told.status == 1
    assert "No space left" in told.text
    assert "the disk is full" in told.text
    assert lab.root("sugarkube0", "cat /boot/firmware/cmdline.txt").strip() == "root=x"
    assert lab.root("sugarkube0", "ls -A /boot/firmware").split() == ["cmdline.txt", "fill"]
    lab.root("sugarkube0", "umount /boot/firmware")
    assert lab.root("sugarkube0", "sha256sum /boot/firmware/cmdline.txt") == before
    assert plan(lab, "dev").returncode == 0
