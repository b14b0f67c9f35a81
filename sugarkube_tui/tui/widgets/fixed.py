"""Text in a place of fixed size, drawn many times a second."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Fixed(Static):
    """The style sheet fixes its size, so a change needs no new layout of the screen."""

    def __init__(self, text: str = "", *, widget_id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, id=widget_id, classes=classes, markup=False)
        self._shown: Content | None = None

    def show(self, content: Content, *, resizes: bool = False) -> None:
        """Draw it where it differs.

        Args:
            resizes: the place takes another size with it, against the rule.
        """
        if self._shown is None or not content.is_same(self._shown):
            self._shown = content
            self.update(content, layout=resizes)
