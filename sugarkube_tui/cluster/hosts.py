"""Hosts: what was seen on the LAN, and why we believe it.  Folds sightings; knows no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sugarkube_tui.cluster.advert import API_PORT, HTTPS_TYPE, Advert, normal_host
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.machines import Identity, machines
from sugarkube_tui.cluster.raspberry import has_pi_mac, pi_reasons
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    EchoHeard,
    HostGone,
    HostSeen,
    Interface,
    LayerTold,
    Listening,
    LockGone,
    LockSeen,
    Platform,
    Sighting,
)


@dataclass(frozen=True, slots=True)
class HostEvidence:
    """One reason to believe in a host.

    Attributes:
        what: in words, for example `_ssh._tcp advert`.
        interface: of the workstation; empty when it is not known.
        family: `IPv4`, `IPv6`, both, or empty when no address came with it.
        first_ms: when it was seen first, in milliseconds from the start of the look.
        last_ms: when it was seen last.
    """

    layer: Layer
    what: str
    interface: str
    family: str
    first_ms: float
    last_ms: float


@dataclass(frozen=True, slots=True)
class Host:
    """A host with all evidence for it, oldest first.

    Attributes:
        name: with `.local`, or as it was given, or an address while no name is known.
        addresses: IPv4 first.
        aliases: other names of the same host.
        host_keys: fingerprints of its SSH host key; of more than one, each belongs to another machine.
        banner: of its SSH server; empty while it is not known.
        ssh_alias: what ~/.ssh/config calls it; empty when it does not.
    """

    name: str
    addresses: tuple[str, ...] = ()
    evidence: tuple[HostEvidence, ...] = ()
    adverts: tuple[Advert, ...] = ()
    macs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    host_keys: tuple[str, ...] = ()
    banner: str = ""
    ssh_alias: str = ""

    @property
    def short_name(self) -> str:
        return self.name.removesuffix(".local")

    @property
    def seen_ms(self) -> float:
        """When it was seen first."""
        return min((evidence.first_ms for evidence in self.evidence), default=0.0)

    @property
    def last_ms(self) -> float:
        return max((evidence.last_ms for evidence in self.evidence), default=0.0)

    def evidence_for(self, advert: Advert) -> tuple[HostEvidence, ...]:
        """When and where an advert of this host was heard."""
        what = f"{advert.service_type} advert"
        return tuple(evidence for evidence in self.evidence if evidence.what == what)

    @property
    def pi_reasons(self) -> tuple[str, ...]:
        """Why it looks like a Raspberry Pi; empty when nothing says so."""
        return pi_reasons((self.name, *self.aliases), self.macs, self.banner)

    def is_called(self, name: str) -> bool:
        return name == self.name or name in self.aliases

    @property
    def address(self) -> str:
        """Where to connect: an IPv4 address if one is known, else the name.

        Link-local IPv6 means nothing without a scope, so it is never offered.
        """
        usable = (address for address in self.addresses if not address.lower().startswith("fe80"))
        return next(usable, self.name)


@dataclass(frozen=True, slots=True)
class Lock:
    """Upstream's join lock, as it is advertised.

    Attributes:
        first_ms: since when we have heard it; its real age cannot be known.
    """

    instance: str
    holder: str
    first_ms: float


_HostKey = tuple[str, Layer, str, str]
"""Name (or address), layer, words, interface: the same evidence, seen again."""


@dataclass(frozen=True, slots=True)
class _Fact:
    """A sighting that still holds, and since when."""

    seen: HostSeen
    first_ms: float


@dataclass(frozen=True, slots=True)
class _AdvertFact:
    seen: AdvertSeen
    first_ms: float


@dataclass(frozen=True)
class Survey:
    """All that one look has told so far.

    The order of sightings does not matter: hosts are computed from all that still holds.

    Attributes:
        layers: what each layer has cost.
        used: the layers that are at work.
        echoes: interfaces on which our own questions came back.
        asked_ms: when the first of them did, which is when it was sent; 0 while none has.
    """

    layers: Mapping[Layer, LayerTold] = field(default_factory=dict)
    interfaces: tuple[Interface, ...] = ()
    platform: Platform = Platform.OTHER
    used: frozenset[Layer] = USUAL_LAYERS
    echoes: frozenset[str] = frozenset()
    asked_ms: float = 0.0
    _facts: Mapping[_HostKey, _Fact] = field(default_factory=dict, repr=False)
    _adverts: Mapping[tuple[str, str], _AdvertFact] = field(default_factory=dict, repr=False)
    _locks: Mapping[str, Lock] = field(default_factory=dict, repr=False)

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """By name."""
        return _hosts(self._facts.values(), self._adverts.values())

    @property
    def locks(self) -> tuple[Lock, ...]:
        return tuple(self._locks.values())

    @cached_property
    def adverts(self) -> tuple[Advert, ...]:
        """Adverts without duplicates: one host is heard per service type, interface and family.

        Of the two types the cluster's own one stands for both, and the usual port before another one.
        """
        seen: dict[tuple[Environment, str, str], Advert] = {}
        for host in self.hosts:
            for advert in sorted(host.adverts, key=_least_odd):
                seen.setdefault((advert.environment, advert.host, advert.role), advert)
        return tuple(sorted(seen.values(), key=lambda advert: (str(advert.environment), advert.host)))

    def servers_of(self, environment: Environment) -> tuple[Advert, ...]:
        return tuple(
            advert for advert in self.adverts if advert.environment == environment and advert.role == "server"
        )

    def heard_after_ms(self, environment: Environment) -> dict[str, float]:
        """How long after the first question each of an environment's servers was heard first, by host."""
        found: dict[str, float] = {}
        for fact in sorted(self._adverts.values(), key=lambda fact: fact.first_ms):
            advert = fact.seen.advert
            if advert.environment == environment and advert.role == "server":
                found.setdefault(advert.host, max(0.0, fact.first_ms - self.asked_ms))
        return found

    def host(self, name: str) -> Host | None:
        name = normal_host(name)
        return next((h for h in self.hosts if h.is_called(name) or name in h.addresses), None)

    def fold(self, sighting: Sighting) -> Survey:
        """The survey with one more sighting."""
        match sighting:
            case HostSeen():
                return self._with_host(sighting)
            case HostGone(name=name, layer=layer, what=what):
                name = normal_host(name)
                return replace(
                    self, _facts={k: f for k, f in self._facts.items() if k[:3] != (name, layer, what)}
                )
            case AdvertSeen(advert=advert) if not advert.host:
                return self  # nothing that could be looked up or logged in to
            case AdvertSeen(advert=advert):
                key = (advert.instance, advert.service_type)
                known = self._adverts.get(key)
                first_ms = known.first_ms if known else sighting.at_ms
                return replace(self, _adverts={**self._adverts, key: _AdvertFact(sighting, first_ms)})
            case AdvertGone(instance=instance, service_type=kind):
                return replace(
                    self, _adverts={k: f for k, f in self._adverts.items() if k != (instance, kind)}
                )
            case LockSeen(instance=instance):
                lock = self._locks.get(instance)
                held = lock.first_ms if lock and lock.holder == sighting.holder else sighting.at_ms
                return replace(self, _locks={**self._locks, instance: Lock(instance, sighting.holder, held)})
            case LockGone(instance=instance):
                return replace(self, _locks={k: v for k, v in self._locks.items() if k != instance})
            case Listening(interfaces=interfaces, platform=platform, layers=used):
                return replace(self, interfaces=interfaces, platform=platform, used=used)
            case EchoHeard(interface=interface):
                asked_ms = self.asked_ms or sighting.at_ms
                return replace(self, echoes=self.echoes | {interface}, asked_ms=asked_ms)
            case LayerTold(layer=layer):
                return replace(self, layers={**self.layers, layer: sighting})

    def _with_host(self, seen: HostSeen) -> Survey:
        name = normal_host(seen.name)
        subject = name or next(iter(seen.addresses), "")
        if not subject:
            return self
        key = (subject, seen.layer, seen.what, seen.interface)
        known = self._facts.get(key)
        fact = _Fact(replace(seen, name=name), known.first_ms if known else seen.at_ms)
        return replace(self, _facts={**self._facts, key: fact})


