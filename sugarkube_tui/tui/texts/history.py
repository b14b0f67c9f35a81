"""The last looks, each with what had changed by then."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.looks import Look
from sugarkube_tui.tui.texts import ladder
from sugarkube_tui.tui.words import Mood

VERDICT_CELLS = 14


def lines(looks: Iterable[Look]) -> list[Content]:
    """The newest look first."""
    parts = [words.muted(f"{'At':<6}  {'Verdict':<{VERDICT_CELLS}}  {'Servers':<7}  {'Round':>8}  Changes")]
    for look in reversed(list(looks)):
        parts.append(_row(look))
        parts += [_indented(ladder.change_line(change, named=True)) for change in look.changes]
        parts += [_indented(_server(host, "is seen")) for host in look.came]
        parts += [_indented(_server(host, "is not seen any more")) for host in look.went]
    return parts if len(parts) > 1 else [words.muted("no look has ended yet")]


def news(look: Look) -> str:
    """`1 change`, or that there is none."""
    return words.plural(look.news, "change") if look.news else "nothing changed"


def _row(look: Look) -> Content:
    at = words.elapsed(look.at_s)
    verdict = words.state(Mood.GOOD, "proved") if look.ok else words.state(Mood.BAD, "not proved")
    took = words.ms(look.ms_elapsed) or "-"
    return Content.assemble(
        words.muted(f"{at:<6}  "),
        verdict.truncate(VERDICT_CELLS, pad=True),
        f"  {f'{look.seen} of {look.must_be}':<7}  {took:>8}  ",
        words.plain(news(look)),
    )


def _server(host: str, what: str) -> Content:
    return Content.assemble(
        (f"{ladder.CHANGED} ", "bold $text-accent"), words.plain(f"{words.short(host)} {what}")
    )


def _indented(line: Content) -> Content:
    return Content.assemble(" " * 8, line)
