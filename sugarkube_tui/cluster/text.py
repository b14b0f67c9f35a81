"""Text from the LAN and from remote commands is hostile: clean it once, at the edge.

Names, TXT values, banners and command output can hold terminal control sequences, invalid
UTF-8, or megabytes.  `clean_line` and `clean_text` return text that is safe to show and store.
"""

from __future__ import annotations

import re

LINE_LIMIT = 2_000
"""Characters kept of one line; what is cut is counted in its place."""

_TERMINAL_SEQUENCE = re.compile(
    r"""
      \x1b\[ [0-?]* [ -/]* [@-~]            # CSI: colours, cursor moves, clear screen
    | \x1b[\]PX^_] .*? (?: \x1b\\ | \x07 | $ ) # OSC, DCS, SOS, PM, APC: titles, clipboard
    | \x9b [0-?]* [ -/]* [@-~]              # the same with 8-bit introducers
    | [\x9d\x90\x98\x9e\x9f] .*? (?: \x9c | \x07 | $ )
    | \x1b [ -/]* [0-~]                     # two-character escapes
    """,
    re.VERBOSE | re.DOTALL,
)
# C0 and C1 controls, and the marks that reorder or hide what is shown (bidi, zero width, BOM, tags).
_CONTROL = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def decode(raw: bytes) -> str:
    """Decode bytes as UTF-8; what is not UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", errors="replace")


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """One line, without control characters, at most about `limit` characters.

    A carriage return redraws a line on a terminal, so only what follows the last one is kept.
    """
    if len(text) <= limit and text.isprintable():  # most lines: nothing in them is to be cleaned
        return text
    if len(text) > limit * 8:  # bound the work, too
        text = text[: limit * 8]
    text = text.rstrip("\r\n")
    text = _TERMINAL_SEQUENCE.sub("", text)
    text = text.rsplit("\r", 1)[-1]
    text = _CONTROL.sub("", text.replace("\t", "    "))
    if len(text) > limit:
        return f"{text[:limit]}… (+{len(text) - limit} characters)"
    return text


def clean_text(text: str, limit: int = LINE_LIMIT) -> str:
    """Several lines, each as `clean_line` leaves it."""
    return "\n".join(clean_line(line, limit) for line in text.split("\n"))
