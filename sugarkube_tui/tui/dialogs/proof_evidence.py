"""The evidence for one rung: the records, the certificate, or the commands and what they said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.engine.proof import Check
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.state.looks import Change
from sugarkube_tui.tui.texts import ladder
from sugarkube_tui.tui.widgets.pane import Pane


class ProofEvidence(Dialog[None]):
    """What was seen when it was opened; the looks go on behind it.

    Args:
        change: what became of the rung in the last look; None when nothing did.
    """

    KEY_GROUP = "Evidence"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, check: Check, change: Change | None) -> None:
        super().__init__()
        self._check, self._change = check, change

    def heading(self) -> Content:
        return words.plain(f"{self._check.rung.value}: {self._check.host}")

    def body(self) -> Iterable[Widget]:
        yield Pane("", "evidence")
        yield Static("↑ ↓ scroll   Esc closes", classes="hint")

    def on_mount(self) -> None:
        pane = self.query_one(Pane)
        pane.show(_parts(self._check, self._change))
        pane.focus()

    def action_close(self) -> None:
        self.dismiss(None)


def _parts(check: Check, change: Change | None) -> list[Content]:
    mood = ladder.MOODS[check.held]
    took = f"   {words.ms(check.ms)}" if check.ms is not None else ""
    parts = [Content.assemble(words.state(mood, check.held.value), words.muted(took))]
    if change is not None:
        parts.append(ladder.change_line(change))
    if check.seen:
        parts.append(words.plain(check.seen))
    if check.remedy:
        parts.append(words.remedy(check.remedy))
    parts.append(Content(""))
    parts += [words.muted(line) if line.startswith("$ ") else words.plain(line) for line in check.evidence]
    return parts if check.evidence else [*parts, words.muted("nothing more was recorded")]
