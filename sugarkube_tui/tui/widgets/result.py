"""What came of a run: results, failures with their remedy, and where the time went."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.run import Phase, Run
from sugarkube_tui.tui.widgets.node_words import state_of
from sugarkube_tui.tui.words import Mood

HEADS = {
    Spent.REMOTE: "remote",
    Spent.REBOOT: "reboot",
    Spent.WAITING: "waiting",
    Spent.ASKING: "asking",
    Spent.OVERHEAD: "overhead",
}
CELL = 11


def result(run: Run) -> list[Content | str]:
    """The whole, line by line."""
    parts: list[Content | str] = [_verdict(run)]
    finished = run.board.finished
    if finished is not None and finished.remedy:
        parts.append(words.remedy(finished.remedy))
    if run.fault is not None:
        parts += words.evidence(run.fault)
    parts += ["", *_table(run)]
    for node in run.board.nodes.values():
        if node.evidence is not None:
            parts += ["", words.strong(node.name), *words.evidence(node.evidence)]
        for warning in node.warnings:
            parts += ["", words.strong(node.name), words.state(Mood.WARN, warning.what)]
            if warning.remedy:
                parts.append(words.remedy(warning.remedy))
    parts += ["", *_times(run)]
    if run.board.log_directory:
        parts += ["", Content.assemble(("Logs  ", words.MUTED), words.plain(run.board.log_directory))]
    return parts


def _verdict(run: Run) -> Content:
    finished = run.board.finished
    what = finished.what if finished is not None else run.phase.value
    mood = {Phase.DONE: Mood.GOOD, Phase.FAILED: Mood.BAD}.get(run.phase, Mood.WARN)
    return Content.assemble(words.state(mood, what), (f"  in {words.elapsed(run.seconds)}", words.MUTED))


def _table(run: Run) -> list[Content]:
    nodes = list(run.board.nodes.values())
    width = _name_width(nodes)
    rows = [words.muted(f"{'Node':<{width}}  {'Result':<15}  {'Role':<12}  Actions  Reboots     Time")]
    for node in nodes:
        rows.append(
            Content("  ").join(
                [
                    words.strong(node.name).truncate(width, ellipsis=True, pad=True),
                    state_of(node, run.phase).truncate(15, ellipsis=True, pad=True),
                    Content(f"{node.role:<12}"),
                    Content(f"{node.actions:>7}"),
                    Content(f"{node.reboots:>7}"),
                    Content(f"{words.elapsed(run.seconds_of(node)):>7}"),
                ]
            )
        )
    return rows


def _times(run: Run) -> list[Content]:
    nodes = [node for node in run.board.nodes.values() if node.spent]
    if not nodes:
        return []
    width = _name_width(nodes)
    heads = "".join(f"{HEADS[kind]:>{CELL}}" for kind in Spent)
    rows = [words.strong("Where the time went"), words.muted(f"{'Node':<{width}}{heads}")]
    for node in nodes:
        total = sum(node.spent.values()) or 1.0
        cells = "".join(f"{_spent(node.spent.get(kind.value, 0.0), total):>{CELL}}" for kind in Spent)
        rows.append(Content.assemble(words.strong(node.name).truncate(width, ellipsis=True, pad=True), cells))
    return rows


def _spent(seconds: float, total: float) -> str:
    return f"{seconds:.0f} s {seconds / total:4.0%}"


def _name_width(nodes: list[NodeBoard]) -> int:
    return min(16, max((len(node.name) for node in nodes), default=4))
