"""How far apt-get is, read from what it prints."""

from __future__ import annotations

import random

from sugarkube_tui.engine.apt import AptProgress
from sugarkube_tui.simulator.script import apt


def test_a_whole_installation_goes_from_nothing_to_all() -> None:
    progress, shares = AptProgress(), []
    for _, line in apt(("jq", "curl", "tcpdump"), random.Random(1)):
        if progress.read(line):
            shares.append(progress.share)
    assert shares[0] == 0
    assert shares == sorted(shares, key=lambda share: share or 0)
    assert shares[-1] == 1
    assert progress.seen == "3 of 3 packages set up"


def test_lines_before_the_number_of_packages_is_known_say_nothing() -> None:
    progress = AptProgress()
    assert not progress.read("Get:5 http://deb.debian.org/debian trixie/main arm64 Packages [422 kB]")
    assert not progress.read("Setting up jq (1.7) ...")
    assert progress.share is None


def test_packages_of_a_foreign_architecture_are_counted_once() -> None:
    progress = AptProgress()
    progress.read("0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.")
    assert progress.read("Unpacking libjq1:arm64 (1.7) ...")
    assert progress.read("Unpacking libjq1 (1.7) ...")
    assert progress.seen == "1 of 2 packages unpacked"
