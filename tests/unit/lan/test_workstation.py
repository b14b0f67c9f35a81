"""What kind of computer this is."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.sightings import Platform
from sugarkube_tui.lan.workstation import platform_of


@pytest.mark.parametrize(
    ("system", "release", "platform"),
    [
        ("linux", "6.8.0-45-generic", Platform.LINUX),
        ("linux", "5.15.153.1-microsoft-standard-WSL2", Platform.WSL),
        ("linux", "4.4.0-19041-Microsoft", Platform.WSL),
        ("darwin", "24.1.0", Platform.MACOS),
        ("freebsd14", "14.1-RELEASE", Platform.OTHER),
    ],
)
def test_platforms(system: str, release: str, platform: Platform) -> None:
    assert platform_of(system, release) is platform
