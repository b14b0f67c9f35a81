"""Who can hear multicast DNS, and how long it takes."""

from __future__ import annotations

from functools import reduce

import pytest

from sugarkube_tui.cluster.hearing import Hearing, diagnose
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import EchoHeard, HostSeen, Interface, Listening, Platform, Sighting
from sugarkube_tui.cluster.timing import Pace, judge_round

ETH0 = Interface("eth0", "10.0.0.1", "10.0.0.0/24")
WLAN0 = Interface("wlan0", "10.0.1.1", "10.0.1.0/24")
ECHO = EchoHeard("eth0", 1.0)
BY_NAME = HostSeen("a.local", ("10.0.0.5",), Layer.NAMES, "answers to its name", 5.0)
BY_HAND = HostSeen("10.0.0.5", ("10.0.0.5",), Layer.GIVEN, "added by hand", 5.0)


def survey(*sightings: Sighting, platform: Platform = Platform.LINUX) -> Survey:
    return reduce(Survey.fold, (Listening((ETH0,), platform), *sightings), Survey())


def test_whoever_hears_a_name_hears() -> None:
    assert diagnose(survey(ECHO, BY_NAME)).hearing is Hearing.GOOD
    assert diagnose(survey(BY_NAME)).what == ""


@pytest.mark.parametrize(
    ("platform", "word"),
    [(Platform.LINUX, "firewall"), (Platform.MACOS, "Local Network"), (Platform.WSL, "WSL 2")],
)
def test_no_echo_of_our_own_means_that_it_is_blocked_here(platform: Platform, word: str) -> None:
    found = diagnose(survey(BY_HAND, platform=platform))
    assert found.hearing is Hearing.WORKSTATION_DEAF
    assert "eth0" in found.what
    assert word in found.causes[0]


def test_an_echo_on_one_of_two_interfaces_does_not_accuse_this_workstation() -> None:
    both = reduce(Survey.fold, (Listening((ETH0, WLAN0)), ECHO), Survey())
    assert diagnose(both).hearing is Hearing.UNKNOWN


def test_nodes_that_hear_one_another_tell_deafness_here_from_deafness_of_the_lan() -> None:
    assert diagnose(survey(ECHO), {"a": 2, "b": 0}).hearing is Hearing.WORKSTATION_DEAF
    assert diagnose(survey(ECHO), {"a": 0, "b": 0}).hearing is Hearing.LAN_DEAF
    assert diagnose(survey(ECHO)).hearing is Hearing.UNKNOWN


def test_a_blocked_firewall_is_told_even_when_nodes_hear() -> None:
    found = diagnose(survey(), {"a": 2})
    assert "its own questions did not come back" in found.what


@pytest.mark.parametrize(
    ("ms", "pace"), [(0.0, Pace.QUIET), (199.9, Pace.QUIET), (200.0, Pace.BUSY), (1000.0, Pace.SLOW)]
)
def test_rounds_are_judged_as_the_quick_start_does(ms: float, pace: Pace) -> None:
    judgement = judge_round(ms)
    assert judgement.pace is pace
    assert bool(judgement.points_to) == (pace is not Pace.QUIET)
