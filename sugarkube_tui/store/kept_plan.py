"""The plan that the wizard keeps by itself, in one file."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.store.paths import is_there, private, replace_file

if TYPE_CHECKING:  # a first start need not know what a plan looks like
    from sugarkube_tui.cluster.saved_plan import SavedPlan


class KeptPlan:
    """Where the plan is kept.

    Two wizards that keep theirs at the same time do not harm each other: the file is replaced as a
    whole, and the last one stays.

    Args:
        path: of the file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._aside: Path | None = None

    @property
    def aside(self) -> Path | None:
        """Where the file that could not be read is moved before another plan takes its place."""
        return self._aside

    def read(self) -> SavedPlan | None:
        """The plan that was kept; None: there is none.

        Raises:
            InvalidInput: as `read_plan`.
        """
        if self._path is None:
            return None
        with suppress(OSError):  # if we may not look, reading it says so
            if not self._path.exists():
                return None
        from sugarkube_tui.store.plans import read_plan

        try:
            return read_plan(self._path)
        except InvalidInput:
            self._aside = _free(self._path)
            raise

    def write(self, plan: SavedPlan) -> None:
        """Keep this plan; one that could not be read is put aside, since it may be all that is left of it.

        Raises:
            OSError: it cannot be written; then the old one is still there.
        """
        if self._path is None:
            return
        from sugarkube_tui.store.plans import plan_text

        private(self._path.parent)
        if self._aside is not None:
            with suppress(FileNotFoundError):
                self._path.rename(self._aside)
            self._aside = None
        replace_file(self._path, plan_text(plan))


def _free(path: Path) -> Path:
    """A name beside it that nothing has yet: `plan.unread-1.toml`."""
    return next(
        name
        for number in count(1)
        if not is_there(name := path.with_name(f"{path.stem}.unread-{number}{path.suffix}"))
    )
