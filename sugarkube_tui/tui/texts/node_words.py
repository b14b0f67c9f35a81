"""What a node is doing, in words: for its pane, the list of nodes, and the result."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sugarkube_tui.cluster.wording import few
from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Answer, Asked, Spent
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.words import MOOD_OF_RESULT, Mood

BAR_WIDTH = 24
"""Cells of a progress bar at most: the words beside it say more."""
WAITING = "waiting for "
"""What the node's state says already."""
QUIET_FROM_S = 10.0
"""Seconds of silence that are worth telling."""
DONE_WORDS = {
    Result.OK: "Ready",
    Result.CHANGED: "Ready",
    Result.WARNED: "Ready, warned",
    Result.SKIPPED: "set aside",
    Result.FAILED: "failed",
    Result.STOPPED: "stopped",
}
ANSWERED_BY = {
    Answer.RETRY: "run.again",
    Answer.SKIP: "run.skip",
    Answer.DIRECT: "run.direct",
    Answer.GIVE_UP: "run.give_up",
}
"""The bindings of the run screen that answer the current node's question."""
WAITERS_SHOWN = 3
"""Names of nodes that wait for an answer which the question has room for."""


def mood_and_word(node: NodeBoard, phase: Phase) -> tuple[Mood, str]:
    """A node's state in one word or two."""
    if node.result is not None:
        return MOOD_OF_RESULT[node.result], DONE_WORDS[node.result]
    if phase is Phase.STOPPING:
        return Mood.WARN, "stopping"
    if not phase.active:
        return Mood.WARN, "stopped"
    if node.question is not None:
        return Mood.OPEN, "asks you"
    if node.track.now is Spent.REBOOT:
        return Mood.WAIT, "rebooting"
    if node.waiting is not None and node.waiting.what != node.action:
        return Mood.WAIT, "waiting"
    if node.step:
        return Mood.BUSY, "working"
    if node.hostname:
        return Mood.IDLE, "logged in"
    return Mood.BUSY, "logging in"


def state_of(node: NodeBoard, phase: Phase) -> Content:
    return words.state(*mood_and_word(node, phase))


def step_of(node: NodeBoard) -> str:
    """`8/13 Install k3s`; empty before the first step."""
    if not node.step:
        return ""
    return f"{node.step_number}/{max(node.steps, node.step_number)} {node.step}"


def short(node: NodeBoard, now: float) -> str:
    """What the list has room for.

    Args:
        now: seconds since the run began.
    """
    if node.result is not None:
        return node.evidence.what if node.evidence is not None else words.plural(node.actions, "action")
    if node.question is not None:
        return node.question.evidence.what
    if node.waiting is not None:
        # How long it may still take comes first: that must not be what is cut off.
        return ": ".join(filter(None, (_left(node, now), node.waiting.what.removeprefix(WAITING))))
    return step_of(node)


def head(node: NodeBoard, now: float) -> Content:
    """The step, for how long, until when it waits, and since when the node has said nothing."""
    took = node.finished_at if node.finished_at is not None else now
    left = _left(node, now)
    quiet = now - node.heard_at
    at_work = node.result is None and node.question is None and node.step
    # Whoever waits for others has nothing to say.
    waits_for_others = node.waiting is not None and node.waiting.others
    silent = at_work and not waits_for_others and quiet >= QUIET_FROM_S
    return Content.assemble(
        words.plain(step_of(node) or "waiting for facts of all nodes"),
        (f"   {words.elapsed(took)}", words.MUTED),
        f"   {left}" if left else "",
        (f"   quiet for {quiet:.0f} s" if silent else "", "$text-warning"),
    )


def doing(node: NodeBoard, phase: Phase, now: float, width: int) -> Content:
    """What happens within the step, for so many cells."""
    if node.result is not None:
        if node.evidence is not None:
            return Content.assemble((node.evidence.what, "$text-error"))
        return words.muted(f"{words.plural(node.actions, 'action')}, {words.plural(node.reboots, 'reboot')}")
    if (wait := node.waiting) is not None:
        seen = f": {wait.seen}" if wait.seen else ""
        text = words.plain(f"{wait.what.removeprefix(WAITING)}{seen}")
        if wait.progress is not None:
            return Content.assemble(words.bar(wait.progress, min(BAR_WIDTH, width // 5)), "  ", text)
        return text
    if node.action:
        return words.plain(f"{node.action}   {max(0.0, now - node.action_at):.0f} s")
    return words.muted("" if phase.active else "stopped here")


def question(asked: Asked, keys: KeyNames, others: Sequence[str]) -> list[Content]:
    """What a node asks, the keys that answer it, and who waits for that."""
    answers = [
        Content.assemble((f"{keys[ANSWERED_BY[answer]]} ", "bold $text-accent"), answer.value)
        for answer in asked.answers
    ]
    lines = [
        words.state(Mood.OPEN, f"{asked.title}: {asked.evidence.what}"),
        Content.assemble("  ", Content(" · ").join(answers)),
    ]
    lines += [words.muted(f"  {line}") for line in asked.evidence.why.splitlines()[:2]]
    if others:
        lines.append(words.muted(f"  this answer is waited for by {few(others, WAITERS_SHOWN)}"))
    if asked.without:
        lines.append(words.muted(f"  without it: {asked.without}"))
    if remedy := asked.evidence.remedy:
        retries = f" ({keys[ANSWERED_BY[Answer.RETRY]]} retries)" if Answer.RETRY in asked.answers else ""
        lines.append(words.remedy(f"{remedy}{retries}"))
    return lines


def _left(node: NodeBoard, now: float) -> str:
    """`284 s left`; empty when it waits for nothing, or without bound."""
    wait = node.waiting
    if wait is None or wait.until is None:
        return ""
    return f"{max(0.0, wait.until - now):.0f} s left"
