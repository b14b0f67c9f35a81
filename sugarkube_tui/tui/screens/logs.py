"""What log panes want of the screen that they are in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sugarkube_tui.tui.dialogs.choose_step import ChooseStep
from sugarkube_tui.tui.dialogs.save_file import SaveFile
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.widgets.log_pane import LogPane


class LogScreen(WizardScreen):
    """A screen with logs: copies and saves their lines, and asks which of them are to be shown."""

    def on_log_pane_copy(self, event: LogPane.Copy) -> None:
        if self._has_lines(event.excerpt, "copy"):
            self.wizard.copy(event.excerpt)

    def on_log_pane_save(self, event: LogPane.Save) -> None:
        excerpt = event.excerpt
        if not self._has_lines(excerpt, "save"):
            return
        kept = f"kept in {event.kept_in}" if event.kept_in else "in memory only."
        dialog = SaveFile(
            f"Save {excerpt.told}", f"All of the log is {kept}", excerpt.file_name, excerpt.text
        )
        self.wizard.push_screen(dialog, partial(self._saved, excerpt))

    def _has_lines(self, excerpt: Excerpt, verb: str) -> bool:
        """Else it is told: nobody wants an empty clipboard or file."""
        if not excerpt.lines:
            told = f"There is no line of {excerpt.what} to {verb}"
            self.wizard.notify(told, severity="warning", markup=False)
        return bool(excerpt.lines)

    def _saved(self, excerpt: Excerpt, path: Path | None) -> None:
        if path is not None:
            self.wizard.notify(f"{excerpt.told} saved to {path}", markup=False)

    def on_log_pane_choose_step(self, event: LogPane.ChooseStep) -> None:
        window = event.lines.window
        self.wizard.push_screen(ChooseStep(window.filter, window.steps), partial(_show, event.lines))


def _show(lines: LogLines, wanted: Filter | None) -> None:
    if wanted is not None:
        lines.show(wanted)
