"""Nodes must be told apart: by host name, machine id and SSH host key (contract §3.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from sugarkube_tui.cluster.facts import AccessFacts
from sugarkube_tui.cluster.plan import Problem

_RENAME = (
    "rename it before k3s is installed: sudo hostnamectl set-hostname NAME; "
    "sudo sed -i 's/^127.0.1.1.*/127.0.1.1 NAME/' /etc/hosts; sudo systemctl restart avahi-daemon"
)
_NEW_MACHINE_ID = (
    "cloned SD cards share it: sudo rm /etc/machine-id /var/lib/dbus/machine-id; "
    "sudo systemd-machine-id-setup; sudo reboot"
)
_NEW_HOST_KEY = "cloned SD cards share it: sudo rm /etc/ssh/ssh_host_*; sudo dpkg-reconfigure openssh-server"


def identity_problems(nodes: Mapping[str, AccessFacts]) -> dict[str, tuple[Problem, ...]]:
    """What keeps nodes from being told apart, by node name; nodes without trouble are left out.

    The same node chosen twice, under two names, is found by its boot id.
    """
    found: dict[str, list[Problem]] = defaultdict(list)
    twice = _shared(nodes, lambda facts: facts.boot_id)
    for boot_id, names in twice.items():
        for name in names:
            others = ", ".join(other for other in names if other != name)
            what = f"this is the same node as {others}"
            found[name].append(Problem(what, "choose it once", why=f"boot id {boot_id}"))
    same_node = {name for names in twice.values() for name in names}
    checks: tuple[tuple[str, str, Callable[[AccessFacts], str]], ...] = (
        ("host name", _RENAME, lambda facts: facts.hostname),
        ("machine id", _NEW_MACHINE_ID, lambda facts: facts.machine_id),
        ("SSH host key", _NEW_HOST_KEY, lambda facts: facts.host_key),
    )
    for what, remedy, value_of in checks:
        for value, names in _shared(nodes, value_of).items():
            for name in names:
                if name in same_node:
                    continue
                others = ", ".join(other for other in names if other != name)
                found[name].append(
                    Problem(f"it has the same {what} as {others}", remedy, why=f"{what} {value}")
                )
    return {name: tuple(problems) for name, problems in found.items()}


def _shared(nodes: Mapping[str, AccessFacts], value_of: Callable[[AccessFacts], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, facts in nodes.items():
        if value := value_of(facts):
            groups[value].append(name)
    return {value: names for value, names in groups.items() if len(names) > 1}
