"""A text field whose Enter goes on, and says so in the footer."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class Field(Input):
    """Textual's own input hides its Enter, and with it the screen's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Continue", key_display="Enter", id="field.continue"),
    ]
