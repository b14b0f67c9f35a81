"""Draws the wizard's screens on simulated LANs: `python -m screenshots.make`.

The pictures are kept beside this module; a test draws them again and compares.
"""

from __future__ import annotations

import asyncio

from screenshots.studio import DRAWN_BY, HOME, SIZES, Studio, own_terminal, versions
from screenshots.walks import WALKS


async def draw() -> None:
    """Walk all walks in terminals of all sizes."""
    for size in SIZES:
        studio = Studio(HOME, size)
        for old in (*studio.shelf.glob("*.svg"), *studio.shelf.glob("*.txt")):
            old.unlink()
        for walk in WALKS.values():
            await walk(studio)


def main() -> None:
    with own_terminal():
        asyncio.run(draw())
    DRAWN_BY.write_text(versions(), encoding="utf-8")


if __name__ == "__main__":
    main()
