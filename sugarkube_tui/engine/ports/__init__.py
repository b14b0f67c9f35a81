"""Ports: everything outside the engine, as small Protocols.  Adapters implement them; tests and the
simulator do, too."""

from __future__ import annotations

from sugarkube_tui.engine.ports.api import Api, KubeNode, Kubernetes, ServerIdentity
from sugarkube_tui.engine.ports.lan import BY_HAND, HERE, Given, Interest, Lan, WireLine
from sugarkube_tui.engine.ports.machines import Answers, Machine, Machines, Progress
from sugarkube_tui.engine.ports.ssh import (
    DEFAULT_USER,
    CommandResult,
    Connector,
    Greeter,
    HostKeys,
    LineSink,
    Login,
    Shell,
    SshAdvice,
    SshSettings,
    Target,
)
from sugarkube_tui.engine.ports.world import Clock, Tour, World

__all__ = [
    "BY_HAND",
    "DEFAULT_USER",
    "HERE",
    "Answers",
    "Api",
    "Clock",
    "CommandResult",
    "Connector",
    "Given",
    "Greeter",
    "HostKeys",
    "Interest",
    "KubeNode",
    "Kubernetes",
    "Lan",
    "LineSink",
    "Login",
    "Machine",
    "Machines",
    "Progress",
    "ServerIdentity",
    "Shell",
    "SshAdvice",
    "SshSettings",
    "Target",
    "Tour",
    "WireLine",
    "World",
]
