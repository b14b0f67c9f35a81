"""What a joining node has to know: where, and with which token (contract §6.4, §7.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sugarkube_tui.cluster.actions import Action, WriteFile
from sugarkube_tui.cluster.choices import Goal, Role
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.plan import Problem
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.steps.base import Stage, Step
from sugarkube_tui.steps.config import JOIN_FILE, Value, render
from sugarkube_tui.steps.k3s import TOKEN_FILE

_NOBODY = "# The first server joins nobody.\n"
"""Replaces what an earlier run left: with it, the first server would try to join."""


def decide(facts: NodeFacts, goal: Goal) -> Iterator[Action | Problem]:
    if goal.kept:
        return
    if goal.role is Role.FIRST_SERVER and goal.token is None:
        present = facts.k3s.files.get(JOIN_FILE)
        if present is not None and present != _NOBODY:
            yield WriteFile(JOIN_FILE, _NOBODY, before=present)
        return
    if goal.token is None and facts.k3s.token_hash and facts.k3s.ca_hash:
        return  # begun earlier: it has its token
    # The token lies in a file of its own: it never is an argument, and no other file becomes secret.
    content = None if goal.token is None else Secret(goal.token.secret.reveal() + "\n")
    if content is None or facts.k3s.token_hash != hashlib.sha256(content.reveal().encode()).hexdigest():
        yield WriteFile(TOKEN_FILE, content, mode=0o600)
    values: dict[str, Value] = {"token-file": TOKEN_FILE}
    if goal.role is Role.SERVER and goal.join is not None:
        values["server"] = goal.join.url
    text = render(values)
    if facts.k3s.files.get(JOIN_FILE) != text:
        yield WriteFile(JOIN_FILE, text, before=facts.k3s.files.get(JOIN_FILE))


STEP = Step("join", "Join configuration", Stage.FORM, "", decide)
