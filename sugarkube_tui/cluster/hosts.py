"""Hosts: what was seen on the LAN, and why we believe it.  Folds sightings; knows no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from sugarkube_tui.cluster.advert import HTTPS_TYPE, Advert, normal_host
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
    """A host with all evidence for it, oldest first.

    Attributes:
        aliases: other names for the same address, for example `<address>` before its name was known.
    """

    name: str
    addresses: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    adverts: tuple[Advert, ...] = ()
    seen_ms: float = 0.0
    mac: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def short_name(self) -> str:
        return self.name.removesuffix(".local")

    def is_called(self, name: str) -> bool:
        return name == self.name or name in self.aliases

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
        """Adverts without duplicates: one host is heard per service type, interface and family.

        Of the two types the cluster's own one stands for both.
        """
        seen: dict[tuple[Environment, str, str], Advert] = {}
        for host in self.hosts:
            for advert in sorted(host.adverts, key=lambda advert: advert.service_type == HTTPS_TYPE):
                seen.setdefault((advert.environment, advert.host, advert.role), advert)
        return tuple(seen.values())

    def servers_of(self, environment: Environment) -> tuple[Advert, ...]:
        return tuple(
            advert for advert in self.adverts if advert.environment == environment and advert.role == "server"
        )

    def host(self, name: str) -> Host | None:
        name = normal_host(name)
        return next((h for h in self.hosts if h.is_called(name) or name in h.addresses), None)

    def fold(self, sighting: Sighting) -> Survey:
        """The survey with one more sighting."""
        match sighting:
            case HostSeen():
                return self._with_host(
                    sighting.name, sighting.addresses, sighting.evidence, sighting.at_ms, sighting.mac
                )
            case AdvertSeen(advert=advert) if not advert.host:
                return self  # nothing that could be looked up or logged in to
            case AdvertSeen(advert=advert, at_ms=at_ms):
                evidence = f"{advert.service_type} advert"
                survey = self._with_host(advert.host, advert.addresses, evidence, at_ms, "")
                return survey._change(
                    advert.host,
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
        """Hosts of one name or with a common address are one host."""
        new = Host(normal_host(name), _unique(addresses), (evidence,), (), at_ms, mac)
        known = [
            host
            for host in self.hosts
            if host.is_called(new.name) or not set(new.addresses).isdisjoint(host.addresses)
        ]
        known.sort(key=lambda host: host.seen_ms)
        others = [host for host in self.hosts if host not in known]
        return Survey(tuple(sorted((*others, _merged([*known, new])), key=lambda host: host.name)))

    def _change(self, name: str, change: Callable[[Host], Host]) -> Survey:
        name = normal_host(name)
        return Survey(tuple(change(host) if host.is_called(name) else host for host in self.hosts))

    def _pruned(self) -> Survey:
        return Survey(tuple(host for host in self.hosts if host.evidence or host.adverts))


def _merged(hosts: Sequence[Host]) -> Host:
    names = _unique(name for host in hosts for name in (host.name, *host.aliases))
    # A name is worth more than the address, or the search domain's name, that stood in for it.
    best = next((name for name in names if name.endswith(".local")), names[0])
    return Host(
        name=best,
        addresses=_unique(address for host in hosts for address in host.addresses),
        evidence=_unique(evidence for host in hosts for evidence in host.evidence),
        adverts=tuple(advert for host in hosts for advert in host.adverts),
        seen_ms=hosts[0].seen_ms,
        mac=next((host.mac for host in hosts if host.mac), ""),
        aliases=tuple(name for name in names if name != best),
    )


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _same(one: Advert, other: Advert) -> bool:
    return (one.instance, one.service_type) == (other.instance, other.service_type)


def _named(advert: Advert, gone: AdvertGone) -> bool:
    return (advert.instance, advert.service_type) == (gone.instance, gone.service_type)
