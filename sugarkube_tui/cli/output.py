"""Where the commands' words go: data to standard output, all else to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any


def say(text: str = "") -> None:
    print(text, flush=True)


def tell(text: str) -> None:
    """For people, beside data on standard output."""
    print(text, file=sys.stderr, flush=True)


def say_json(value: Mapping[str, Any]) -> None:
    """One object on one line; what JSON does not know becomes text."""
    say(json.dumps(value, ensure_ascii=False, default=str))


def forsake() -> None:
    """Let all further data go nowhere: whoever read it went away, and each word would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
