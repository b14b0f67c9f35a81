"""Installing k3s with the official installer, without starting it (contract §6.1, §6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, InstallK3s, Upload
from sugarkube_tui.cluster.choices import Airgap, Goal
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.cluster.release import release_name
from sugarkube_tui.steps.base import Stage, Step
from sugarkube_tui.steps.k3s import BINARY, IMAGES_DIRECTORY

INSTALLER = "/run/sugarkube-tui/install.sh"


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    k3s = facts.k3s
    if goal.kept:
        if goal.version and k3s.version and k3s.version != goal.version:
            yield Problem(
                f"k3s {k3s.version} runs here, new nodes get {goal.version}",
                "an upgrade is not part of forming a cluster; keep versions together soon",
                Severity.WARNING,
            )
        return
    if k3s.broken:
        yield Problem(
            f"{BINARY} cannot be run on this node",
            f"it is damaged, or made for another processor than {facts.access.architecture}: "
            f"give the right file, then: sudo rm {BINARY}",
            why=k3s.broken,
        )
        return
    url = goal.join.url if goal.join and not goal.role.is_server else ""
    unit_right = k3s.unit == goal.role.unit and k3s.unit_url == url
    role = goal.role.subcommand
    channel = goal.choices.channel
    if goal.choices.airgap is not None:
        yield from _offline(facts, goal, goal.choices.airgap, url, unit_right)
    elif not (unit_right and k3s.version and k3s.version == (goal.version or k3s.version)):
        yield InstallK3s(role, goal.version, channel, url)


def _offline(
    facts: NodeFacts, goal: Goal, airgap: Airgap, url: str, unit_right: bool
) -> Iterator[Action | Problem]:
    architecture = facts.access.architecture
    binary = airgap.binaries.get(architecture)
    if binary is None:
        yield Problem(
            f"the offline directory has no k3s for this node's processor ({architecture})",
            f"add the release's file for {release_name(architecture)}; it has: {', '.join(airgap.binaries)}",
        )
        return
    if facts.k3s.sha256 != binary.sha256:
        yield Upload(binary.path, BINARY, binary.sha256, binary.size, 0o755)
    images = airgap.images.get(architecture)
    if images is not None and facts.k3s.images.get(images.path.name) != images.size:
        yield Upload(images.path, f"{IMAGES_DIRECTORY}/{images.path.name}", images.sha256, images.size)
    if not unit_right or facts.k3s.sha256 != binary.sha256:
        installer = airgap.installer
        yield Upload(installer.path, INSTALLER, installer.sha256, installer.size, 0o755)
        yield InstallK3s(goal.role.subcommand, None, goal.choices.channel, url, INSTALLER)


STEP = Step("install", "Install k3s", Stage.PREPARE, "", decide)
