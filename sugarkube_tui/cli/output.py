"""Where the commands' words go: data to standard output, all else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from sugarkube_tui.cluster.errors import SugarkubeError, said


def fill_closed_streams() -> None:
    """Put nothing where a standard stream is closed: whatever is opened next would take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def say(text: str = "") -> None:
    """Raises:
    BrokenPipeError: whoever read it went away.
    SugarkubeError: it cannot be written, such as to a full disk.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        forsake()
        raise SugarkubeError(
            "standard output cannot be written",
            why=said(error),
            remedy="make room, or send it elsewhere; then run the same command again",
        ) from error


def tell(text: str) -> None:
    """For people, beside data on standard output."""
    print(text, file=sys.stderr, flush=True)


def say_json(value: Mapping[str, Any]) -> None:
    """One object on one line; what JSON does not know becomes text."""
    import json

    say(json.dumps(value, ensure_ascii=False, default=str))


def forsake() -> None:
    """Let all further data go nowhere: whoever read it went away, and each word would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
