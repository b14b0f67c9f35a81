"""A simulated k3s cluster: its CA and secrets, its members, its quorum."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sugarkube_tui.cluster.token import ca_hash

_UNNOTICED_S = 40.0
"""Seconds for which Kubernetes goes on calling a silent node Ready."""
_STALLED_S = 60.0


@dataclass(slots=True)
class Member:
    """A node as the cluster knows it.

    Attributes:
        voter: of a server in an etcd cluster; None elsewhere.
        ready_at: when its kubelet reports Ready.
        silent_since: when it was heard last; None while it runs.
    """

    name: str
    address: str
    version: str
    server: bool
    labels: Mapping[str, str]
    voter: bool | None
    ready_at: float
    silent_since: float | None = None

    def ready(self, now: float) -> bool:
        if self.silent_since is not None and now - self.silent_since > _UNNOTICED_S:
            return False
        return now >= self.ready_at

    def given_up(self, now: float) -> bool:
        """k3s removes a learner that makes no progress, so that others may join."""
        return self.silent_since is not None and now - self.silent_since > _STALLED_S


@dataclass(slots=True)
class Cluster:
    """What the servers of one cluster share.

    Attributes:
        seed: makes its CA and password; the same seed makes the same cluster.
        datastore: `etcd` or `sqlite`.
    """

    seed: str
    datastore: str
    given_password: str = ""
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def ca_pem(self) -> bytes:
        return pem("CERTIFICATE", f"{self.seed} ca").encode()

    @property
    def password(self) -> str:
        return self.given_password or hashlib.sha256(f"{self.seed} password".encode()).hexdigest()[:32]

    @property
    def token(self) -> str:
        return f"K10{ca_hash(self.ca_pem)}::server:{self.password}"

    @property
    def kubeconfig(self) -> str:
        def encoded(text: str) -> str:
            return base64.b64encode(text.encode()).decode()

        certificate = pem("CERTIFICATE", f"{self.seed} admin")
        key = pem("EC PRIVATE KEY", f"{self.seed} admin key")
        return (
            "apiVersion: v1\nclusters:\n- cluster:\n"
            f"    certificate-authority-data: {encoded(self.ca_pem.decode())}\n"
            "    server: https://127.0.0.1:6443\n  name: default\n"
            "contexts:\n- context:\n    cluster: default\n    user: default\n  name: default\n"
            "current-context: default\nkind: Config\npreferences: {}\n"
            "users:\n- name: default\n  user:\n"
            f"    client-certificate-data: {encoded(certificate)}\n"
            f"    client-key-data: {encoded(key)}\n"
        )

    def learner(self, now: float) -> str:
        """The member that etcd is still bringing up to date; there is one at most."""
        learners = (member for member in self.members.values() if member.voter is False)
        return next((member.name for member in learners if not member.given_up(now)), "")

    @property
    def has_quorum(self) -> bool:
        """More than half of its voters run; a cluster that is just being founded has none yet."""
        servers = [member for member in self.members.values() if member.server and member.voter is not False]
        alive = sum(member.silent_since is None for member in servers)
        return not servers or alive > len(servers) / 2


def pem(kind: str, seed: str) -> str:
    """Text in PEM's shape; nothing in it can be decrypted or verified."""
    data = b"".join(hashlib.sha256(f"{seed} {number}".encode()).digest() for number in range(13))
    text = base64.b64encode(data).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""))