def _hosts(facts: Iterable[_Fact], adverts: Iterable[_AdvertFact]) -> tuple[Host, ...]:
    heard = [(_heard_by(fact), fact.seen.advert) for fact in adverts]
    pieces = [*((fact, None) for fact in facts), *heard]
    groups = machines([_identity(fact.seen) for fact, _ in pieces])
    hosts = [
        _host([pieces[index] for index in group])
        for group in groups
        if any(_speaks(pieces[index][0].seen) for index in group)
    ]
    return tuple(sorted(hosts, key=lambda host: host.name))


def _least_odd(advert: Advert) -> tuple[bool, bool]:
    return advert.port != API_PORT, advert.service_type == HTTPS_TYPE


def _heard_by(fact: _AdvertFact) -> _Fact:
    """An advert is evidence for its host, too."""
    advert = fact.seen.advert
    what = f"{advert.service_type} advert"
    seen = HostSeen(advert.host, advert.addresses, Layer.ADVERTS, what, fact.seen.at_ms, fact.seen.interface)
    return _Fact(seen, fact.first_ms)


def _identity(seen: HostSeen) -> Identity:
    return Identity(seen.name, seen.addresses, seen.mac, seen.host_key)


def _host(pieces: Sequence[tuple[_Fact, Advert | None]]) -> Host:
    pieces = sorted(pieces, key=lambda piece: piece[0].first_ms)
    facts = [fact for fact, _ in pieces]
    seen = [fact.seen for fact in facts]
    addresses = _unique(address for one in seen for address in one.addresses)
    names = _unique(one.name for one in seen if one.name) or (_first_address(facts),)
    # A name is worth more than the address, or the search domain's name, that stood in for it.
    best = next((name for name in names if name.endswith(".local")), names[0])
    evidence: dict[tuple[Layer, str, str], HostEvidence] = {}
    for fact in facts:
        key = (fact.seen.layer, fact.seen.what, fact.seen.interface)
        new = HostEvidence(*key, _family(fact.seen.addresses), fact.first_ms, fact.seen.at_ms)
        known = evidence.get(key)
        evidence[key] = replace(known, last_ms=max(known.last_ms, new.last_ms)) if known else new
    return Host(
        name=best,
        addresses=tuple(sorted(addresses, key=_is_six)),
        evidence=tuple(evidence.values()),
        adverts=tuple(advert for _, advert in pieces if advert is not None),
        macs=_unique(one.mac for one in seen if one.mac),
        aliases=tuple(name for name in names if name != best),
        host_keys=_unique(one.host_key for one in seen if one.host_key),
        banner=next((one.banner for one in seen if one.banner), ""),
        ssh_alias=next((one.ssh_alias for one in seen if one.ssh_alias), ""),
    )


def _first_address(facts: Iterable[_Fact]) -> str:
    """What a host without a name is called; of two that came at the same moment, always the same one."""
    _, addresses = min((fact.first_ms, fact.seen.addresses) for fact in facts if fact.seen.addresses)
    return addresses[0]


def _speaks(seen: HostSeen) -> bool:
    """Whether this makes a host by itself.

    The neighbour table lists whatever was on the LAN lately, so alone it only speaks for Pis; and
    ~/.ssh/config lists what may be anywhere.
    """
    return has_pi_mac(seen.mac) if seen.layer is Layer.NEIGHBOURS else not seen.ssh_alias


def _family(addresses: Iterable[str]) -> str:
    return " ".join(
        _unique("IPv6" if _is_six(address) else "IPv4" for address in sorted(addresses, key=_is_six))
    )


def _is_six(address: str) -> bool:
    return ":" in address


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
