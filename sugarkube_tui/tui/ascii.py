"""For terminals and fonts without our signs: everything on the screen in ASCII, cell for cell."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = str.maketrans(
    {
        "✔": "+",
        "✖": "x",
        "▶": ">",
        "▲": "!",
        "◷": "~",
        "·": ".",
        "•": "*",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "↻": "@",
        "▸": ">",
        "›": ">",
        "»": ">",
        "«": "<",
        "●": "*",
        "○": "o",
        "◆": "*",
        "■": "#",
        "□": "o",
        "×": "x",
        "±": "~",
        "–": "-",
        "—": "-",
        "…": ".",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "━": "=",
    }
)
"""The wizard's own signs; the word beside each one says the same."""
_CUT = re.compile("[ -~]…")
"""What two dots take the place of: a single one would look like the end of a sentence."""


class Ascii(LineFilter):
    """Replaces what is not ASCII, whoever has drawn it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii()
            else Segment(as_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


@lru_cache(4096)
def as_ascii(text: str) -> str:
    """The text in ASCII, in as many cells."""
    cells = cell_len(text)
    signs = _CUT.sub("..", text).translate(_SIGNS)
    plain = "".join(character if character.isascii() else _similar(character) for character in signs)
    # Cells of characters that combine do not always add up.
    return plain[:cells].ljust(cells, "?")


def _similar(character: str) -> str:
    """What looks like a character, in as many cells."""
    cells = cell_len(character)
    name = unicodedata.name(character, "")
    if name.startswith("BOX DRAWINGS"):
        strokes = name.removeprefix("BOX DRAWINGS").split()
        if "HORIZONTAL" in strokes and len(strokes) == 2:
            return "-"
        return "|" if "VERTICAL" in strokes and len(strokes) == 2 else "+"
    if "BLOCK" in name or name.startswith("BRAILLE"):
        return "#"
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base.isascii() and cells == 1 else "?" * cells
