"""A text field whose Enter goes on, and says so in the footer."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Input

from sugarkube_tui.tui.keys import bindings


class Field(Input):
    """Textual's own input hides its Enter, and with it the screen's."""

    KEY_GROUP: ClassVar[str] = "Field"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)
