"""What the tables of hosts and adverts say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from sugarkube_tui.cluster.advert import API_PORT, Advert
from sugarkube_tui.cluster.findings import Kind
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.texts.evidence import (
    Parts,
    advert_parts,
    api_state,
    concerns_advert,
    finding_line,
    host_parts,
    mood_of,
)
from sugarkube_tui.tui.words import Mood

if TYPE_CHECKING:
    from sugarkube_tui.cluster.plan import Problem

NOTES = {
    Kind.SPLIT_BRAIN: "split brain",
    Kind.NOT_THE_TOKENS: "not yours",
    Kind.STALE: "stale",
    Kind.SEVERAL_ADVERTS: "several",
    Kind.WRONG_RECORDS: "wrong TXT",
    Kind.MANGLED: "mangled",
    Kind.LONG_LABEL: "long label",
    Kind.RENAMED: "renamed",
    Kind.CLONED: "cloned",
    Kind.SHARED_NAME: "shared name",
    Kind.JOIN_LOCK: "joining",
}
"""Findings in a column's width; the evidence tells the whole."""

Cells = tuple[Content, ...]


def hosts_title(scan: Scan) -> Content:
    """Above the hosts: how far a sweep is, if there is one."""
    told = scan.survey.layers.get(Layer.SWEEP)
    return Content("Hosts" if told is None else f"Hosts   sweep: {told.counted}")


def host_cells(scan: Scan, host: Host) -> Cells:
    """Use, name, address, whether it is a Pi, k3s, when it was seen first and last, and by what."""
    selected = scan.is_selected(host)
    environments = dict.fromkeys(str(advert.environment) for advert in host.adverts)
    evidence = dict.fromkeys((*host.pi_reasons[:1], *(piece.what for piece in host.evidence)))
    return (
        words.state(Mood.GOOD, "yes") if selected else words.state(Mood.IDLE, "no"),
        words.strong(host.short_name) if selected else words.plain(host.short_name),
        words.plain(next(iter(host.addresses), "no address")),
        words.state(Mood.GOOD, "Pi") if host.pi_reasons else words.state(Mood.IDLE, "?"),
        words.plain(", ".join(environments)) if environments else words.muted("none heard"),
        words.muted(words.ms(host.seen_ms)),
        words.muted(words.age(scan.listened - host.last_ms / 1000)),
        words.muted(", ".join(evidence)),
    )


def adverts_title(adverts: Iterable[Advert]) -> Content:
    """Above the adverts: how many servers each environment has."""
    counts = Counter(str(advert.environment) for advert in adverts if advert.role == "server")
    groups = "".join(f"   {name}: {words.plural(count, 'server')}" for name, count in counts.items())
    return Content(f"k3s adverts{groups or '   none heard'}")


def advert_rows(scan: Scan) -> Iterator[tuple[Advert, Cells]]:
    """Adverts of one environment are below one another; its name stands out at their head."""
    before: Advert | None = None
    for advert in scan.survey.adverts:
        begins = before is None or before.environment != advert.environment
        yield advert, _advert_cells(scan, advert, begins)
        before = advert


def _advert_cells(scan: Scan, advert: Advert, begins: bool) -> Cells:
    look = scan.api(advert)
    # Of two clusters under one name, the one that is not ours is the one to know.
    concerning = sorted(
        (one for one in scan.findings if concerns_advert(one, advert)),
        key=lambda one: (not one.serious, len(one.hosts)),
    )
    finding = next(iter(concerning), None)
    environment = str(advert.environment)
    port = "" if advert.port == API_PORT else f":{advert.port}"
    return (
        words.strong(environment) if begins else words.muted(environment),
        words.plain(advert.host.removesuffix(".local") + port),
        api_state(look, advert),
        words.state(mood_of(finding), NOTES[finding.kind]) if finding else words.muted(""),
        words.plain(advert.role or "none"),
        words.plain(short_hash(look.ca_hash) if look.ca_hash else "…"),
    )


def warning_lines(scan: Scan, strangers: Sequence[Problem]) -> list[Content]:
    """What is wrong on this LAN, a line each.

    Args:
        strangers: chosen hosts that belong to another environment.
    """
    lines = [words.state(Mood.WARN, scan.diagnosis.what)] if scan.diagnosis.what else []
    lines += [words.state(Mood.WARN, problem.what) for problem in strangers]
    return [*lines, *(finding_line(finding) for finding in scan.findings)]


def evidence_parts(
    scan: Scan, subject: Host | Advert | None, strangers: Sequence[Problem]
) -> tuple[Parts, str]:
    """The evidence for a host or an advert, what else is wrong on this LAN, and the title above them."""
    parts: Parts = []
    title = "Evidence"
    match subject:
        case Host():
            parts, title = host_parts(scan, subject), f"Evidence: {subject.short_name}"
        case Advert():
            parts, title = advert_parts(scan, subject), f"Evidence: advert of {subject.host}"
        case None:
            pass
    for problem in strangers:
        parts += [words.state(Mood.WARN, problem.what), f"  {problem.why}", words.remedy(problem.remedy)]
    if scan.diagnosis.what:
        parts += [words.state(Mood.WARN, scan.diagnosis.what)]
        parts += [f"  · {cause}" for cause in scan.diagnosis.causes]
    return parts, title
