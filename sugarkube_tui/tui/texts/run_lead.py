"""The run in one line, and one node in one row."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.run import Phase, Run
from sugarkube_tui.tui.texts import node_words
from sugarkube_tui.tui.words import Mood

NAME_WIDTH = 18
ROLE_WIDTH = 12
ROLE_FROM = 76
"""Cells of the list from which the role is shown there; a node's pane has it always."""


def lead(run: Run, again: str, *, asks_elsewhere: bool) -> Content:
    """How far the run is, and what it wants.

    Args:
        again: the key that runs it again.
        asks_elsewhere: a question is not in sight, and Enter goes to it.
    """
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
        parts.append(words.state(Mood.OPEN, f"{asks} (Enter)" if asks_elsewhere else asks))
    match run.phase:
        case Phase.STOPPING:
            parts.append(words.state(Mood.WARN, "stopping …"))
        case Phase.STOPPED:
            parts.append(words.state(Mood.WARN, f"stopped: {again} runs again"))
        case Phase.DONE:
            parts.append(words.state(Mood.GOOD, "done: Enter verifies"))
        case Phase.FAILED:
            parts.append(words.state(Mood.BAD, f"not finished: {again} runs again"))
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


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells for a node's name and state in the list, and whether its role has room there, too."""

    name: int
    state: int
    role: bool

    @classmethod
    def of(cls, run: Run, width: int) -> Columns:
        """As narrow as the nodes allow, so that what happens on them has the rest of `width` cells."""
        nodes = run.board.nodes.values()
        names = max((cell_len(node.name) for node in nodes), default=4)
        states = max((node_words.state_of(node, run.phase).cell_length for node in nodes), default=4)
        return cls(min(NAME_WIDTH, names), states, width >= ROLE_FROM)


def row(number: int, node: NodeBoard, run: Run, here: bool, columns: Columns) -> Content:
    """A node in the list.

    Args:
        number: from 1.
        here: its pane is the current one.
    """
    name = Content.assemble((node.name, "bold" if here else ""))
    role = [words.muted(node.role).truncate(ROLE_WIDTH, pad=True)] if columns.role else []
    return Content("  ").join(
        [
            Content.assemble(("▸" if here else " ", "$text-accent"), f"{number if number < 10 else ' '}"),
            name.truncate(columns.name, ellipsis=True, pad=True),
            node_words.state_of(node, run.phase).truncate(columns.state, pad=True),
            *role,
            words.plain(node_words.short(node, run.seconds)),
        ]
    )
