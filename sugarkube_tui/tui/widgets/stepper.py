"""The line at the top: where you are, what is answered and what is missing, and on the right what goes on."""

from __future__ import annotations

from collections.abc import Container, Mapping

from textual.content import Content
from textual.widgets import Static

from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.progress import Mark
from sugarkube_tui.tui.words import MUTED

BRAND = "sugarkube"
SPACINGS = (("  ", " "), (" ", ""), ("", ""))
"""Between stages, and between sign and name: the widest that fits is taken."""
GAP = 2
STATUS_LEAST = 8
"""Cells of what goes on that are worth showing where not even the shortest line leaves room for it."""
ALL = tuple(Mark)
UNANSWERED = (Mark.HERE, Mark.OPEN, Mark.MISSING)
STYLES = {
    Mark.DONE: "$text-success",
    Mark.HERE: "bold underline $text-primary",
    Mark.OPEN: MUTED,
    Mark.MISSING: "bold $text-warning",
}


class Stepper(Static):
    """`✔ Scan  ▶ Access  · Environment …`, as much of it as fits."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(markup=False)
        self.stage = stage
        self._status: Content = Content("")
        self._marks: Mapping[Stage, Mark] = {}

    def show(self, status: Content, marks: Mapping[Stage, Mark]) -> None:
        """Show what goes on, and how it stands with all stages."""
        if (status, marks) != (self._status, self._marks):
            self._status, self._marks = status, marks
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.content_size.width
        if not self._marks or width <= 0:
            return
        status = self._status
        beside = status.cell_length + GAP if status.cell_length else 0
        trails = [*(self._trail(*spacing) for spacing in SPACINGS), self._trail(" ", "", named=UNANSWERED)]
        trail = next((trail for trail in trails if trail.cell_length + beside <= width), self._here())
        brand = f"{BRAND}   "
        if trail in trails and trail.cell_length + len(brand) + beside <= width:
            trail = Content.assemble((brand, "bold $text-accent"), trail)
        room = width - trail.cell_length - GAP
        if status.cell_length and room >= min(status.cell_length, STATUS_LEAST):
            status = status.truncate(room, ellipsis=True)
            gap = width - trail.cell_length - status.cell_length
            trail = Content.assemble(trail, " " * gap, status)
        self.update(trail, layout=False)

    def _trail(self, between: str, after_sign: str, named: Container[Mark] = ALL) -> Content:
        """All stages; those whose mark is not among `named` have only that."""
        return Content(between).join(
            Content.assemble(
                (f"{mark.value}{after_sign}{stage.value}" if mark in named else mark.value, STYLES[mark])
            )
            for stage, mark in self._marks.items()
        )

    def _here(self) -> Content:
        """Where there is no room for all: the place alone, and what is missing before it."""
        missing = [stage.value for stage, mark in self._marks.items() if mark is Mark.MISSING]
        here = f"{self.stage.number} of {len(Stage)}  {self.stage}"
        told = f"   {Mark.MISSING.value} {', '.join(missing)}" if missing else ""
        return Content.assemble(
            (f"{BRAND}  ", MUTED), (here, STYLES[Mark.HERE]), (told, STYLES[Mark.MISSING])
        )
