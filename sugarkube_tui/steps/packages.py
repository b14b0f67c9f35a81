"""The Debian packages that k3s, name resolution and diagnosis need (contract §3.1)."""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, InstallPackages
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import NodeFacts, PackageFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.steps.base import Answers, Stage, Step

WANTED = (
    "avahi-daemon",
    "avahi-utils",
    "libnss-mdns",
    "libglib2.0-bin",
    "tcpdump",
    "curl",
    "jq",
    "iptables",
)

OPTIONAL = {
    "libglib2.0-bin": "Avahi cannot be asked over D-Bus for diagnosis",
    "libnss-mdns": ".local names do not resolve on this node; k3s does not use them",
    "tcpdump": "verify cannot show this node's mDNS packets",
}
"""Packages that the cluster forms without, and what is missed then."""

PROBE = f"""
command -v apt-get >/dev/null && fact apt yes
fact installed "$(dpkg-query -W -f '${{db:Status-Abbrev}} ${{Package}}\\n' {" ".join(WANTED)})"
"""


def read(answers: Answers) -> PackageFacts:
    installed = {
        line.split()[-1]
        for line in answers.get("installed", "").splitlines()
        if line.startswith(("ii", "hi"))
    }
    return PackageFacts(tuple(name for name in WANTED if name not in installed), "apt" in answers)


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    packages = facts.packages
    if not packages.missing:
        return
    if not packages.apt:
        yield Problem(
            "this system has no apt-get",
            f"use Raspberry Pi OS or Debian, or install by hand: {' '.join(packages.missing)}",
        )
        return
    yield InstallPackages(packages.missing)


def without(facts: NodeFacts, goal: Goal) -> str:
    missing = facts.packages.missing
    if not all(name in OPTIONAL for name in missing):
        return ""
    return "; ".join(OPTIONAL[name] for name in missing)


STEP = Step("packages", "Packages", Stage.PREPARE, PROBE, decide, without)
