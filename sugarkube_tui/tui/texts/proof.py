"""What a look from outside comes to: the verdict in one line, and the one thing to see to first."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.proof import Proof, Rung, Verdict
from sugarkube_tui.tui import words
from sugarkube_tui.tui.words import Mood


def verdict(environment: Environment, proof: Proof | None) -> Content:
    """Whether the cluster is there, and how much of it was seen.

    Args:
        proof: None while the first look goes on.
    """
    if proof is None:
        return words.state(Mood.BUSY, f"{environment}: looking afresh, from outside …")
    seen = f"{proof.seen} of {words.plural(proof.must_be, 'server')} seen"
    ready = sum(node.state == "Ready" for node in proof.nodes)
    nodes = f"{ready} of {words.plural(len(proof.nodes), 'node')} Ready"
    if proof.ok:
        return words.state(Mood.GOOD, f"{environment} is there: {seen}, {nodes}")
    return words.state(Mood.BAD, f"{environment} is not proved: {seen}, {nodes}")


def trouble_in(proof: Proof) -> Evidence | None:
    """The one thing to see to first."""
    if proof.problem:
        what, _, why = proof.problem.partition("\n")
        return Evidence(what, why)
    if proof.diagnosis.what:
        return Evidence(proof.diagnosis.what, remedy=next(iter(proof.diagnosis.causes), ""))
    foreign = next((one for one in proof.servers if one.verdict is Verdict.OTHER_CLUSTER), None)
    if foreign is not None:
        what = f"{foreign.host} says it serves {proof.environment}, and is another cluster"
        return Evidence(what, remedy=foreign.check(Rung.CA).remedy)
    return None
