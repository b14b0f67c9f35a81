"""Takes pictures of the wizard's screens, as SVG and as plain text, that only change when a screen does."""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from screenshots.driving import Driver, wizard
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.events import Event
from sugarkube_tui.store.kept_plan import KeptPlan

SIZES = ((120, 36), (80, 24))
"""Columns and rows."""
HOME = Path(__file__).parent
DRAWN_BY = HOME / "drawn-by.txt"
"""What drew the pictures that are kept: SVGs of other versions differ though no screen does."""

_OUR_VARIABLES = ("NO_COLOR", "COLORTERM", "SSH_CONNECTION", "SSH_AUTH_SOCK", "LC_ALL", "TMUX")
_OUR_PREFIXES = ("TEXTUAL_", "SUGARKUBE_")


def versions() -> str:
    """The libraries that decide how an SVG is written."""
    return "".join(f"{name} {importlib.metadata.version(name)}\n" for name in ("rich", "textual"))


@contextmanager
def own_terminal() -> Iterator[None]:
    """Draw as in a terminal of our own, whatever is set in this one, and wherever the checkout is."""
    before, directory = dict(os.environ), Path.cwd()
    os.chdir("/")
    for name in before:
        if name in _OUR_VARIABLES or name.startswith(_OUR_PREFIXES):
            del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(directory)


@dataclass(slots=True)
class Studio:
    """Keeps pictures of one size.

    Attributes:
        directory: below it, each size has a directory of its own.
    """

    directory: Path
    size: tuple[int, int]

    @property
    def shelf(self) -> Path:
        return self.directory / f"{self.size[0]}x{self.size[1]}"

    @asynccontextmanager
    async def wizard(
        self,
        held: HeldSimulation,
        kept: KeptPlan | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> AsyncIterator[Driver]:
        """A wizard on this LAN, in a terminal of this size."""
        app = wizard(held.world, kept=kept, on_event=on_event)
        async with app.run_test(size=self.size, notifications=True) as pilot:
            yield Driver(app, pilot)

    async def keep(self, driver: Driver, name: str, *phrases: str) -> None:
        """Write the screen as `<name>.svg` and `<name>.txt`, once it shows the phrases and stands still."""
        await driver.shows(*phrases)
        await driver.still()
        svg = driver.app.export_screenshot(title="sugarkube-tui")
        # Rich gives every picture names of its own; with fixed ones it only changes when the screen does.
        svg = re.sub(r"terminal-\d+", "terminal", svg)
        svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some viewers eat blanks without it
        self.shelf.mkdir(parents=True, exist_ok=True)
        (self.shelf / f"{name}.svg").write_text(svg, encoding="utf-8")
        (self.shelf / f"{name}.txt").write_text(driver.text() + "\n", encoding="utf-8")
