"""Saved plans as TOML."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import tomli_w

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.errors import InvalidInput, said
from sugarkube_tui.cluster.plan_document import document_of, plan_of
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.store.release import read_release

_HEAD = "# A plan of sugarkube-tui, for --plan.  Passwords and tokens are never in it.\n\n"


def plan_text(plan: SavedPlan) -> str:
    return _HEAD + tomli_w.dumps(document_of(plan))


def read_plan(path: Path) -> SavedPlan:
    """The plan in a file.

    Raises:
        InvalidInput: it cannot be read, or holds no plan; names file and key.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = said(error) if isinstance(error, OSError) else str(error)
        raise InvalidInput(
            "this plan cannot be read",
            where=str(path),
            why=why or type(error).__name__,
            remedy="give a plan that the wizard saved",
        ) from error
    return plan_of(document, str(path))


def choices_of(plan: SavedPlan) -> Choices:
    """The plan's choices, with the k3s release that is in its directory now.

    Raises:
        InvalidInput: a file of the release is missing or damaged.
    """
    if plan.airgap is None:
        return plan.choices
    return replace(plan.choices, airgap=read_release(plan.airgap))
