"""Surveys, runs and proofs as plain text lines, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sugarkube_tui.cli.settled_by import TROUBLES
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.findings import ApiLook, ApiLooks, Finding
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import LAYER_TITLES
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.cluster.timing import judge_round
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.engine.board import Board, evidence_lines
from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Answered,
    Asked,
    Event,
    NodeConnected,
    NodeFinished,
    RoleAssigned,
    RunFinished,
    RunStarted,
    Spent,
    StepFinished,
    Waiting,
    Warned,
)
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.proof import Check, Held, Proof

GLYPHS = {
    Result.OK: "✔",
    Result.CHANGED: "✔",
    Result.SKIPPED: "–",
    Result.WARNED: "▲",
    Result.FAILED: "✖",
    Result.STOPPED: "■",
}
_HELD = {Held.YES: "✔", Held.NO: "✖", Held.UNKNOWN: "?"}


def error_lines(error: SugarkubeError) -> list[str]:
    """An error for a terminal: what it quotes may come from a file that somebody else wrote."""
    lines = [clean_line(line) for line in str(error).split("\n")]
    return [f"{'✖' if number == 0 else ' '} {line}" for number, line in enumerate(lines)]


def survey_lines(survey: Survey, apis: ApiLooks, found: Sequence[Finding]) -> Iterator[str]:
    """Hosts with their evidence, adverts by environment, and what is to be known of them."""
    if not survey.hosts:
        yield "nothing was found"
    width = max((len(host.name) for host in survey.hosts), default=0)
    for host in survey.hosts:
        pi = "Pi" if host.pi_reasons else "–"
        evidence = "; ".join(dict.fromkeys(evidence.what for evidence in host.evidence))
        yield f"{host.name:<{width}}  {host.address:<15}  {pi}  {evidence}"
    adverts = survey.adverts
    yield ""
    yield f"k3s adverts: {len(adverts)}"
    for advert in adverts:
        look = apis.get((advert.host, advert.port), ApiLook())
        api = f"answers, CA {short_hash(look.ca_hash)}" if look.ca_hash else look.answer.value
        where = f"{advert.host}:{advert.port}"
        yield f"  {advert.environment}  {where}  {advert.role or 'no role'}  {api}"
    for finding in found:
        yield f"{'✖' if finding.serious else '▲'} {finding.what}"
        yield f"  → {finding.remedy}"
    yield ""
    for told in survey.layers.values():
        took = "" if told.ms is None else f" in {told.ms:.0f} ms"
        note = f"; {told.note}" if told.note else ""
        yield f"{LAYER_TITLES[told.layer]}: {told.counted}{took}{note}"


WAIT_AGAIN_S = 10.0
"""Seconds after which a wait that goes on is told again, if something else was seen meanwhile."""


class EventLines:
    """A run's events as lines; waits are told when they change, not each second."""

    def __init__(self) -> None:
        self._waits: dict[str, Waiting] = {}

    def of(self, event: Event) -> Iterator[str]:
        match event:
            case RunStarted():
                if event.log_directory:
                    yield f"logs: {event.log_directory}"
            case RunFinished():
                yield ""
                yield f"{GLYPHS[event.result]} {event.what} ({event.at:.0f} s)"
                if event.remedy:
                    yield f"  → {event.remedy}"
            case NodeFinished():
                self._waits.pop(event.node, None)
                yield self._head(event.at, event.node, f"{GLYPHS[event.result]} {event.result}")
                if event.evidence is not None:
                    yield from (f"        {line}" for line in evidence_lines(event.evidence, TROUBLES))
            case NodeConnected():
                yield self._head(event.at, event.node, f"connected: {event.model}, {event.address}")
                if event.first_contact:
                    yield self._head(event.at, event.node, f"  new host key, pinned now: {event.host_key}")
            case RoleAssigned():
                yield self._head(event.at, event.node, f"{event.role} ({event.reason})")
            case StepFinished():
                yield self._head(
                    event.at, event.node, f"{GLYPHS[event.result]} {event.title}: {event.result}"
                )
            case ActionStarted():
                yield self._head(event.at, event.node, f"▶ {event.title}")
            case ActionFinished():
                self._waits.pop(event.node, None)
                yield self._head(event.at, event.node, f"  done in {event.ms / 1000:.1f} s")
            case Waiting():
                told = self._waits.get(event.node)
                if told is None or told.what != event.what or _is_news(told, event):
                    self._waits[event.node] = event
                    limit = f", until {event.until:.0f} s" if event.until is not None else ""
                    yield self._head(event.at, event.node, f"◷ {event.what}{limit} (seen: {event.seen})")
            case Asked():
                self._waits.pop(event.node, None)
                yield self._head(event.at, event.node, f"? asks about {event.title}: {event.evidence.what}")
            case Answered():
                yield self._head(event.at, event.node, f"→ {event.answer}")
            case Warned():
                yield self._head(event.at, event.node, f"▲ {event.what}")
                yield f"        → {event.remedy}"
            case _:
                return

    @staticmethod
    def _head(at: float, node: str, text: str) -> str:
        return f"{at:7.1f}  {node:<14} {text}"


