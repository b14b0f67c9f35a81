"""The terminal around the wizard: what it can do, its title, and how it calls somebody."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.text import clean_line

_TITLE_LIMIT = 120
_SAVE_TITLE, _RESTORE_TITLE = "\x1b[22;0t", "\x1b[23;0t"
_BELL = "\x07"
_SCREEN_PIECE = 512
"""Characters; GNU screen passes strings of at most 768 bytes through."""


class Multiplexer(StrEnum):
    """A program between us and the terminal."""

    NONE = "none"
    TMUX = "tmux"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What variables tell of the terminal.

    Attributes:
        name: the value of TERM.
        program: which one it is, where it says so.
        utf8: it is said to show more than ASCII.
        remote: it is at the other end of an SSH connection.
    """

    name: str
    program: str
    multiplexer: Multiplexer
    utf8: bool
    remote: bool

    @classmethod
    def of(cls, variables: Mapping[str, str], encoding: str) -> Terminal:
        """Args:
        encoding: of the stream that the screen is written to.
        """
        name = variables.get("TERM", "")
        if "TMUX" in variables or name.startswith("tmux"):
            multiplexer = Multiplexer.TMUX
        elif "STY" in variables or name.startswith("screen"):
            multiplexer = Multiplexer.SCREEN
        else:
            multiplexer = Multiplexer.NONE
        program = variables.get("LC_TERMINAL") or variables.get("TERM_PROGRAM") or ""
        if "VTE_VERSION" in variables:
            program = "VTE"
        elif "KONSOLE_VERSION" in variables:
            program = "Konsole"
        return cls(
            name,
            program,
            multiplexer,
            utf8=_is_utf8(encoding) and _is_utf8(_character_set(variables)),
            remote=bool(variables.get("SSH_CONNECTION") or variables.get("SSH_TTY")),
        )

    @property
    def shows_signs(self) -> bool:
        """Its font has more than letters and lines; the Linux console's has not."""
        return self.utf8 and self.name != "linux"

    @property
    def has_title(self) -> bool:
        return self.name not in ("", "dumb", "linux")

    # -- what is written to it

    def title(self, text: str) -> str:
        """The sequence that sets the window's title."""
        return f"\x1b]0;{_safe(text)}{_BELL}" if self.has_title else ""

    def save_title(self) -> str:
        return _SAVE_TITLE if self.has_title else ""

    def restore_title(self) -> str:
        """The title that was saved; where the terminal cannot, none at all."""
        return f"{self.title('')}{_RESTORE_TITLE}" if self.has_title else ""

    def bell(self) -> str:
        return _BELL

    def notification(self, text: str) -> str:
        """The sequence that shows a notification on the desktop.

        Only one of the two kinds is sent: terminals that know both would show it twice.
        """
        told = _safe(text)
        if self.program in ("VTE", "Konsole") or self.name.startswith(("rxvt", "foot")):
            return self.through(f"\x1b]777;notify;sugarkube;{told}{_BELL}")
        return self.through(f"\x1b]9;sugarkube: {told}{_BELL}")

    def clipboard(self, text: str) -> str:
        """The sequence that asks the terminal to take the text into its clipboard (OSC 52)."""
        return self.through(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}{_BELL}")

    def through(self, sequence: str) -> str:
        """Wrapped so that a multiplexer hands it on; tmux wants `allow-passthrough on` for it."""
        match self.multiplexer:
            case Multiplexer.TMUX:
                return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
            case Multiplexer.SCREEN:
                pieces = (sequence[at : at + _SCREEN_PIECE] for at in range(0, len(sequence), _SCREEN_PIECE))
                return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
            case Multiplexer.NONE:
                return sequence


def _safe(text: str) -> str:
    """Without anything that could end the sequence or part its fields."""
    return clean_line(text, _TITLE_LIMIT).replace(";", ",")


def _character_set(variables: Mapping[str, str]) -> str:
    """What the locale says; UTF-8 where it says nothing."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if locale := variables.get(name):
            if locale in ("C", "POSIX"):
                return "ASCII"
            return locale.partition(".")[2].partition("@")[0] or "UTF-8"
    return "UTF-8"


def _is_utf8(encoding: str) -> bool:
    return re.sub("[-_]", "", encoding).lower() == "utf8"
