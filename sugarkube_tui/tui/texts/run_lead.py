"""The run in one line, and one node in one row."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.run import Phase, Run
from sugarkube_tui.tui.texts import node_words
from sugarkube_tui.tui.words import Mood


def lead(run: Run) -> Content:
    """How far the run is, and what it wants."""
    nodes = list(run.board.nodes.values())
    ready = sum(node.reached for node in nodes)
    failed = sum(node.result in (Result.FAILED, Result.SKIPPED) for node in nodes)
    parts = [
        words.strong(run.board.environment),
        Content.assemble(
            (f"{ready}/{len(nodes)} nodes ready", "$text-success" if ready == len(nodes) else "")
        ),
    ]
    if failed:
        parts.append(words.state(Mood.BAD, f"{failed} failed"))
    if run.asking:
        asks = f"{len(run.asking)} asks" if len(run.asking) == 1 else f"{len(run.asking)} ask"
        parts.append(words.state(Mood.OPEN, f"{asks}: Enter goes there"))
    match run.phase:
        case Phase.STOPPING:
            parts.append(words.state(Mood.WARN, "stopping …"))
        case Phase.STOPPED:
            parts.append(words.state(Mood.WARN, "stopped: r runs again"))
        case Phase.DONE:
            parts.append(words.state(Mood.GOOD, "done: Enter verifies"))
        case Phase.FAILED:
            parts.append(words.state(Mood.BAD, "not finished: r runs again"))
        case _:
            parts.append(_remaining(run))
    return Content("   ").join(parts)


def _remaining(run: Run) -> Content:
    """How long it will still take, and from where that is known."""
    if not any(node.role for node in run.board.nodes.values()):
        return words.muted("reading the nodes")
    left = run.remaining()
    if run.asking:
        return words.muted(f"then about {words.roughly(left.seconds)}")
    return Content.assemble(f"about {words.roughly(left.seconds)} left", (f", {left.basis}", words.MUTED))


def row(number: int, node: NodeBoard, run: Run, here: bool, width: int) -> Content:
    """A node in the list.

    Args:
        number: from 1.
        here: its pane is the current one.
        width: cells for the name.
    """
    return Content("  ").join(
        [
            Content.assemble(("▸" if here else " ", "$text-accent"), f"{number if number < 10 else ' '}"),
            Content.assemble((node.name, "bold" if here else "")).truncate(width, ellipsis=True, pad=True),
            node_words.state_of(node, run.phase).truncate(15, pad=True),
            words.muted(node.role).truncate(12, pad=True),
            words.plain(node_words.short(node, run.seconds)),
        ]
    )