def _is_news(told: Waiting, event: Waiting) -> bool:
    return event.seen != told.seen and event.at - told.at >= WAIT_AGAIN_S


def time_lines(board: Board) -> Iterator[str]:
    """Where the time went, node by node."""
    nodes = [node for node in board.nodes.values() if node.spent]
    if not nodes:
        return
    width = max(len(node.name) for node in nodes)
    yield ""
    yield f"{'':<{width}}  {'result':<8} {'actions':>7} {'reboots':>7}  where the time went"
    for node in nodes:
        total = sum(node.spent.values()) or 1.0
        seconds = {kind.value: node.spent.get(kind.value, 0.0) for kind in Spent}
        spent = ", ".join(f"{kind} {value:.1f} s ({value / total:.0%})" for kind, value in seconds.items())
        yield f"{node.name:<{width}}  {node.result or '':<8} {node.actions:>7} {node.reboots:>7}  {spent}"


def check_line(check: Check) -> str:
    ms = "" if check.ms is None else f"{check.ms:6.0f} ms"
    return f"{_HELD[check.held]} {check.host:<22} {check.rung:<18} {ms:>9}  {check.seen}"


def proof_lines(proof: Proof) -> Iterator[str]:
    """Every server's ladder, the nodes, who hears whom, and the verdict."""
    for server in proof.servers:
        for check in server.checks:
            yield check_line(check)
            if check.remedy:
                yield f"    → {check.remedy}"
        if not server.ok:
            yield f"✖ {server.host}: {server.verdict}{'' if server.expected else ' (nobody expects it)'}"
    for node in proof.nodes:
        glyph = "✔" if node.state == "Ready" else "✖"
        roles = ", ".join(node.roles) or "agent"
        yield f"{glyph} {node.name:<22} {node.state:<18} {roles}  {node.version}"
    for vantage in proof.vantages:
        hears = ", ".join(host.removesuffix(".local") for host in vantage.heard) or "nobody"
        yield (
            f"  {vantage.name} hears {hears}"
            if not vantage.problem
            else (f"▲ {vantage.name} could not be asked: {vantage.problem}")
        )
    if proof.diagnosis.what:
        yield f"▲ {proof.diagnosis.what}"
        yield from (f"  · {cause}" for cause in proof.diagnosis.causes)
    yield from (f"▲ {line}" for line in proof.problem.splitlines())
    verdict = "✔ proved" if proof.ok else "✖ not proved"
    yield f"{verdict}: {proof.environment}, {proof.seen} of {proof.must_be} servers seen{_pace(proof)}"


def _pace(proof: Proof) -> str:
    if proof.ms_elapsed is None:
        return ""
    judgement = judge_round(proof.ms_elapsed)
    points_to = f": {judgement.points_to}" if judgement.points_to else ""
    return f", ms_elapsed={proof.ms_elapsed:.0f} ({judgement.pace}{points_to})"
