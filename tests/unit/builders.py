"""Facts and goals for tests: a fresh Pi, and what is to become of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sugarkube_tui.cluster.choices import Choices, Goal, JoinPoint, Role
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.facts import (
    AccessFacts,
    BootFacts,
    ClockFacts,
    Interface,
    K3sFacts,
    NodeFacts,
    PackageFacts,
    ResolutionFacts,
)
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.steps.packages import WANTED

BOOT_LINE = "console=serial0,115200 console=tty1 root=PARTUUID=8a1b2c3d-02 rootfstype=ext4 rootwait quiet\n"
CA = "ab" * 32
OTHER_CA = "cd" * 32
TOKEN_TEXT = f"K10{CA}::server:{'5' * 32}"
VERSION = "v1.33.5+k3s1"


def token(source: str = "sugarkube0", ca: str = CA) -> JoinToken:
    return parse_token(f"K10{ca}::server:{'5' * 32}", source)


def password(text: str = "a-short-secret") -> JoinToken:
    return JoinToken(Secret(text), Secret(text), None, "SUGARKUBE_TOKEN_DEV")


def access(number: int = 0, **changes: Any) -> AccessFacts:
    facts = AccessFacts(
        hostname=f"sugarkube{number}",
        model="Raspberry Pi 5 Model B Rev 1.0",
        os_name="Debian GNU/Linux 12 (bookworm)",
        architecture="aarch64",
        memory_mb=8000,
        free_mb=20_000,
        root_device="/dev/nvme0n1p2",
        boot_id=f"boot-{number}",
        machine_id=f"machine-{number}",
        address=f"192.168.3.{10 + number}",
        interfaces=(Interface("eth0", f"2c:cf:67:00:00:0{number}", (f"192.168.3.{10 + number}",)),),
        host_key=f"SHA256:{number}",
    )
    return replace(facts, **changes)


def fresh(number: int = 0, **changes: Any) -> NodeFacts:
    """A Pi as it comes from the imager."""
    facts = NodeFacts(
        access=access(number),
        boot=BootFacts(False, "/boot/firmware/cmdline.txt", BOOT_LINE, BOOT_LINE.strip(), True),
        packages=PackageFacts(WANTED),
        resolution=ResolutionFacts("passwd: files\nhosts:          files dns\n", False, False),
        clock=ClockFacts("systemd-timesyncd", True, None, 3.0, 2.0, 500.0),
    )
    return replace(facts, **changes)


def prepared(number: int = 0, **changes: Any) -> NodeFacts:
    """A Pi with everything but k3s."""
    facts = fresh(
        number,
        boot=BootFacts(True, "/boot/firmware/cmdline.txt", BOOT_LINE, BOOT_LINE.strip(), True),
        packages=PackageFacts(),
        resolution=ResolutionFacts("hosts: files mdns4_minimal [NOTFOUND=return] dns\n", True, True),
    )
    return replace(facts, **changes)


def server_k3s(**changes: Any) -> K3sFacts:
    """A server of sugar/dev that runs."""
    facts = K3sFacts(
        unit="k3s",
        state="active",
        enabled=True,
        environment="sugar/dev",
        version=VERSION,
        ca_hash=CA,
        datastore="etcd",
        api="ok",
        node_state="Ready",
    )
    return replace(facts, **changes)


def agent_k3s(**changes: Any) -> K3sFacts:
    facts = K3sFacts(
        unit="k3s-agent",
        state="active",
        enabled=True,
        unit_url="https://sugarkube0.local:6443",
        environment="sugar/dev",
        joined=True,
        version=VERSION,
        ca_hash=CA,
        node_state="Ready",
    )
    return replace(facts, **changes)


def choices(servers: int = 3, environment: str = "dev", **changes: Any) -> Choices:
    return replace(Choices(environment=Environment(environment), servers=servers), **changes)


def goal(role: Role = Role.FIRST_SERVER, number: int = 0, **changes: Any) -> Goal:
    joined = None if role is Role.FIRST_SERVER else JoinPoint("sugarkube0.local", CA)
    made = Goal(choices(), role, f"sugarkube{number}", embedded_etcd=True, join=joined, version=VERSION)
    return replace(made, **changes)
