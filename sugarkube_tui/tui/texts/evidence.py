"""What the evidence pane says: why we believe in a host or an advert, and what is to be known about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.findings import Answering, ApiLook, Finding
from sugarkube_tui.cluster.hosts import Host, HostEvidence
from sugarkube_tui.cluster.layers import LAYER_TITLES
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.tui import words
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.words import Mood

Parts = list[Content | str]


def host_parts(scan: Scan, host: Host) -> Parts:
    """Who it is, why it looks like a Pi, every piece of evidence, its adverts, and all findings."""
    now_ms = scan.listened * 1000
    concerning = [finding for finding in scan.findings if concerns_host(finding, host)]
    parts = [*_findings(concerning), *_identity(host)]
    reasons = [f"  ✔ {reason}" for reason in host.pi_reasons]
    parts += _section("Why it looks like a Pi", reasons, "nothing says so yet")
    believed = [line for evidence in host.evidence for line in _evidence(evidence, now_ms)]
    parts += _section("Why we believe in it", believed, "nothing yet")
    adverts = [line for advert in host.adverts for line in ("", *_advert(scan, advert))]
    parts += _section("k3s adverts", adverts[1:], "none heard")
    return [*parts, *_others(scan, concerning)]


def advert_parts(scan: Scan, advert: Advert) -> Parts:
    """Its records, its API, and all findings."""
    concerning = [finding for finding in scan.findings if concerns_advert(finding, advert)]
    return [*_findings(concerning), *_advert(scan, advert), "", *_others(scan, concerning)]


def finding_line(finding: Finding) -> Content:
    """`▲ what`; `✖` when nothing should join before it is understood."""
    return words.state(mood_of(finding), finding.what)


def mood_of(finding: Finding) -> Mood:
    return Mood.BAD if finding.serious else Mood.WARN


def concerns_host(finding: Finding, host: Host) -> bool:
    return any(map(host.is_called, finding.hosts))


def concerns_advert(finding: Finding, advert: Advert) -> bool:
    return advert.host in finding.hosts and finding.environment in (None, advert.environment)


def api_state(look: ApiLook, advert: Advert) -> Content:
    """What an advertised API was found to do."""
    match look.answer:
        case Answering.ASKING:
            return words.state(Mood.WAIT, "asking")
        case Answering.ANSWERS:
            return words.state(Mood.GOOD, f"answers {words.brief_ms(look.ms or 0.0)}")
        case Answering.SILENT:
            # A server that is being bootstrapped advertises itself before its API is there.
            return (
                words.state(Mood.BAD, "stale")
                if advert.role == "server"
                else words.state(Mood.WAIT, "not yet")
            )


def _identity(host: Host) -> Parts:
    return [
        words.pair("Name", host.name),
        *_values("Also", host.aliases),
        *_values("SSH alias", [host.ssh_alias] if host.ssh_alias else []),
        *_values("Addresses", host.addresses or ("none yet",)),
        *_values("MAC", host.macs),
        *_values("Host key", host.host_keys),
        *_values("SSH server", [host.banner] if host.banner else []),
        "",
    ]


def _values(name: str, values: Iterable[str]) -> Parts:
    return [words.pair(name if index == 0 else "", value) for index, value in enumerate(values)]


def _section(title: str, lines: Sequence[Content | str], none: str) -> Parts:
    return [words.muted(title), *(lines or [words.muted(f"  {none}")]), ""]


def _evidence(evidence: HostEvidence, now_ms: float) -> Parts:
    how = ", ".join(filter(None, (evidence.interface, evidence.family)))
    seen = f"first after {words.ms(evidence.first_ms)}, last {words.ago((now_ms - evidence.last_ms) / 1000)}"
    return [
        f"  · {LAYER_TITLES[evidence.layer]}: {evidence.what}",
        words.muted(f"    {how}; {seen}" if how else f"    {seen}"),
    ]


def _advert(scan: Scan, advert: Advert) -> Parts:
    look = scan.api(advert)
    parts: Parts = [
        Content.assemble(
            words.strong(f"{advert.environment} {advert.role or 'without a role'}  "), api_state(look, advert)
        ),
    ]
    if look.ca_hash:
        parts.append(f"  CA {short_hash(look.ca_hash)} at {look.address}")
    if look.why:
        parts.append(words.muted(f"  {look.why}"))
    parts += [words.muted(f"  {line}") for line in advert.record_lines]
    return parts


def _findings(found: Iterable[Finding]) -> Parts:
    return [part for finding in found for part in (finding_line(finding), words.remedy(finding.remedy), "")]


def _others(scan: Scan, told: Sequence[Finding]) -> Parts:
    others = [finding for finding in scan.findings if finding not in told]
    return [words.muted("Also found on this LAN"), *_findings(others)] if others else []
