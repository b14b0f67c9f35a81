"""Python's garbage collector, kept from holding up the screen."""

from __future__ import annotations

import gc
from functools import cache

COLLECTED_AFTER = (10_000, 20, 20)
"""How many objects may come before it looks at the young, the older and all: lines of a log are many, and
none of them is garbage that it would find."""


def pause() -> None:
    """Not before the first frame: next to nothing that is loaded for it ever becomes garbage, and looking
    for some in between would take a fifth of the time."""
    gc.disable()


def go_on() -> None:
    """Collect again."""
    gc.enable()


@cache
def settle() -> None:
    """Leave alone what is there by now, once: left to the collector, it would be gone through again and
    again while a run goes on, and each time no key would be answered for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
