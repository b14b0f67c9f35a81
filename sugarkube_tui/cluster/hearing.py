"""Hearing: why this workstation hears nothing, or less than others do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import Interface, Platform

MULTICAST_LAYERS = frozenset({Layer.ADVERTS, Layer.NAMES, Layer.REVERSE})


class Hearing(StrEnum):
    """Who can hear multicast DNS."""

    GOOD = "everybody hears"
    WORKSTATION_DEAF = "this workstation cannot hear"
    LAN_DEAF = "the LAN cannot hear"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with hearing, as far as it can be told from here.

    Attributes:
        what: one sentence; empty when nothing is wrong.
        causes: likely ones, the likeliest first, each with what to do about it.
    """

    hearing: Hearing
    what: str = ""
    causes: tuple[str, ...] = ()


def silent_interfaces(survey: Survey) -> tuple[Interface, ...]:
    """Interfaces on which not even our own questions came back."""
    return tuple(interface for interface in survey.interfaces if interface.name not in survey.echoes)


def diagnose(survey: Survey, node_heard: Mapping[str, int] | None = None) -> Diagnosis:
    """Compare what we hear with what we said, and with what nodes hear.

    Args:
        survey: a look that has gone on long enough.
        node_heard: how many servers each node hears, itself not counted; None when no node was asked.
    """
    if not survey.interfaces or not survey.used & MULTICAST_LAYERS:
        return Diagnosis(Hearing.UNKNOWN)  # nobody has listened
    heard_here = any(_by_multicast(survey))
    deaf = silent_interfaces(survey)
    others_hear = any((node_heard or {}).values())
    if survey.interfaces and len(deaf) == len(survey.interfaces) and not heard_here:
        names = ", ".join(interface.name for interface in deaf)
        return Diagnosis(
            Hearing.WORKSTATION_DEAF,
            f"multicast is blocked on this workstation: its own questions did not come back on {names}",
            _blocked_here(survey.platform),
        )
    if not heard_here and others_hear:
        return Diagnosis(
            Hearing.WORKSTATION_DEAF,
            "the nodes hear one another, but this workstation hears nobody",
            (
                "it is on another network segment, VLAN or guest Wi-Fi than the Pis: connect it to theirs",
                "its access point keeps multicast from it: use a cable",
                *_blocked_here(survey.platform)[:1],
            ),
        )
    if not heard_here and node_heard is not None and not others_hear:
        return Diagnosis(Hearing.LAN_DEAF, "neither this workstation nor any node hears an advert", _LAN)
    if not heard_here:
        return Diagnosis(
            Hearing.UNKNOWN, "this workstation's questions went out, and nobody answered", _NOBODY
        )
    return Diagnosis(Hearing.GOOD)


def _by_multicast(survey: Survey) -> tuple[str, ...]:
    return tuple(
        host.name
        for host in survey.hosts
        if any(evidence.layer in MULTICAST_LAYERS for evidence in host.evidence)
    )


_LAN = (
    "the switch or access point drops multicast (UDP 5353): IGMP snooping without a querier, client "
    "isolation, or a guest network",
    "avahi-daemon is not running on the servers: sudo systemctl status avahi-daemon",
    "no server is advertised: sugarkube-tui up writes the adverts",
)
_NOBODY = (
    "the Pis are off, still booting, or have another host name",
    "this workstation is on another network than they are, or on a guest Wi-Fi",
    "the switch or access point drops multicast (UDP 5353)",
)


def _blocked_here(platform: Platform) -> tuple[str, ...]:
    match platform:
        case Platform.MACOS:
            return (
                "macOS keeps this terminal from the local network: System Settings › Privacy & Security › "
                "Local Network, allow the terminal, and restart it",
                "a VPN or a firewall such as Little Snitch is active",
            )
        case Platform.WSL:
            return (
                "WSL 2 has a network of its own: set networkingMode=mirrored in .wslconfig and run "
                "wsl --shutdown; or run this program on Windows' side of the network, or on a Pi",
            )
        case _:
            return (
                "its firewall drops UDP 5353: sudo ufw allow mdns; sudo firewall-cmd --add-service=mdns; "
                "or look for it in: sudo nft list ruleset",
                "a VPN takes all traffic: disconnect it, or let it spare the LAN",
            )
