"""The memory cgroup: k3s does not start without it, and Raspberry Pi OS leaves it off (contract §2)."""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, Reboot, WriteFile
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import BootFacts, NodeFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.steps.base import Answers, Stage, Step

WANTED = ("cgroup_memory=1", "cgroup_enable=memory")
_DISABLE = "cgroup_disable="

PROBE = r"""
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  grep -qw memory /sys/fs/cgroup/cgroup.controllers && fact active yes
elif [ -d /sys/fs/cgroup/memory ] || [ "$(awk '$1 == "memory" {print $4}' /proc/cgroups)" = 1 ]; then
  fact active yes
fi
path=/boot/firmware/cmdline.txt
if [ ! -f "$path" ] && [ -f /boot/cmdline.txt ]; then
  grep -q /boot/firmware/cmdline.txt /boot/cmdline.txt || path=/boot/cmdline.txt
fi
if [ -f "$path" ]; then
  fact path "$path"
  fact_file line "$path"
  [ -w "$path" ] && fact writable yes
fi
fact running "$(cat /proc/cmdline)"
"""


def read(answers: Answers) -> BootFacts:
    return BootFacts(
        active="active" in answers,
        path=answers.get("path", ""),
        line=answers.get("line", ""),
        running=clean_line(answers.get("running", ""), 4096),
        writable="writable" in answers,
    )


def patched(line: str) -> str:
    """The boot line with the memory cgroup on, everything else kept (contract §2.3).

    It is one line whatever it was before: the firmware passes only the first one on.
    """
    tokens = []
    for token in line.replace("\r", " ").split():
        if token.startswith(_DISABLE):
            others = [name for name in token.removeprefix(_DISABLE).split(",") if name != "memory"]
            if not others:
                continue
            token = _DISABLE + ",".join(others)
        tokens.append(token)
    tokens += [token for token in WANTED if token not in tokens]
    return " ".join(tokens) + "\n"


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    boot = facts.boot
    if boot.active:
        return
    if not boot.path:
        yield Problem(
            "the memory cgroup is off and there is no boot line to switch it on in",
            "looked for /boot/firmware/cmdline.txt and /boot/cmdline.txt; "
            "add cgroup_memory=1 cgroup_enable=memory to the kernel's command line by hand and reboot",
        )
        return
    if "root=" not in boot.line:
        yield Problem(
            f"{boot.path} does not look like a boot line",
            "it names no root=; restore it before anything is changed, or the Pi may not boot",
            why=clean_line(boot.line, 200),
        )
        return
    new = patched(boot.line)
    running = boot.running.split()
    if new == boot.line and all(token in running for token in WANTED):
        yield Problem(
            "the memory cgroup is still off although the kernel was told to switch it on",
            "no further reboot will help: update the kernel, and look for cgroup settings in config.txt",
            why=f"/proc/cmdline: {boot.running}",
        )
        return
    if new != boot.line:
        if not boot.writable:
            yield Problem(
                f"{boot.path} cannot be written",
                "its file system is mounted read-only: sudo mount -o remount,rw /boot/firmware",
            )
            return
        yield WriteFile(boot.path, new, mode=0o755, before=boot.line, backup=True)
    yield Reboot("switches the memory cgroup on", facts.access.boot_id)


STEP = Step("boot", "Memory cgroup", Stage.PREPARE, PROBE, decide)
