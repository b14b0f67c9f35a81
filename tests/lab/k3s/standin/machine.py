"""Facts of the machine that k3s reports or depends on."""

from __future__ import annotations

import fcntl
import os
import platform
import socket
import struct
from pathlib import Path

_SIOCGIFADDR = 0x8915
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm"}


class MachineError(RuntimeError):
    """The machine lacks something k3s needs."""


def architecture() -> str:
    """As Go calls it."""
    return _ARCHITECTURES.get(os.uname().machine, os.uname().machine)


def interface_address(name: str) -> str:
    """The IPv4 address of an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name[:15].encode()))
        except OSError as failure:
            raise MachineError(
                f"unable to find interface {name}: route ip+net: no such network interface"
            ) from failure
    return socket.inet_ntoa(answer[20:24])


def main_address() -> str:
    """The address of the default route's interface, else of the first interface that has one."""
    candidates: list[str] = []
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[1] == "00000000":
            candidates.append(columns[0])
    candidates += [name for _, name in socket.if_nameindex() if name != "lo"]
    for name in candidates:
        try:
            return interface_address(name)
        except MachineError:
            continue
    raise MachineError('no default routes found in "/proc/net/route" or "/proc/net/ipv6_route"')


def check_memory_cgroup() -> None:
    """Refuse a machine whose kernel was started without the memory controller, as most Pis are."""
    controllers = Path("/sys/fs/cgroup/cgroup.controllers")
    if controllers.exists():
        if "memory" not in controllers.read_text().split():
            raise MachineError("failed to find memory cgroup (v2)")
        return
    rows = [line.split() for line in Path("/proc/cgroups").read_text().splitlines()]
    if not any(row[0] == "memory" and row[3] == "1" for row in rows):
        raise MachineError(
            'failed to find memory cgroup, you may need to add "cgroup_memory=1 cgroup_enable=memory" '
            "to your linux cmdline (/boot/cmdline.txt on a Raspberry Pi)"
        )


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().splitlines()[0].strip()
    except (OSError, IndexError):
        return ""


def _os_name() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def node_info(version: str) -> dict[str, str]:
    """The `nodeInfo` of a Node."""
    return {
        "architecture": architecture(),
        "bootID": _first_line("/proc/sys/kernel/random/boot_id"),
        "containerRuntimeVersion": "containerd://2.1.4-k3s1",
        "kernelVersion": os.uname().release,
        "kubeProxyVersion": "",
        "kubeletVersion": version,
        "machineID": _first_line("/etc/machine-id"),
        "operatingSystem": "linux",
        "osImage": _os_name(),
        "systemUUID": _first_line("/etc/machine-id"),
    }


def capacity() -> dict[str, str]:
    """What the node has to give."""
    memory = next(
        (
            line.split()[1]
            for line in Path("/proc/meminfo").read_text().splitlines()
            if line.startswith("MemTotal")
        ),
        "0",
    )
    disk = os.statvfs("/")
    return {
        "cpu": str(os.cpu_count() or 1),
        "ephemeral-storage": f"{disk.f_blocks * disk.f_frsize // 1024}Ki",
        "memory": f"{memory}Ki",
        "pods": "110",
    }
