"""The time before a log's lines."""

from __future__ import annotations

from collections.abc import Callable

from sugarkube_tui.tui import words

Stamp = Callable[[float], str]
"""Writes seconds since the run began; always as wide."""


def clock_stamp(seconds: float) -> str:
    """`04:12.37`"""
    return f"{words.elapsed(seconds)}.{int(seconds * 100) % 100:02}"
