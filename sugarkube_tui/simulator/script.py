"""What commands print, line by line, with the seconds that pass before each line."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

Timed = tuple[float, str]
"""Seconds to wait, then the line."""

STABLE = "v1.33.5+k3s1"
_CHANNELS = {"stable": STABLE, "latest": "v1.34.1+k3s1", "testing": "v1.34.1+k3s1"}
_COMMITS = {STABLE: "fab4a5c3", "v1.34.1+k3s1": "24fc436e"}
BINARY_MB = 70.3
_EPOCH = datetime(2025, 11, 24, 7, 30, tzinfo=UTC)
_MIRROR = "http://deb.debian.org/debian"

_PACKAGES = {  # version, kB
    "avahi-daemon": ("0.8-16", 100),
    "avahi-utils": ("0.8-16", 67),
    "libnss-mdns": ("0.15.1-4+b1", 23),
    "libglib2.0-bin": ("2.84.4-3~deb13u1", 132),
    "tcpdump": ("4.99.5-2", 459),
    "curl": ("8.14.1-2", 270),
    "jq": ("1.7.1-6+deb13u1", 77),
    "iptables": ("1.8.11-2", 348),
}


def version_of(channel: str) -> str:
    """The release behind a channel, or the exact version that it is."""
    if "+k3s" in channel:
        return channel
    return _CHANNELS.get(channel, f"{channel}.5+k3s1")


def version_output(version: str) -> str:
    return f"k3s version {version} ({_COMMITS.get(version, '5ab1cf2e')})\ngo version go1.24.6"


def binary_sha256(version: str, suffix: str) -> str:
    """Of the k3s binary of a release.

    Args:
        suffix: that tells its architecture in the file's name.
    """
    return hashlib.sha256(f"k3s{suffix} {version}".encode()).hexdigest()


def journal_line(now: float, level: str, message: str) -> str:
    at = (_EPOCH + timedelta(seconds=now)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"time={json.dumps(at)} level={level} msg={json.dumps(message)}"


def apt(names: Sequence[str], dice: random.Random) -> Iterator[Timed]:
    """`apt-get update` and `apt-get install`, 20 to 40 seconds in all."""
    yield 0.9, f"Hit:1 {_MIRROR} trixie InRelease"
    yield 0.3, f"Get:2 {_MIRROR} trixie-updates InRelease [47.3 kB]"
    yield 0.4, "Get:3 http://deb.debian.org/debian-security trixie-security InRelease [43.4 kB]"
    yield 0.5, "Get:4 http://archive.raspberrypi.com/debian trixie InRelease [54.8 kB]"
    yield 1.6, "Get:5 http://archive.raspberrypi.com/debian trixie/main arm64 Packages [422 kB]"
    yield 1.8, "Fetched 567 kB in 4s (141 kB/s)"
    yield dice.uniform(2.5, 5.0), "Reading package lists..."
    yield 0.6, "Building dependency tree..."
    yield 0.2, "Reading state information..."
    yield 0.3, "The following NEW packages will be installed:"
    yield 0.0, f"  {' '.join(names)}"
    yield 0.0, f"0 upgraded, {len(names)} newly installed, 0 to remove and 0 not upgraded."
    sizes = {name: _PACKAGES.get(name, ("1.0-1", 90)) for name in names}
    total = sum(size for _, size in sizes.values())
    yield 0.0, f"Need to get {total} kB of archives."
    yield 0.0, f"After this operation, {total * 33 // 10} kB of additional disk space will be used."
    for number, (name, (version, size)) in enumerate(sizes.items(), start=1):
        yield (
            dice.uniform(0.2, 0.5),
            f"Get:{number} {_MIRROR} trixie/main arm64 {name} arm64 {version} [{size} kB]",
        )
    yield 0.2, f"Fetched {total} kB in 1s ({total} kB/s)"
    for name, (version, _) in sizes.items():
        yield dice.uniform(0.3, 0.8), f"Selecting previously unselected package {name}."
        yield 0.1, f"Preparing to unpack .../{name}_{version}_arm64.deb ..."
        yield 0.2, f"Unpacking {name} ({version}) ..."
    for name, (version, _) in sizes.items():
        yield dice.uniform(0.4, 1.1), f"Setting up {name} ({version}) ..."
    yield dice.uniform(1.0, 2.5), "Processing triggers for man-db (2.13.1-1) ..."
    yield dice.uniform(0.5, 1.5), "Processing triggers for libc-bin (2.41-12+rpt1) ..."


def installer_before(version: str, suffix: str) -> Iterator[Timed]:
    """get.k3s.io up to the download of the binary."""
    base = f"https://github.com/k3s-io/k3s/releases/download/{version.replace('+', '%2B')}"
    sums = {"": "amd64", "-arm64": "arm64", "-armhf": "arm"}.get(suffix, "arm64")
    yield 0.9, f"[INFO]  Using {version} as release"
    yield 0.1, f"[INFO]  Downloading hash {base}/sha256sum-{sums}.txt"
    yield 0.8, f"[INFO]  Downloading binary {base}/k3s{suffix}"


def installer_after(unit: str, enable: bool) -> Iterator[Timed]:
    """get.k3s.io behind the download: links, scripts, unit."""
    yield 0.3, "[INFO]  Skipping installation of SELinux RPM"
    for tool in ("kubectl", "crictl", "ctr"):
        yield 0.05, f"[INFO]  Creating /usr/local/bin/{tool} symlink to k3s"
    yield 0.05, "[INFO]  Creating killall script /usr/local/bin/k3s-killall.sh"
    yield 0.05, f"[INFO]  Creating uninstall script /usr/local/bin/{unit}-uninstall.sh"
    yield 0.1, f"[INFO]  env: Creating environment file /etc/systemd/system/{unit}.service.env"
    yield 0.05, f"[INFO]  systemd: Creating service file /etc/systemd/system/{unit}.service"
    if not enable:
        return
    yield 0.1, f"[INFO]  systemd: Enabling {unit} unit"
    wants = f"/etc/systemd/system/multi-user.target.wants/{unit}.service"
    yield 1.2, f"Created symlink '{wants}' → '/etc/systemd/system/{unit}.service'."


def unit_file(unit: str, role: str) -> str:
    return (
        "[Unit]\nDescription=Lightweight Kubernetes\nDocumentation=https://k3s.io\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        "[Install]\nWantedBy=multi-user.target\n\n"
        "[Service]\nType=notify\n"
        f"EnvironmentFile=-/etc/systemd/system/{unit}.service.env\n"
        "KillMode=process\nDelegate=yes\nTimeoutStartSec=0\nRestart=always\nRestartSec=5s\n"
        f"ExecStart=/usr/local/bin/k3s \\\n    {role} \\\n\n"
    )


def node_json(name: str, conditions: Mapping[str, bool]) -> str:
    """As much of a Kubernetes node as the probes read."""
    listed = [{"type": kind, "status": str(holds)} for kind, holds in conditions.items()]
    return json.dumps({"kind": "Node", "metadata": {"name": name}, "status": {"conditions": listed}})
