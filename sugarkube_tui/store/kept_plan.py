"""The plan that the wizard keeps by itself, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sugarkube_tui.store.paths import private, replace_file

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

    def read(self) -> SavedPlan | None:
        """The plan that was kept; None: there is none.

        Raises:
            InvalidInput: as `read_plan`.
        """
        if self._path is None or not self._path.exists():
            return None
        from sugarkube_tui.store.plans import read_plan

        return read_plan(self._path)

    def write(self, plan: SavedPlan) -> None:
        """Raises OSError when it cannot be written; then the old one is still there."""
        if self._path is None:
            return
        from sugarkube_tui.store.plans import plan_text

        private(self._path.parent)
        replace_file(self._path, plan_text(plan))
