"""What the wizard begins with: what it was given, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.engine.ports import Given, Login
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.tui.state.journal import NoJournal, OpenJournal


@dataclass(frozen=True, slots=True)
class Start:
    """What the operator gave at this start, by arguments, variables and files.

    Attributes:
        variables: the environment's variables; tokens are read from them.
        login: what the login form begins with.
        given: hosts that a file names, such as ~/.ssh/config.
        plan: a saved plan to begin with; its choices are the defaults already.
    """

    defaults: Defaults
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: Login = field(default_factory=Login)
    given: tuple[Given, ...] = ()
    plan: SavedPlan | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What outlives a start; by itself it remembers nothing, as in the demo.

    Attributes:
        consents: which networks may be swept.
        kept: where the plan is kept as it grows, and found again.
        open_journal: begins a run's journal.
        history: the file with the durations of earlier runs.
    """

    consents: Consents = field(default_factory=lambda: Consents(None))
    kept: KeptPlan = field(default_factory=lambda: KeptPlan(None))
    open_journal: OpenJournal = lambda environment: NoJournal()
    history: Path | None = None
