"""Hosts: what was seen on the LAN, and why we believe it.  Folds sightings; knows no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sugarkube_tui.cluster.advert import Advert, normal_host
from sugarkube_tui.cluster.environment import Environment


@dataclass(frozen=True, slots=True)
class HostSeen:
    """One piece of evidence for a host.

    Attributes:
        name: `<host>.local`, or what was typed by hand.
        addresses: IP addresses as text.
        evidence: where it comes from, for example `_ssh._tcp advert` or `name answers`.
        at_ms: milliseconds from the start of the scan.
    """

    name: str
    addresses: tuple[str, ...]
    evidence: str
    at_ms: float
    mac: str = ""


@dataclass(frozen=True, slots=True)
class AdvertSeen:
    advert: Advert
    at_ms: float


@dataclass(frozen=True, slots=True)
class HostGone:
    """A goodbye: the service instance was withdrawn."""

    name: str
    evidence: str


@dataclass(frozen=True, slots=True)
class AdvertGone:
    instance: str
    service_type: str


Sighting = HostSeen | AdvertSeen | HostGone | AdvertGone


@dataclass(frozen=True, slots=True)
class Host:
    """A host with all evidence for it, oldest first."""

    name: str
    addresses: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    adverts: tuple[Advert, ...] = ()
    seen_ms: float = 0.0
    mac: str = ""

    @property
    def short_name(self) -> str:
        return self.name.removesuffix(".local")

    @property
    def address(self) -> str:
        """Where to connect: an IPv4 address if one is known, else the name."""
        usable = (address for address in self.addresses if not address.lower().startswith("fe80"))
        return next(usable, self.name)


@dataclass(frozen=True, slots=True)
class Survey:
    """All hosts of a scan so far, by name."""

    hosts: tuple[Host, ...] = ()

    @property
    def adverts(self) -> tuple[Advert, ...]:
        """Adverts without duplicates: one host is heard per service type, interface and family."""
        seen: dict[tuple[Environment, str, str], Advert] = {}
        for host in self.hosts:
            for advert in host.adverts:
                seen.setdefault((advert.environment, advert.host, advert.role), advert)
        return tuple(seen.values())

    def servers_of(self, environment: Environment) -> tuple[Advert, ...]:
        return tuple(
            advert for advert in self.adverts if advert.environment == environment and advert.role == "server"
        )

    def host(self, name: str) -> Host | None:
        name = normal_host(name)
        return next((host for host in self.hosts if host.name == name or name in host.addresses), None)

    def fold(self, sighting: Sighting) -> Survey:
        """The survey with one more sighting."""
        match sighting:
            case HostSeen():
                return self._with_host(
                    sighting.name, sighting.addresses, sighting.evidence, sighting.at_ms, sighting.mac
                )
            case AdvertSeen(advert=advert, at_ms=at_ms):
                evidence = f"{advert.service_type} advert"
                survey = self._with_host(
                    advert.host or advert.instance, advert.addresses, evidence, at_ms, ""
                )
                return survey._change(
                    advert.host or advert.instance,
                    lambda host: replace(
                        host, adverts=(*(a for a in host.adverts if not _same(a, advert)), advert)
                    ),
                )
            case HostGone(name=name, evidence=evidence):
                return self._change(
                    name,
                    lambda host: replace(host, evidence=tuple(e for e in host.evidence if e != evidence)),
                )._pruned()
            case AdvertGone():
                return Survey(
                    tuple(
                        replace(
                            host,
                            adverts=tuple(a for a in host.adverts if not _named(a, sighting)),
                            evidence=tuple(
                                e
                                for e in host.evidence
                                if e != f"{sighting.service_type} advert"
                                or not any(_named(a, sighting) for a in host.adverts)
                            ),
                        )
                        for host in self.hosts
                    )
                )._pruned()

    def _with_host(
        self, name: str, addresses: tuple[str, ...], evidence: str, at_ms: float, mac: str
    ) -> Survey:
        name = normal_host(name)
        known = next(
            (h for h in self.hosts if h.name == name or (addresses and set(addresses) & set(h.addresses))),
            None,
        )
        if known is None:
            new = Host(name, _unique(addresses), (evidence,), (), at_ms, mac)
            return Survey(tuple(sorted((*self.hosts, new), key=lambda host: host.name)))
        # A name is worth more than the address that stood in for it.
        better = name if name.endswith(".local") and not known.name.endswith(".local") else known.name
        merged = replace(
            known,
            name=better,
            addresses=_unique((*known.addresses, *addresses)),
            evidence=_unique((*known.evidence, evidence)),
            mac=known.mac or mac,
        )
        others = (host for host in self.hosts if host is not known)
        return Survey(tuple(sorted((*others, merged), key=lambda host: host.name)))

    def _change(self, name: str, change: Callable[[Host], Host]) -> Survey:
        name = normal_host(name)
        return Survey(tuple(change(host) if host.name == name else host for host in self.hosts))

    def _pruned(self) -> Survey:
        return Survey(tuple(host for host in self.hosts if host.evidence or host.adverts))


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _same(one: Advert, other: Advert) -> bool:
    return (one.instance, one.service_type) == (other.instance, other.service_type)


def _named(advert: Advert, gone: AdvertGone) -> bool:
    return (advert.instance, advert.service_type) == (gone.instance, gone.service_type)
