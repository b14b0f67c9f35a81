"""Who the node is, and whether k3s can run there at all (contract §15 step 1, §6.6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sugarkube_tui.cluster.actions import Action
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import AccessFacts, Interface, NodeFacts
from sugarkube_tui.cluster.fitness import Doubt, doubts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.cluster.release import RELEASE_SUFFIXES
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.steps.base import Answers, Stage, Step, number

MINIMUM_FREE_MB = 1_000
"""MiB on the root file system: the binary, its unpacked data and the first images (estimate)."""

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_VIRTUAL = ("lo", "docker", "br-", "cni", "flannel", "veth", "tailscale", "wg", "virbr", "kube")

PROBE = r"""
fact hostname "$(cat /proc/sys/kernel/hostname)"
for file in /sys/firmware/devicetree/base/model /proc/device-tree/model /sys/class/dmi/id/product_name; do
  [ -r "$file" ] && fact model "$(tr -d '\000' <"$file")" && break
done
fact os_name "$(. /etc/os-release && printf '%s' "$PRETTY_NAME")"
fact architecture "$(uname -m)"
fact memory_kb "$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)"
fact free_mb "$(df -Pm /var | awk 'NR == 2 {print $4}')"
fact root_device "$(findmnt -no SOURCE /)"
fact boot_id "$(cat /proc/sys/kernel/random/boot_id)"
fact machine_id "$(cat /etc/machine-id)"
fact interfaces "$(ip -j addr show up)"
command -v systemctl >/dev/null && fact systemd yes
"""


def read(answers: Answers) -> AccessFacts:
    interfaces = _interfaces(answers.get("interfaces", ""))
    address = answers.get("address", "")
    if not any(address in one.addresses for one in interfaces):
        # Behind a jump host or NAT our own view of the address is not the node's.
        address = next((one.addresses[0] for one in interfaces), address)
    return AccessFacts(
        hostname=clean_line(answers.get("hostname", ""), 64).strip().lower(),
        model=clean_line(answers.get("model", ""), 80).strip(),
        os_name=clean_line(answers.get("os_name", ""), 80).strip(),
        architecture=clean_line(answers.get("architecture", ""), 20).strip(),
        memory_mb=int((number(answers.get("memory_kb")) or 0) / 1024),
        free_mb=int(number(answers.get("free_mb")) or 0),
        root_device=clean_line(answers.get("root_device", ""), 80).strip(),
        boot_id=clean_line(answers.get("boot_id", ""), 64).strip(),
        machine_id=clean_line(answers.get("machine_id", ""), 64).strip(),
        address=address,
        interfaces=interfaces,
        host_key=answers.get("host_key", ""),
        first_contact="first_contact" in answers,
    )


def _interfaces(text: str) -> tuple[Interface, ...]:
    try:
        entries: list[dict[str, Any]] = json.loads(text)
        found = [
            Interface(
                clean_line(str(entry["ifname"]), 16),
                clean_line(str(entry.get("address", "")), 20).lower(),
                tuple(
                    clean_line(str(info["local"]), 40)
                    for info in entry.get("addr_info", ())
                    if info.get("family") == "inet" and info.get("scope") == "global"
                ),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()
    return tuple(one for one in found if one.addresses and not one.name.startswith(_VIRTUAL))


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    access = facts.access
    if access.architecture not in RELEASE_SUFFIXES:
        yield Problem(
            f"k3s has no build for this processor ({access.architecture or 'unknown'})",
            "use a Pi 3, 4, 5 or Zero 2 with a 64-bit system",
        )
    if access.free_mb < MINIMUM_FREE_MB and not goal.kept:
        yield Problem(
            f"the root file system has only {access.free_mb} MiB free",
            f"free {MINIMUM_FREE_MB} MiB: sudo apt-get clean; sudo journalctl --vacuum-size=50M; df -h /",
        )
    if not _HOSTNAME.fullmatch(access.hostname) or access.hostname == "localhost":
        yield Problem(
            f"the host name {access.hostname!r} does not do for a Kubernetes node",
            "give it one of letters, digits and inner dashes, without a domain: "
            "sudo hostnamectl set-hostname sugarkube0",
        )
    if goal.role.is_server and not goal.kept:
        for doubt in doubts(access, embedded_etcd=goal.embedded_etcd):
            yield _warning(doubt, access)


def _warning(doubt: Doubt, access: AccessFacts) -> Problem:
    match doubt:
        case Doubt.LITTLE_MEMORY:
            return Problem(
                f"{access.memory_mb} MiB of memory is little for a server",
                "k3s asks for 2 GB on servers; make this node an agent if it swaps",
                Severity.WARNING,
            )
        case Doubt.SD_CARD:
            return Problem(
                "etcd on an SD card wears it out and loses elections when it is slow",
                "boot servers from NVMe or SSD",
                Severity.WARNING,
                why=f"the root file system is on {access.root_device}",
            )


STEP = Step("access", "Access and facts", Stage.PREPARE, PROBE, decide)
