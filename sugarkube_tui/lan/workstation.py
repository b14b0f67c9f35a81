"""What kind of computer this is."""

from __future__ import annotations

import os
import sys

from sugarkube_tui.cluster.sightings import Platform


def this_platform() -> Platform:
    return platform_of(sys.platform, os.uname().release)


def platform_of(system: str, release: str) -> Platform:
    """The platform.

    Args:
        system: as `sys.platform` says.
        release: of the kernel; WSL's names its maker.
    """
    if system == "darwin":
        return Platform.MACOS
    if not system.startswith("linux"):
        return Platform.OTHER
    return Platform.WSL if "microsoft" in release.lower() else Platform.LINUX
