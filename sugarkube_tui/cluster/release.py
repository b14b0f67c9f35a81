"""How a k3s release calls the architectures that it is made for."""

from __future__ import annotations

RELEASE_SUFFIXES = {"x86_64": "", "aarch64": "-arm64", "armv7l": "-armhf"}
"""`uname -m` → what the k3s release appends to its binary's name; no other has one."""
_RELEASE_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def release_name(architecture: str) -> str:
    """The k3s release's word for `uname -m`: amd64, arm64 or arm."""
    return _RELEASE_NAMES.get(architecture, architecture)
