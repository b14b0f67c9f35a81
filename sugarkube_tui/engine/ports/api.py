"""Kubernetes from outside: its API servers and its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sugarkube_tui.cluster.secrets import Secret


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What an API server says of itself before anyone logs in.

    Attributes:
        ca_pem: the bytes that `/cacerts` serves.
        names: DNS names and IP addresses in its certificate.
        certificate: the certificate in words, line by line.
    """

    ca_pem: bytes
    names: tuple[str, ...]
    certificate: tuple[str, ...] = ()


class Api(Protocol):
    """An API server's address, as seen from the workstation."""

    async def connect(self, host: str, port: int, timeout: float) -> None:
        """Open and close a TCP connection.  Raises OSError or TimeoutError."""
        ...

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        """Fetch certificate and `/cacerts`, unauthenticated.  Raises OSError or TimeoutError."""
        ...


@dataclass(frozen=True, slots=True)
class KubeNode:
    """A node as Kubernetes lists it.

    Attributes:
        state: `Ready`, `NotReady` or `Unknown`.
        roles: `control-plane`, `etcd`, ….
    """

    name: str
    state: str
    roles: tuple[str, ...] = ()
    version: str = ""
    addresses: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


class Kubernetes(Protocol):
    """The Kubernetes API, through its client library."""

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        """List nodes at `host` with the credentials of a k3s kubeconfig, verifying its CA.

        Raises:
            SugarkubeError: what went wrong, in the operator's words.
        """
        ...
