"""From the documents that older versions wrote to the present schema, one step at a time.

A step is added with each new schema number and is never changed again; `tests/unit/plans` keeps a document
of every number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sugarkube_tui.cluster.documents import Table
from sugarkube_tui.cluster.errors import InvalidInput

SCHEMA = 1
"""The number that is written."""

Document = Mapping[str, object]


def migrated(document: Document, file: str) -> Document:
    """The same document in the present schema.

    Raises:
        InvalidInput: it has no number, or one that this version does not know.
    """
    number = Table(document, file).number("schema")
    if number > SCHEMA or number < min(_STEPS):
        raise InvalidInput(
            f"this plan has the schema number {number}; this version knows {SCHEMA} and older ones",
            where=file,
            remedy="use a newer sugarkube-tui, or answer the questions again",
        )
    while number < SCHEMA:
        document = _STEPS[number](document, file)
        number += 1
    return document


def _from_draft(document: Document, file: str) -> Document:
    """0 → 1: one login for all hosts became one for each; choices got a table of their own."""
    table = Table(document, file)
    table.has("schema")
    login = {"user": table.text("user", "pi"), "identity": table.text("identity", "")}
    nodes = {
        host.removesuffix(".local"): {"address": host, "alias": host, **login}
        for host in table.texts("hosts")
    }
    choices: dict[str, object] = {
        "environment": table.text("environment"),
        "servers": table.number("servers"),
        "registration_address": table.text("regaddr", ""),
    }
    for key in ("cluster", "channel"):
        if table.has(key):
            choices[key] = table.text(key)
    table.finish()
    return {"schema": 1, "choices": choices, "nodes": nodes}


_STEPS: Mapping[int, Callable[[Document, str], Document]] = {0: _from_draft}
