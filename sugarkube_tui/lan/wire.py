"""From DNS-SD records to sightings.  Everything here came from the wire: clean it, or drop it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sugarkube_tui.cluster.advert import HTTPS_TYPE, normal_host, read_advert, usable_host
from sugarkube_tui.cluster.hosts import AdvertGone, AdvertSeen, HostGone, HostSeen, Sighting
from sugarkube_tui.cluster.text import clean_line, decode
from sugarkube_tui.lan.interfaces import is_address

DOMAIN = ".local."
ENUMERATION = "_services._dns-sd._udp.local."
"""Lists all types on the LAN (RFC 6763 §9)."""

HOST_TYPES = ("_ssh._tcp", "_sftp-ssh._tcp", "_workstation._tcp")
ANSWERS = "answers to its name"
BY_HAND = "added by hand"

_K3S_TYPE = re.compile(r"_k3s-[a-z0-9-]{1,58}\._tcp")
_JOIN_LOCK_TYPE = "_k3s-join-lock._tcp"
_MAC = re.compile(r"\[((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\]\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceRecords:
    """What is known of one service instance.

    Attributes:
        kind: its type without domain, for example `_ssh._tcp`.
        instance: its name without type.
        host: the SRV record's target; empty when it is not known.
        addresses: reachable ones only.
        txt: the TXT record, undecoded; a key may come without value.
    """

    kind: str
    instance: str
    host: str = ""
    port: int | None = None
    addresses: tuple[str, ...] = ()
    txt: Mapping[bytes, bytes | None] | None = None


def bare(service_type: str) -> str:
    """A type as it is compared: without domain, lower case."""
    return service_type.lower().removesuffix(DOMAIN)


def is_k3s_type(service_type: str) -> bool:
    """Whether instances of this type say where an API is (a join lock does not; contract §5.4)."""
    kind = bare(service_type)
    return bool(_K3S_TYPE.fullmatch(kind)) and kind != _JOIN_LOCK_TYPE


def sighting_of(records: ServiceRecords, at_ms: float) -> Sighting | None:
    """What these records say; None when that is nothing for us, or nothing usable."""
    if is_k3s_type(records.kind) or records.kind == HTTPS_TYPE:
        txt = {
            decode(key): None if value is None else decode(value)
            for key, value in (records.txt or {}).items()
        }
        if records.kind == HTTPS_TYPE and (txt.get("k3s") or "").strip() != "1":
            return None
        advert = read_advert(
            records.instance, records.kind, records.host, records.port, records.addresses, txt
        )
        return AdvertSeen(advert, at_ms) if advert else None
    host = usable_host(records.host)
    if not host:
        return None
    mac = _MAC.search(clean_line(records.instance, 255))
    return HostSeen(host, records.addresses, f"{records.kind} advert", at_ms, mac[1].lower() if mac else "")


def seen_by_hand(typed: str, at_ms: float = 0.0) -> HostSeen | None:
    """A host that was typed; None for an empty text.  A name's addresses are not known yet."""
    name = normal_host(typed)
    return HostSeen(name, (name,) if is_address(name) else (), BY_HAND, at_ms) if name else None


def goodbye_to(sighting: Sighting) -> Sighting | None:
    """The sighting that takes this one back."""
    match sighting:
        case HostSeen():
            return HostGone(sighting.name, sighting.evidence)
        case AdvertSeen():
            return AdvertGone(sighting.advert.instance, sighting.advert.service_type)
        case _:
            return None
