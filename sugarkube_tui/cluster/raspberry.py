"""What speaks for a host being a Raspberry Pi, before anyone has logged in."""

from __future__ import annotations

import re
from functools import cache

_IMAGE_NAME = re.compile(r"raspberrypi(-\d+)?")


@cache
def mac_prefixes() -> frozenset[str]:
    """First halves of MAC addresses that belong to Raspberry Pi, for example `d8:3a:dd`."""
    import tomllib  # both are needed when the first host is heard, and not before
    from importlib.resources import files

    text = files(__package__).joinpath("raspberry_pi_macs.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["prefixes"])


def has_pi_mac(mac: str) -> bool:
    return mac[:8] in mac_prefixes()


def pi_reasons(names: tuple[str, ...], macs: tuple[str, ...], banner: str) -> tuple[str, ...]:
    """Why this host looks like a Raspberry Pi, the best reason first; empty when nothing says so.

    None of them is certain: USB adapters and carrier boards have other MAC addresses, and anyone can
    take a name.  Only the board's own model, read after login, is.

    Args:
        names: short or with `.local`.
        macs: lower case with colons.
        banner: of its SSH server.
    """
    reasons = [f"MAC {mac} belongs to Raspberry Pi" for mac in macs if has_pi_mac(mac)]
    if "raspbian" in banner.lower():
        reasons.append("its SSH server was built for Raspberry Pi OS")
    if any(_IMAGE_NAME.fullmatch(name.removesuffix(".local")) for name in names):
        reasons.append("a fresh Raspberry Pi OS has this name")
    return tuple(reasons)
