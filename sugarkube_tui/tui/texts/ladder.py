"""How a server's rungs are said: as the cells of a row, and as lines below one another."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from sugarkube_tui.engine.proof import Check, Held, Rung, ServerProof, Verdict
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.looks import Change
from sugarkube_tui.tui.words import Mood

MOODS = {Held.YES: Mood.GOOD, Held.NO: Mood.BAD, Held.UNKNOWN: Mood.OPEN}
CHANGED = "»"
SHORT_WORDS = {Held.YES: "ok", Held.NO: "no", Held.UNKNOWN: "open"}
REASONS = {
    Verdict.PROVED: "every rung holds",
    Verdict.NOT_PROVED: "it answers, but not every rung holds",
    Verdict.STALE: "it is advertised or remembered, and nobody answers",
    Verdict.OTHER_CLUSTER: "its CA is not the token's",
    Verdict.MISSING: "it is expected, and nothing of it is to be found",
}
FULL, SPACED, TIGHT = 10, 7, 4
"""Cells that `✔ ok 998ms`, `✔ 998ms` and `✔998` need."""


def cell(check: Check | None, room: int, *, changed: bool, looking: bool) -> Content:
    """One rung of one server: a place for the mark of a change, then as much as there is room for.

    Args:
        check: None when it was not decided yet.
        room: cells after the mark.
    """
    if check is None:
        mood = Mood.WAIT if looking else Mood.IDLE
        return Content.assemble(" ", (mood.glyph, mood.colour))
    mood = MOODS[check.held]
    style = f"{mood.colour} underline" if changed else mood.colour
    # A place without a mark has no colour: it would be seen where the row is reversed.
    mark = Content.assemble((CHANGED, "$text-accent")) if changed else Content(" ")
    return Content.assemble(mark, (_spelt(check, mood, room), style))


def _spelt(check: Check, mood: Mood, room: int) -> str:
    word = SHORT_WORDS[check.held]
    # The time of what does not hold is mostly how long it was waited for in vain.
    timed = check.held is Held.YES and check.ms is not None
    ms = check.ms or 0.0
    if room >= FULL:
        return f"{mood.glyph} {word}{f' {words.brief_ms(ms)}' if timed else ''}"
    if room >= SPACED:
        return f"{mood.glyph} {words.brief_ms(ms) if timed else word}"
    return f"{mood.glyph}{words.tiny_ms(ms)}" if timed and room >= TIGHT else mood.glyph


def verdict(server: ServerProof | None) -> Content:
    """What a server turned out to be, in 12 cells at most; None: that is not known yet."""
    if server is None:
        return words.muted("…")
    word = "other CA" if server.verdict is Verdict.OTHER_CLUSTER else server.verdict.value
    if not server.expected and server.verdict is not Verdict.OTHER_CLUSTER:
        word = "seen only"
    return words.state(mood_of(server), word)


def mood_of(server: ServerProof) -> Mood:
    return Mood.GOOD if server.ok else Mood.BAD


def title(host: str, server: ServerProof | None) -> str:
    """`Ladder: sugarkube1 ✖ stale, expected`."""
    if server is None:
        return f"Ladder: {words.short(host)}" if host else "Ladder"
    standing = "expected" if server.expected else "seen only"
    return f"Ladder: {words.short(host)} {mood_of(server).glyph} {server.verdict.value}, {standing}"


def lines(
    checks: Mapping[Rung, Check],
    server: ServerProof | None,
    changes: Mapping[Rung, Change],
    cursor: Rung,
    width: int,
) -> tuple[list[Content], int]:
    """A server's ladder, and which line the cursor is on.

    Args:
        width: a rung that holds takes one line of so many cells at most.
    """
    parts: list[Content] = []
    if server is not None and not server.ok:
        parts.append(words.state(mood_of(server), f"{server.verdict.value}: {REASONS[server.verdict]}"))
    at = 0
    for rung in Rung:
        if rung is cursor:
            at = len(parts)
        parts += _rung(rung, checks.get(rung), changes.get(rung), width, here=rung is cursor)
    return parts, at


def change_line(change: Change, *, named: bool = False) -> Content:
    """`» 6443 opens: ✔ yes → ✖ no`.

    Args:
        named: the server's name comes first.
    """
    host = f"{words.short(change.host)}: " if named else ""
    return Content.assemble(
        (f"{CHANGED} ", "bold $text-accent"), words.plain(f"{host}{change.rung.value}: "), _step(change)
    )


def _step(change: Change) -> Content:
    """`✔ yes → ✖ no`."""
    was, now = MOODS[change.was], MOODS[change.now]
    return Content.assemble(
        (f"{was.glyph} {change.was.value}", was.colour),
        " → ",
        (f"{now.glyph} {change.now.value}", now.colour),
    )


def _rung(rung: Rung, check: Check | None, change: Change | None, width: int, *, here: bool) -> list[Content]:
    place = Content.assemble(("▸" if here else " ", "$text-accent"))
    if check is None:
        return [place + words.muted(f" · {rung.value}")]
    mood = MOODS[check.held]
    took = words.brief_ms(check.ms) if check.ms is not None else ""
    line = Content.assemble(
        place,
        (CHANGED if change is not None else " ", "bold $text-accent"),
        (f"{mood.glyph} {rung.value:<17} ", mood.colour),
        (f"{took:>6}  ", words.MUTED),
        *((_step(change), ": ") if change is not None else ()),
        words.plain(check.seen),
    )
    if check.held is Held.YES and width > 0:
        return [line.truncate(width, ellipsis=True)]
    return [line, words.remedy(check.remedy)] if check.remedy else [line]
