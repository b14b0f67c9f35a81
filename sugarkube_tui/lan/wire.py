"""From DNS-SD records to sightings.  Everything here came from the wire: clean it, or drop it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sugarkube_tui.cluster.advert import HTTPS_TYPE, read_advert, usable_host
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    HostGone,
    HostSeen,
    LockGone,
    LockSeen,
    Sighting,
)
from sugarkube_tui.cluster.text import clean_line, decode

DOMAIN = ".local."
ENUMERATION = "_services._dns-sd._udp.local."
"""Lists all types on the LAN (RFC 6763 §9)."""

JOIN_LOCK_TYPE = "_k3s-join-lock._tcp"
HOST_TYPES = ("_ssh._tcp", "_sftp-ssh._tcp", "_workstation._tcp", "_device-info._tcp")

TXT_LIMIT = 64
"""Strings read of one TXT record; an advert has at most nine (contract §5.1)."""

# A script once put `env=dev` where `dev` belongs (contract §14 no. 22).
_K3S_TYPE = re.compile(r"_k3s-[a-z0-9=-]{1,58}\._tcp")
_MAC = re.compile(r"\[((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\]\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServiceRecords:
    """What is known of one service instance.

    Attributes:
        kind: its type without domain, for example `_ssh._tcp`.
        instance: its name without type.
        host: the SRV record's target; empty when it is not known.
        addresses: reachable ones only.
        interface: of the workstation, through which they are reached.
        txt: the TXT record as it came; empty when it is not known.
    """

    kind: str
    instance: str
    host: str = ""
    port: int | None = None
    addresses: tuple[str, ...] = ()
    interface: str = ""
    txt: bytes = b""


def bare(service_type: str) -> str:
    """A type as it is compared: without domain, lower case."""
    return service_type.lower().removesuffix(DOMAIN)


def is_k3s_type(service_type: str) -> bool:
    """Whether instances of this type say where an API is (a join lock does not; contract §5.4)."""
    kind = bare(service_type)
    return bool(_K3S_TYPE.fullmatch(kind)) and kind != JOIN_LOCK_TYPE


def read_txt(data: bytes) -> dict[str, str | None]:
    """Key → value of a TXT record; None where a key has no `=` (RFC 6763 §6.4).

    Of a key that comes twice the first counts.  Nothing is cleaned yet; `TXT_LIMIT` strings are read.
    """
    found: dict[str, str | None] = {}
    at = 0
    while at < len(data) and len(found) < TXT_LIMIT:
        end = at + 1 + data[at]
        key, equals, value = data[at + 1 : end].partition(b"=")
        if key:
            found.setdefault(decode(key), decode(value) if equals else None)
        at = end
    return found


def sighting_of(records: ServiceRecords, at_ms: float) -> Sighting | None:
    """What these records say; None when that is nothing for us, or nothing usable."""
    if records.kind == JOIN_LOCK_TYPE:
        return _lock(records, at_ms)
    if is_k3s_type(records.kind) or records.kind == HTTPS_TYPE:
        return _advert(records, at_ms)
    host = usable_host(records.host)
    if not host:
        return None
    mac = _MAC.search(clean_line(records.instance, 255))
    return HostSeen(
        host,
        records.addresses,
        Layer.ADVERTS,
        f"{records.kind} advert",
        at_ms,
        records.interface,
        mac=mac[1].lower() if mac else "",
    )


def _advert(records: ServiceRecords, at_ms: float) -> AdvertSeen | None:
    txt = read_txt(records.txt)
    if records.kind == HTTPS_TYPE and (txt.get("k3s") or "").strip() != "1":
        return None
    advert = read_advert(records.instance, records.kind, records.host, records.port, records.addresses, txt)
    return AdvertSeen(advert, at_ms, records.interface) if advert else None


def _lock(records: ServiceRecords, at_ms: float) -> LockSeen:
    said = usable_host(read_txt(records.txt).get("host") or "")
    if said and "." not in said:
        said = f"{said}.local"
    return LockSeen(clean_line(records.instance, 255), said or usable_host(records.host), at_ms)


def goodbye_to(sighting: Sighting) -> Sighting | None:
    """The sighting that takes this one back."""
    match sighting:
        case HostSeen():
            return HostGone(sighting.name, sighting.layer, sighting.what)
        case AdvertSeen():
            return AdvertGone(sighting.advert.instance, sighting.advert.service_type)
        case LockSeen():
            return LockGone(sighting.instance)
        case _:
            return None
