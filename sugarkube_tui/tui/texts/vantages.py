"""Who hears whom: the workstation and every node, what Kubernetes says of them, and how fast the LAN is."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.cluster.timing import Pace, judge_round
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.engine.proof import Proof, VantageProof
from sugarkube_tui.tui import words
from sugarkube_tui.tui.words import Mood

WIDTHS = (6, 10, 6, 12)
"""Cells of servers heard, state, role and version."""
NAMES = (11, 16)
"""Cells of the name: at least, so that all fits half of 120 columns, and at most."""
WORKSTATION = "workstation"


def round_of(proof: Proof | None) -> str:
    """`round 143 ms, quiet`; empty when no round has heard all."""
    if proof is None or proof.ms_elapsed is None:
        return ""
    pace = judge_round(proof.ms_elapsed).pace
    sign = "" if pace is Pace.QUIET else f"{Mood.WARN.glyph} "
    return f"{sign}round {words.ms(proof.ms_elapsed)}, {pace.value}"


def lines(proof: Proof | None) -> list[Content]:
    """What is wrong with hearing, then one row for each vantage."""
    if proof is None:
        return [words.muted("asking …")]
    vantages = {vantage.name: vantage for vantage in proof.vantages}
    nodes = {node.name: node for node in proof.nodes}
    names = sorted(vantages | nodes, key=natural)
    least, most = NAMES
    width = min(most, max(least, *map(len, names))) if names else least
    heard_here = {server.host for server in proof.expected if server.seen}
    parts = [*_pace(proof), *_diagnosis(proof)]
    parts.append(_aligned(width, *map(words.muted, ("Vantage", "Hears", "State", "Role", "Version"))))
    parts.append(_aligned(width, words.strong(WORKSTATION), _count(proof, heard_here)))
    for name in names:
        parts.append(_row(width, name, _hears(proof, vantages.get(name)), nodes.get(name)))
    if not nodes:
        parts.append(words.muted("Kubernetes could not be asked for its nodes"))
    return [*parts, *_missed(proof)]


def _pace(proof: Proof) -> list[Content]:
    if proof.ms_elapsed is None:
        return []
    judgement = judge_round(proof.ms_elapsed)
    if not judgement.points_to:
        return []
    took = f"round {words.ms(proof.ms_elapsed)}, {judgement.pace.value}: {judgement.points_to}"
    return [words.state(Mood.WARN, took)]


def _diagnosis(proof: Proof) -> list[Content]:
    found = proof.diagnosis
    if not found.what:
        return []
    return [words.state(Mood.BAD, found.what), *map(words.remedy, found.causes)]


def _hears(proof: Proof, vantage: VantageProof | None) -> str:
    return "?" if vantage is None or vantage.problem else _count(proof, set(vantage.heard))


def _count(proof: Proof, heard: set[str]) -> str:
    expected = {server.host for server in proof.expected}
    return f"{len(heard & expected)} of {proof.must_be}"


def _row(width: int, name: str, hears: str, node: KubeNode | None) -> Content:
    if node is None:
        return _aligned(width, words.strong(name), hears)
    state = words.state(Mood.GOOD if node.state == "Ready" else Mood.BAD, node.state)
    role = "server" if "control-plane" in node.roles else "agent"
    return _aligned(width, words.strong(name), hears, state, role, words.muted(node.version))


def _aligned(name_width: int, *cells: Content | str) -> Content:
    contents = [cell if isinstance(cell, Content) else words.plain(cell) for cell in cells]
    widths = (name_width, *WIDTHS)
    padded = [
        cell.truncate(width, ellipsis=True, pad=True) for cell, width in zip(contents, widths, strict=False)
    ]
    return Content("  ").join(padded)


def _missed(proof: Proof) -> list[Content]:
    """Which servers a vantage does not hear, and why one was not asked."""
    expected = {server.host for server in proof.expected}
    parts = []
    for vantage in proof.vantages:
        missed = ", ".join(words.short(host) for host in sorted(expected - set(vantage.heard), key=natural))
        if vantage.problem:
            parts.append(words.state(Mood.OPEN, f"{vantage.name} was not asked: {vantage.problem}"))
        elif missed:
            parts.append(words.state(Mood.BAD, f"{vantage.name} does not hear {missed}"))
    return parts
