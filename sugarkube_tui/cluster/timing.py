"""How long discovery takes, and what that points to (quick start, "ms_elapsed"; contract §8.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

QUIET_BELOW_MS = 200.0
SLOW_FROM_MS = 1000.0


class Pace(StrEnum):
    QUIET = "quiet"
    BUSY = "busy"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a discovery round's duration says of the LAN.

    Attributes:
        points_to: likely reasons, and what to look at; empty when all is well.
    """

    pace: Pace
    points_to: str = ""


def judge_round(ms_elapsed: float) -> Judgement:
    """Judge the milliseconds from the first question to the last expected answer."""
    if ms_elapsed < QUIET_BELOW_MS:
        return Judgement(Pace.QUIET)
    if ms_elapsed < SLOW_FROM_MS:
        return Judgement(
            Pace.BUSY,
            "multicast flooding, or pod networks that come and go: look for interfaces such as veth or cni "
            "in avahi-daemon.conf's allow-interfaces",
        )
    return Judgement(
        Pace.SLOW,
        "answers get lost and are asked for again: weak Wi-Fi, IGMP snooping without a querier, "
        "or a very busy LAN",
    )
