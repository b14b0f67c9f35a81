"""The line at the top: where you are, and on the right what is going on."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.words import MUTED

BRAND = "sugarkube"


class Stepper(Static):
    """`Scan › Access › …`, as much of it as fits."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(markup=False)
        self.stage = stage
        self._status: Content = Content("")

    def show_status(self, status: Content) -> None:
        if status != self._status:
            self._status = status
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.content_size.width
        needed = self._status.cell_length + 2 if self._status.cell_length else 0
        trail = self._trail(" › ")
        if trail.cell_length + needed > width:
            trail = self._trail("›")
        if trail.cell_length + needed > width:
            here = f"{self.stage.number} of {len(Stage)}  {self.stage}"
            trail = Content.assemble((f"{BRAND}  ", MUTED), (here, "bold $text-primary"))
        elif trail.cell_length + needed + len(BRAND) + 3 <= width:
            trail = Content.assemble((f"{BRAND}   ", "bold $text-accent"), trail)
        gap = width - trail.cell_length - self._status.cell_length
        if gap >= 2:
            trail = Content.assemble(trail, " " * gap, self._status)
        self.update(trail)

    def _trail(self, separator: str) -> Content:
        parts = []
        for stage in Stage:
            if stage is self.stage:
                parts.append(Content.assemble((stage.value, "bold underline $text-primary")))
            elif stage.number < self.stage.number:
                parts.append(Content.assemble((stage.value, "$text-success")))
            else:
                parts.append(Content.assemble((stage.value, MUTED)))
        return Content.assemble((separator, MUTED)).join(parts)
