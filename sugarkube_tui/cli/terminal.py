"""The terminal that the wizard is started in: whether it will do, and who says how large it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress

from sugarkube_tui.cluster.errors import InvalidInput


def require_terminal(variables: Mapping[str, str]) -> None:
    """Keys are read from standard input, and the screen is drawn on standard error.

    Raises:
        InvalidInput: a standard stream is no terminal, or it says that it can only print.
    """
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    why = next((f"{name} is none" for name, stream in streams.items() if not stream.isatty()), "")
    if not why and variables.get("TERM") == "dumb":
        why = "TERM says that this one is dumb: it can place nothing on a screen"
    if why:
        raise InvalidInput(
            "the wizard needs a terminal",
            why=why,
            remedy="without one, use the commands: sugarkube-tui --help",
        )


def forget_sizes(variables: MutableMapping[str, str]) -> None:
    """Drop the size that variables tell, where the terminal tells its own: theirs would never change."""
    with suppress(OSError):
        size = os.get_terminal_size(sys.stdout.fileno())
        if size.columns and size.lines:
            variables.pop("COLUMNS", None)
            variables.pop("LINES", None)
