"""What the scan says while it has found nothing: where it listened, why, what next, and what it tried."""

from __future__ import annotations

from textual.content import Content

from sugarkube_tui.cluster.layers import LAYER_TITLES, Layer
from sugarkube_tui.cluster.sightings import LayerTold
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.words import Mood


def silence_parts(scan: Scan, keys: KeyNames) -> list[Content | str]:
    """The lines for a scan without hosts."""
    where = ", ".join(f"{one.name} ({one.address})" for one in scan.survey.interfaces) or "no interface yet"
    if not scan.settled:
        return [words.state(Mood.BUSY, f"Listening on the LAN: {where} …"), "", *_tried(scan)]
    diagnosis = scan.diagnosis
    parts: list[Content | str] = [
        words.state(Mood.BAD, f"Nothing found after {scan.listened:.0f} s on {where}")
    ]
    if diagnosis.what:
        parts.append(words.state(Mood.WARN, diagnosis.what))
    parts += [words.remedy(_next(scan, keys)), ""]
    if diagnosis.causes:
        parts += [words.muted("Likely causes"), *(f"  · {cause}" for cause in diagnosis.causes), ""]
    return [*parts, *_tried(scan)]


def _next(scan: Scan, keys: KeyNames) -> str:
    by_hand = f"{keys['scan.add_host']} adds a host by name or address"
    if scan.means.sweeping or not scan.means.sweepable:
        return f"{by_hand}; {keys['scan.rescan']} looks again"
    networks = " and ".join(scan.means.sweepable)
    return f"{keys['scan.sweep']} sweeps {networks} for SSH servers, without multicast; {by_hand}"


def _tried(scan: Scan) -> list[Content | str]:
    interest = scan.interest
    costs = scan.survey.layers
    tried = [LAYER_TITLES[layer] + _cost(costs.get(layer)) for layer in Layer if layer in interest.layers]
    off = [LAYER_TITLES[layer] for layer in Layer if layer not in interest.layers]
    parts: list[Content | str] = [words.pair("Tried", " · ".join(tried) or "nothing", 6)]
    if off:
        parts.append(words.pair("Off", " · ".join(off), 6))
    if Layer.NAMES in interest.layers:
        first, second, *_, last = interest.names
        parts.append(words.pair("Names", f"{first}, {second} … {last}", 6))
    return parts


def _cost(told: LayerTold | None) -> str:
    if told is None:
        return ""
    took = f", {words.ms(told.ms)}" if told.ms is not None else ""
    note = f" (▲ {told.note})" if told.note else ""
    return f": {told.counted}{took}{note}"
