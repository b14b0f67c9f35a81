"""A question with usual answers in a list, and a field for another one."""

from __future__ import annotations

from abc import abstractmethod

from textual.widgets import Input

from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.widgets.choose import Choose

OTHER = "other"
"""The list's last row: the answer is in the field."""


class QuestionScreen(WizardScreen):
    """Has one `Choose`, and an input `#other` within `#other-field`."""

    def ready(self) -> None:
        self.query_one(Choose).take_focus()

    @property
    def answer(self) -> str:
        """What is chosen, or typed when that is chosen."""
        chosen = self.query_one(Choose).chosen
        return self._other.value.strip() if chosen == OTHER else chosen

    @property
    def _other(self) -> Input:
        return self.query_one("#other", Input)

    def show_field(self) -> None:
        """Show the field only when it counts."""
        self.query_one("#other-field").display = self.query_one(Choose).chosen == OTHER

    def asks_for_text(self) -> bool:
        """Nothing was typed yet; the field has the focus now."""
        if self.answer:
            return False
        self._other.focus()
        return True

    @abstractmethod
    def keep(self) -> None:
        """Take the answer over into the session, if it is one."""

    def on_choose_changed(self, event: Choose.Changed) -> None:
        self._take()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._take()

    def _take(self) -> None:
        self.tell(None)
        self.keep()
        self._redraw()
