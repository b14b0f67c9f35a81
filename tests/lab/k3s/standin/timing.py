"""How long things take, in one place, so that a test can ask for slow hardware.

`/etc/pilab-k3s.json` overrides any field by name, and an environment variable such as
`PILAB_K3S_LEARNER=20` overrides that. The defaults are a fast Pi's with the waiting taken out: the order of
events is real, the delays are short.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path

OVERRIDES = Path("/etc/pilab-k3s.json")
ENVIRONMENT_PREFIX = "PILAB_K3S_"


@dataclass(frozen=True)
class Timing:
    """Seconds, all of them, except the texts at the end."""

    etcd_start: float = 0.5
    apiserver_start: float = 1.2
    #: between the first `pong` and a complete /readyz
    readyz: float = 0.6
    #: a new member's way from contacting the cluster to running etcd
    etcd_join: float = 1.0
    #: how long a new member only listens before it may vote; no other can be added meanwhile
    learner: float = 4.0
    #: a learner that makes no progress for so long is thrown out
    learner_stall: float = 300.0
    agent_start: float = 1.0
    #: between an agent's attempts to join
    agent_retry: float = 6.0
    #: from registration until the kubelet calls its node Ready
    node_ready: float = 3.0
    heartbeat: float = 5.0
    #: silence after which a node's state is Unknown
    node_grace: float = 20.0
    #: between a server's looks at its peers
    peer_interval: float = 1.0
    #: silence after which a peer does not count towards the quorum
    peer_lost: float = 3.0
    #: a request for which the datastore has no leader
    no_leader: float = 0.5
    #: "static": /etc/hosts and DNS only, as a statically linked program does it; "nss": the system's way
    resolver: str = "static"
    #: which nodes a kubelet's certificate may read: "own", as Kubernetes has it since 1.32; or "all"
    node_reads: str = "own"


def load() -> Timing:
    """The defaults with this machine's overrides."""
    chosen: dict[str, object] = {}
    if OVERRIDES.exists():
        chosen.update(json.loads(OVERRIDES.read_text()))
    for field in fields(Timing):
        text = os.environ.get(ENVIRONMENT_PREFIX + field.name.upper())
        if text is not None:
            chosen[field.name] = text
    values: dict[str, float | str] = {}
    for field in fields(Timing):
        if field.name in chosen:
            raw = chosen[field.name]
            values[field.name] = str(raw) if isinstance(field.default, str) else float(str(raw))
    return Timing(**values)  # type: ignore[arg-type]
