"""The step contract, and how many probes travel in one round trip."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.actions import Action
from sugarkube_tui.cluster.choices import Goal
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Problem, StepPlan

Answers = Mapping[str, str]
"""What one probe said: key → text."""


class Stage(StrEnum):
    """When a step runs: on all nodes at once, or when it is the node's turn to form the cluster."""

    PREPARE = "prepare"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be true on a node.

    Attributes:
        id: also names the step's answers; stable, for logs and settings.
        probe: POSIX shell that only reads; it calls `fact KEY VALUE` and `fact_file KEY PATH`, runs as
            root and may fail anywhere without harm.
        decide: from facts and goal, the actions still needed and the problems met, in order.  Pure.
        without: what it means for the cluster to go on without this step where it fails; empty: that is
            not safe.  Pure.
    """

    id: str
    title: str
    stage: Stage
    probe: str
    decide: Callable[[NodeFacts, Goal], Iterator[Action | Problem]]
    without: Callable[[NodeFacts, Goal], str] = lambda facts, goal: ""


def plan_step(step: Step, facts: NodeFacts, goal: Goal) -> StepPlan:
    """What the step still has to do.  Behind a blocking problem nothing is done."""
    actions: list[Action] = []
    problems: list[Problem] = []
    for item in step.decide(facts, goal):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            actions.append(item)
    if any(problem.blocking for problem in problems):
        actions = []
    return StepPlan(step.id, step.title, tuple(actions), tuple(problems))


# Every value travels as base64: whatever is in a file cannot be mistaken for the protocol.
_PRELUDE = r"""
fact() { printf '%s\t%s\t' "$STEP" "$1"; printf '%s' "$2" | base64 | tr -d '\n'; echo; }
fact_file() {
  [ -f "$2" ] && [ -r "$2" ] || return 0
  printf '%s\t%s\t' "$STEP" "$1"; head -c 65536 "$2" | base64 | tr -d '\n'; echo
}
"""


def probe_script(steps: Iterable[Step]) -> str:
    """One script for the probes of several steps."""
    parts = [
        f"STEP={step.id}\n(\n{step.probe}\n) 2>/dev/null </dev/null\nprintf '%s\\t.\\t\\n' {step.id}"
        for step in steps
    ]
    return _PRELUDE + "\n".join(parts) + "\n"


class ProbeIncomplete(ValueError):
    """The output ends before the probe did; holds the ids of the steps that are missing."""


def parse_probe(output: str, expected: Iterable[str]) -> dict[str, Answers]:
    """Answers by step id, from the output of `probe_script`.

    Raises:
        ProbeIncomplete: a step's probe did not come to its end.
    """
    answers: dict[str, dict[str, str]] = {}
    complete: set[str] = set()
    for line in output.splitlines():
        step, tab, rest = line.partition("\t")
        key, second_tab, value = rest.partition("\t")
        if not (tab and second_tab):
            continue
        if key == ".":
            complete.add(step)
            continue
        try:
            text = base64.b64decode(value, validate=True).decode("utf-8", errors="replace")
        except (binascii.Error, ValueError):
            continue
        answers.setdefault(step, {})[key] = text
    missing = [step for step in expected if step not in complete]
    if missing:
        raise ProbeIncomplete(", ".join(missing))
    return {step: answers.get(step, {}) for step in complete}


def number(text: str | None) -> float | None:
    """A finite number as a probe printed it, or None."""
    try:
        value = float((text or "").strip())
    except ValueError:
        return None
    return value if math.isfinite(value) else None
