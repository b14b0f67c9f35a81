"""`.local` names must resolve on the node, and the node must answer for its own (contract §3.2, §3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, ControlUnit, UnitVerb, WriteFile
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import NodeFacts, ResolutionFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.steps.base import Answers, Stage, Step

NSSWITCH = "/etc/nsswitch.conf"
_HOSTS = re.compile(
    r"^(?P<head>[ \t]*hosts:[ \t]*)(?P<modules>[^#\n]*?)(?P<tail>[ \t]*(#.*)?)$", re.MULTILINE
)
_MDNS = "mdns4_minimal [NOTFOUND=return]"

PROBE = f"""
fact_file nsswitch {NSSWITCH}
fact active "$(systemctl is-active avahi-daemon)"
fact enabled "$(systemctl is-enabled avahi-daemon)"
"""


def read(answers: Answers) -> ResolutionFacts:
    return ResolutionFacts(
        nsswitch=answers.get("nsswitch", ""),
        avahi_active=answers.get("active", "").strip() == "active",
        avahi_enabled=answers.get("enabled", "").strip() == "enabled",
    )


def patched(nsswitch: str) -> str:
    """nsswitch.conf with multicast DNS asked right after `files`; the other modules are kept."""
    match = _HOSTS.search(nsswitch)
    if match is None:
        separator = "" if not nsswitch or nsswitch.endswith("\n") else "\n"
        return f"{nsswitch}{separator}hosts: files {_MDNS} dns\n"
    modules = match["modules"]
    # Whole words: mdns_minimal and mdns4_minimal both do; mdns4 alone comes too late, behind dns.
    if re.search(r"(?<!\S)mdns4?_minimal(?!\S)", modules):
        return nsswitch
    words = modules.split(maxsplit=1)
    if words and words[0] == "files":
        new = " ".join(["files", _MDNS, *words[1:]])
    else:
        new = f"{_MDNS} {modules}".strip()
    return f"{nsswitch[: match.start()]}{match['head']}{new}{match['tail']}{nsswitch[match.end() :]}"


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    resolution = facts.resolution
    new = patched(resolution.nsswitch)
    if new != resolution.nsswitch:
        yield WriteFile(NSSWITCH, new, before=resolution.nsswitch or None, backup=bool(resolution.nsswitch))
    if not (resolution.avahi_active and resolution.avahi_enabled):
        yield ControlUnit(UnitVerb.ENABLE, "avahi-daemon")


def without(facts: NodeFacts, goal: Goal) -> str:
    """A server has to answer for its own name: others find it by that."""
    resolution = facts.resolution
    if goal.role.is_server and not (resolution.avahi_active and resolution.avahi_enabled):
        return ""
    return ".local names may not resolve on this node; k3s does not use them"


STEP = Step("resolution", "Name resolution", Stage.PREPARE, PROBE, decide, without)
