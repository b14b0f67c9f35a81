"""The LAN as seen from the workstation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer

if TYPE_CHECKING:
    from sugarkube_tui.cluster.sightings import Interface, Sighting
    from sugarkube_tui.cluster.typed import TypedHost

BY_HAND = "added by hand"


@dataclass(frozen=True, slots=True)
class Given:
    """A host that the operator named.

    Attributes:
        name: what it is called.
        host: the name or address to look up.
        source: `BY_HAND`, or the file that names it.
        ssh_alias: the name is one of ~/.ssh/config.
        user: to log in as; empty: as for the other hosts.
        port: of its SSH server.
    """

    name: str
    host: str
    source: str = BY_HAND
    ssh_alias: bool = False
    user: str = ""
    port: int = 22

    @classmethod
    def typed(cls, typed: TypedHost, source: str = BY_HAND) -> Given:
        return cls(typed.host, typed.host, source, user=typed.user, port=typed.port)


@dataclass(frozen=True, slots=True)
class Interest:
    """What a look is for, and by which means.

    Attributes:
        environments: whose adverts to browse for.
        names: host names to ask for, with `.local`.
        interfaces: names of the workstation's interfaces to use; empty: all on which Pis may be.
        networks: what the sweep goes through, in CIDR form; empty: the interfaces' own networks.
    """

    environments: tuple[Environment, ...]
    names: tuple[str, ...] = ()
    hosts: tuple[Given, ...] = ()
    layers: frozenset[Layer] = USUAL_LAYERS
    interfaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


HERE = "this workstation"
"""The vantage that is no node."""


@dataclass(frozen=True, slots=True)
class WireLine:
    """One mDNS packet, or a part of it, in words.

    Attributes:
        at_ms: milliseconds from the start of the capture.
        vantage: where it was heard: `HERE`, or a node's name.
    """

    at_ms: float
    vantage: str
    text: str


class Lan(Protocol):
    """The LAN as seen from the workstation."""

    def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        """A fresh look that goes on until the iterator is closed; nothing comes from an older cache.

        Raises:
            SugarkubeError: no interface or socket could be used.
        """
        ...

    def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        """The mDNS packets that speak of these types, of hosts or of their addresses, until closed.

        Raises:
            SugarkubeError: as for `watch`.
        """
        ...

    async def interfaces(self) -> tuple[Interface, ...]:
        """All interfaces on which Pis may be; empty when there is none."""
        ...

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        """A name's addresses, IPv4 first; empty when nobody answers within `timeout` seconds.

        Args:
            fresh: ask a `.local` name on the LAN alone: the system's resolver may answer from a cache.
        """
        ...
