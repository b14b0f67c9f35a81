"""Sightings: what one look at the LAN tells, piece by piece.  Everything in them was cleaned at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer


@dataclass(frozen=True, slots=True)
class HostSeen:
    """One piece of evidence for a host.

    Attributes:
        name: `<host>.local`, or what was given; empty when only an address is known.
        addresses: IP addresses as text.
        layer: what found it.
        what: the evidence in words, for example `_ssh._tcp advert`.
        at_ms: milliseconds from the start of the look.
        interface: of the workstation, through which the address is reached; empty when that is not known.
        mac: lower case with colons; empty when it is not known.
        host_key: SHA-256 fingerprint as OpenSSH prints it; empty when it is not known.
        banner: the first line that its SSH server sends.
        ssh_alias: what ~/.ssh/config calls it.
    """

    name: str
    addresses: tuple[str, ...]
    layer: Layer
    what: str
    at_ms: float
    interface: str = ""
    mac: str = ""
    host_key: str = ""
    banner: str = ""
    ssh_alias: str = ""


@dataclass(frozen=True, slots=True)
class HostGone:
    """Evidence that was withdrawn: the same name, layer and words as in `HostSeen`."""

    name: str
    layer: Layer
    what: str


@dataclass(frozen=True, slots=True)
class AdvertSeen:
    advert: Advert
    at_ms: float
    interface: str = ""


@dataclass(frozen=True, slots=True)
class AdvertGone:
    instance: str
    service_type: str


@dataclass(frozen=True, slots=True)
class LockSeen:
    """Somebody joins a server by upstream's scripts, and asks others to wait (contract §4.8).

    Attributes:
        instance: `k3s join lock <cluster>/<env>`.
        holder: the host that joins.
    """

    instance: str
    holder: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class LockGone:
    instance: str


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of the workstation.

    Attributes:
        address: its IPv4 address.
        network: in CIDR form, for example `192.168.3.0/24`.
    """

    name: str
    address: str
    network: str


class Platform(StrEnum):
    """What a workstation's silence may come from depends on it."""

    LINUX = "Linux"
    MACOS = "macOS"
    WSL = "WSL"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Listening:
    """The look has begun, on these interfaces and by these layers."""

    interfaces: tuple[Interface, ...]
    platform: Platform = Platform.OTHER
    layers: frozenset[Layer] = USUAL_LAYERS


@dataclass(frozen=True, slots=True)
class EchoHeard:
    """A question of this workstation came back to it: multicast passes its own firewall."""

    interface: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class LayerTold:
    """What a layer has cost so far; sent again when that changes.

    Attributes:
        sent: how many of what `unit` names: questions, reads, connections.
        ms: how long it has been at work; None while it goes on without end.
        note: what it could not do, and why.
    """

    layer: Layer
    sent: int
    unit: str
    ms: float | None = None
    note: str = ""

    @property
    def counted(self) -> str:
        """`3 questions`, `1 question`."""
        return f"{self.sent} {self.unit.removesuffix('s') if self.sent == 1 else self.unit}"


Sighting = (
    HostSeen | HostGone | AdvertSeen | AdvertGone | LockSeen | LockGone | Listening | EchoHeard | LayerTold
)
