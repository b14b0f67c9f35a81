"""What the steps' probes find on a simulated Pi, key by key as their shell text would tell it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sugarkube_tui.simulator import script
from sugarkube_tui.simulator.pi import CMDLINE, NSSWITCH, SERVICES_DIRECTORY, Pi
from sugarkube_tui.steps import access, advert, boot, clock, k3s, packages, resolution

_CORRECTED_FOR_S = 300.0


def probe(pi: Pi, step: str) -> Mapping[str, str]:
    """One step's answers; a step that is new to the simulator is an error."""
    answer = _PROBES[step]
    return answer(pi)


def _access(pi: Pi) -> dict[str, str]:
    hardware = pi.hardware
    interface = {
        "ifname": "eth0",
        "address": hardware.mac,
        "addr_info": [{"family": "inet", "local": pi.address, "prefixlen": 24, "scope": "global"}],
    }
    return {
        "hostname": pi.name,
        "model": hardware.model,
        "os_name": hardware.os_name,
        "architecture": hardware.architecture,
        "memory_kb": str(hardware.memory_kb),
        "free_mb": str(hardware.free_mb - (250 if pi.binary else 0)),
        "root_device": hardware.root_device,
        "boot_id": pi.boot_id,
        "machine_id": pi.machine_id,
        "interfaces": json.dumps([interface]),
        "systemd": "yes",
        "host_key": pi.host_key,
        "address": pi.address,
    }


def _boot(pi: Pi) -> dict[str, str]:
    answers = {"running": pi.running_line}
    if pi.cgroup_active:
        answers["active"] = "yes"
    if CMDLINE in pi.files:
        answers |= {"path": CMDLINE, "line": pi.files[CMDLINE], "writable": "yes"}
    return answers


def _packages(pi: Pi) -> dict[str, str]:
    return {"apt": "yes", "installed": "\n".join(f"ii  {name}" for name in sorted(pi.packages))}


def _resolution(pi: Pi) -> dict[str, str]:
    active = "avahi-daemon" in pi.services
    answers = {"active": "active" if active else "inactive", "enabled": "enabled" if active else "disabled"}
    if NSSWITCH in pi.files:
        answers["nsswitch"] = pi.files[NSSWITCH]
    return answers


def _clock(pi: Pi) -> dict[str, str]:
    answers = {
        "uptime": f"{pi.uptime:.2f}",
        "ntp": "yes" if pi.clock_synchronised else "no",
        "workstation_offset_ms": f"{pi.clock_offset_ms:.1f}",
        "accuracy_ms": "3.2",
    }
    if "systemd-timesyncd" in pi.services:
        answers["service"] = "systemd-timesyncd"
    stepped = pi.clock_stepped_at
    if stepped is not None and pi.clock.now() - stepped < _CORRECTED_FOR_S:
        answers["corrected"] = "yes"
    return answers


def _k3s(pi: Pi) -> dict[str, str]:
    service = pi.k3s
    answers: dict[str, str] = {}
    if unit := service.unit:
        answers |= {"unit": unit, "state": service.state, "url": service.url}
        answers["enabled"] = "enabled" if service.enabled else "disabled"
        answers["exec"] = pi.files[f"/etc/systemd/system/{unit}.service"]
    if pi.cluster is not None:
        answers["ca"] = pi.cluster.ca_pem.decode()
        if unit == "k3s":
            answers["datastore"] = pi.cluster.datastore
    if pi.binary is not None:
        answers |= {"version": script.version_output(pi.binary.version), "sha256": pi.binary.sha256}
    answers |= {
        f"file:{path}": text
        for path, text in pi.files.items()
        if path == k3s.CONFIG or (path.startswith(f"{k3s.CONFIG_DIRECTORY}/") and path.endswith(".yaml"))
    }
    if k3s.TOKEN_FILE in pi.files:
        answers["token_hash"] = hashlib.sha256(pi.files[k3s.TOKEN_FILE].encode()).hexdigest()
    if pi.images:
        answers["images"] = "\n".join(f"{size} {name}" for name, size in pi.images.items())
    if service.state == "active":
        if unit == "k3s":
            answers["api"] = service.readyz
        answers["node"] = node(pi)
    return answers


def _advert(pi: Pi) -> dict[str, str]:
    return {path: text for path, text in pi.files.items() if path.startswith(f"{SERVICES_DIRECTORY}k3s-")}


def node(pi: Pi) -> str:
    """The Pi's own node as Kubernetes tells it; empty when the API does not answer."""
    cluster, member = pi.cluster, pi.k3s.member
    if cluster is None or member is None or not cluster.has_quorum:
        return ""
    conditions = {"Ready": member.ready(pi.clock.now())}
    if member.voter is not None:
        conditions["EtcdIsVoter"] = member.voter
    return script.node_json(pi.name, conditions)


_PROBES = {
    access.STEP.id: _access,
    k3s.STEP.id: _k3s,
    boot.STEP.id: _boot,
    packages.STEP.id: _packages,
    resolution.STEP.id: _resolution,
    clock.STEP.id: _clock,
    advert.STEP.id: _advert,
}
