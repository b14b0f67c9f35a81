"""How far a download is, from what the installer and whoever watches its file print."""

from __future__ import annotations

import re

_BEGINS = re.compile(r"^\[INFO\] +Downloading binary (https://[\w.+%:/~-]+)$")
_HAS = re.compile(r"^(\d{1,15})(?: (\d{1,15}))?$")


def url_in(line: str) -> str:
    """What the k3s installer begins to download with this line; empty for any other line."""
    found = _BEGINS.match(line.strip())
    return found[1] if found else ""


def progress_in(line: str) -> tuple[float, str] | tuple[None, str] | None:
    """Share (None: the size is not known) and words, from a line of `scripts.watch_download`."""
    found = _HAS.match(line.strip())
    if found is None:
        return None
    has, size = int(found[1]), int(found[2] or 0)
    if not size or has > size:
        return None, f"{has / 1e6:.1f} MB"
    return has / size, f"{has / 1e6:.1f} of {size / 1e6:.1f} MB"
