"""A part of a log as plain text, to be copied or saved."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines, and what they are.

    Attributes:
        what: for the operator, such as "Install k3s".
    """

    what: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def told(self) -> str:
        """`124 lines of Install k3s`"""
        count = len(self.lines)
        return f"{count:,} {'line' if count == 1 else 'lines'} of {self.what}"

    @property
    def file_name(self) -> str:
        """A name for a file with them, without a directory."""
        words = re.sub(r"[^A-Za-z0-9._]+", "-", self.what).strip("-.")
        return f"{words or 'log'}.txt"
