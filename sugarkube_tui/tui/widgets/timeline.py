"""The timeline: a row for each node, a column for each stretch of time, and what was waited for."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sugarkube_tui.engine import timeline
from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.run import Run
from sugarkube_tui.tui.texts import node_words
from sugarkube_tui.tui.widgets.fixed import Fixed
from sugarkube_tui.tui.widgets.live_rows import LiveRows

LETTERS = {
    Spent.REMOTE: ("w", "work", "$text-success on $success-tint"),
    Spent.REBOOT: ("R", "reboot", "bold $text-accent on $accent-tint"),
    Spent.WAITING: (".", "waits for others", words.MUTED),
    Spent.ASKING: ("?", "asks you", "bold $text-warning on $warning-tint"),
    Spent.OVERHEAD: ("o", "overhead", "$text-primary on $primary-tint"),
}
"""How each kind is drawn: its letter tells it from the others without colour."""
NAME_WIDTH = 16
MARK_EVERY = 10
"""Cells between two marks of the time scale."""


class Timeline(Vertical):
    """Draws all nodes' tracks on one time scale; the current node's are told in words below."""

    def compose(self) -> ComposeResult:
        yield Fixed(widget_id="scale")
        yield LiveRows("tracks", can_focus=True)
        yield Fixed(widget_id="told")
        yield Static(legend(), id="legend", markup=False)

    def show(self, run: Run, current: int) -> None:
        """Draw the run's present state.

        Args:
            current: number of the current node, from 0.
        """
        rows = self.query_one(LiveRows)
        nodes = list(run.board.nodes.values())
        width = rows.scrollable_content_region.width
        if not nodes or width <= 0:
            return
        name_width = min(NAME_WIDTH, max(len(node.name) for node in nodes))
        room = max(1, width - name_width - 4)
        per_cell = timeline.scale(run.seconds, room)
        self.query_one("#scale", Fixed).show(_scale(per_cell, room, name_width + 4))
        rows.show(
            len(nodes),
            lambda index: _row(nodes[index], index == current, name_width, per_cell, run.seconds),
            current,
        )
        self.query_one("#told", Fixed).show(told(nodes[current], run))

    def focus_rows(self) -> None:
        self.query_one(LiveRows).focus()


def _row(node: NodeBoard, here: bool, name_width: int, per_cell: float, now: float) -> Content:
    drawn: list[tuple[str, str]] = []
    for kind in timeline.cells(node.track.spans, per_cell, now):
        letter, _, style = LETTERS[kind]
        if drawn and drawn[-1][1] == style:
            drawn[-1] = (drawn[-1][0] + letter, style)
        else:
            drawn.append((letter, style))
    end = words.MOOD_OF_RESULT[node.result].glyph if node.result is not None else ""
    return Content.assemble(
        ("▸ " if here else "  ", "$text-accent"),
        Content.assemble((node.name, "bold" if here else "")).truncate(name_width, ellipsis=True, pad=True),
        " ",
        *drawn,
        end,
    )


def _scale(per_cell: float, room: int, indent: int) -> Content:
    marks = []
    for cell in range(0, room, MARK_EVERY):
        mark = f"|{words.elapsed(cell * per_cell)}"
        marks.append((mark if cell + len(mark) <= room else "").ljust(MARK_EVERY))
    return words.muted(" " * (indent - 1) + "".join(marks))


def legend() -> Content:
    """The letters and what they stand for."""
    return Content("  ").join(
        Content.assemble((f" {letter} ", style), f" {meaning}") for letter, meaning, style in LETTERS.values()
    )


def told(node: NodeBoard, run: Run) -> Content:
    """Where the node's time went, in words, and whom it waited for."""
    totals = node.track.totals(run.seconds)
    parts = [
        f"{LETTERS[kind][1]} {words.elapsed(seconds)}" for kind, seconds in totals.items() if seconds >= 1
    ]
    waited = node.track.waited_for(run.seconds)
    longest = sorted(waited.items(), key=lambda item: -item[1])[:3]
    whom = ", ".join(f"{name} {words.elapsed(seconds)}" for name, seconds in longest)
    more = f" and {len(waited) - len(longest)} more" if len(waited) > len(longest) else ""
    head = Content.assemble(
        (node.name, "bold"),
        "  ",
        node_words.state_of(node, run.phase),
        (f"  {node.role}", words.MUTED),
        "  ",
        words.plain(node_words.short(node, run.seconds)),
    )
    return words.lines(
        [
            head,
            "; ".join(parts) or "nothing yet",
            f"waited for {whom}{more}" if whom else words.muted("waited for nobody"),
        ]
    )
