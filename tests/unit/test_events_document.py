"""docs/events.md says of a run's events what the code says."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from sugarkube_tui.engine.events import Event
from sugarkube_tui.engine.outcome import Evidence, Result

DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


def test_every_event_is_listed_with_its_fields_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (`at`.*?) \|", DOCUMENT.read_text(), re.MULTILINE)
    told = [(kind, re.findall(r"`(\w+)`", names)) for kind, names in rows]
    assert told == [
        (re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower(), [field.name for field in fields(event)])
        for event in get_args(Event)
    ]


def test_results_and_evidence_are_explained() -> None:
    _, _, text = DOCUMENT.read_text().partition("`result` is")
    explained = set(re.findall(r"`(\w+)`", text))
    assert {result.value for result in Result} <= explained
    assert {field.name for field in fields(Evidence)} <= explained
