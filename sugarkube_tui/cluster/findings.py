"""Findings: what on this LAN an operator should know of before a cluster is formed on it.

Pure: a survey and what the advertised APIs turned out to be go in, findings come out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import SERVICE_LABEL_LIMIT, Environment
from sugarkube_tui.cluster.hosts import Host, Survey
from sugarkube_tui.cluster.token import short_hash


class Answering(StrEnum):
    """What an advertised API was found to do."""

    ASKING = "asking"
    ANSWERS = "answers"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class ApiLook:
    """An advertised API, looked at.

    Attributes:
        address: where it answered.
        ca_hash: of the CA that it serves; empty unless it answers.
        ms: how long that took.
        why: why it is silent.
    """

    answer: Answering = Answering.ASKING
    address: str = ""
    ca_hash: str = ""
    ms: float | None = None
    why: str = ""


ApiLooks = Mapping[tuple[str, int], ApiLook]
"""By host (with `.local`) and port."""


class Kind(StrEnum):
    """What was found; the value is its name in JSON."""

    SPLIT_BRAIN = "split brain"
    NOT_THE_TOKENS = "not the token's cluster"
    STALE = "stale advert"
    SEVERAL_ADVERTS = "several adverts"
    WRONG_RECORDS = "wrong records"
    MANGLED = "mangled environment"
    LONG_LABEL = "long service label"
    RENAMED = "renamed host"
    CLONED = "cloned card"
    SHARED_NAME = "shared name"
    JOIN_LOCK = "join lock"


SERIOUS = frozenset({Kind.SPLIT_BRAIN, Kind.NOT_THE_TOKENS, Kind.CLONED, Kind.SHARED_NAME})
"""Nothing should join before these are understood."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about hosts or an environment.

    Attributes:
        hosts: `.local` names that it concerns.
        environment: which cluster it concerns, if any.
    """

    kind: Kind
    what: str
    remedy: str
    hosts: tuple[str, ...] = ()
    environment: Environment | None = None

    @property
    def serious(self) -> bool:
        return self.kind in SERIOUS


def findings(
    survey: Survey,
    apis: ApiLooks,
    ca_hashes: Mapping[Environment, str],
    now_ms: float,
    expected: Collection[str] = (),
) -> tuple[Finding, ...]:
    """All findings, the serious ones first.

    Args:
        ca_hashes: the CA that an environment's known join token names.
        now_ms: milliseconds since the look began.
        expected: names that hosts are expected to have, with `.local`.
    """
    names = {*expected, *IMAGE_NAMES, *(host.name for host in survey.hosts)}
    found = [
        *_clusters(survey, apis, ca_hashes),
        *(finding for advert in survey.adverts for finding in _advert(advert, apis)),
        *(finding for host in survey.hosts for finding in _host(host, names)),
        *_labels(survey),
        *_clones(survey.hosts),
        *_locks(survey, now_ms),
    ]
    return tuple(sorted(found, key=lambda finding: not finding.serious))


def _look(apis: ApiLooks, advert: Advert) -> ApiLook:
    return apis.get((advert.host, advert.port), ApiLook())


def _clusters(survey: Survey, apis: ApiLooks, ca_hashes: Mapping[Environment, str]) -> Iterator[Finding]:
    served: dict[Environment, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for advert in survey.adverts:
        if value := _look(apis, advert).ca_hash:
            served[advert.environment][value].append(advert.host)
    for environment, by_hash in served.items():
        if len(by_hash) > 1:
            sides = "; ".join(
                f"CA {short_hash(value)}: {', '.join(sorted(set(hosts)))}"
                for value, hosts in sorted(by_hash.items())
            )
            yield Finding(
                Kind.SPLIT_BRAIN,
                f"several clusters answer as {environment} ({sides})",
                "find out which one is yours: its token begins with K10 and its CA's hash; nothing joins "
                "before the others are gone or renamed",
                tuple(sorted({host for hosts in by_hash.values() for host in hosts})),
                environment,
            )
        if expected := ca_hashes.get(environment):
            strangers = sorted({h for value, hosts in by_hash.items() if value != expected for h in hosts})
            if strangers:
                yield Finding(
                    Kind.NOT_THE_TOKENS,
                    f"{', '.join(strangers)}: not the cluster that your {environment} token names "
                    f"(CA {short_hash(expected)})",
                    "no token is sent there; find out which machine it is",
                    tuple(strangers),
                    environment,
                )


def _advert(advert: Advert, apis: ApiLooks) -> Iterator[Finding]:
    environment, host = advert.environment, advert.host
    look = _look(apis, advert)
    where = (host,)
    if look.answer is Answering.SILENT and advert.role == "server":
        yield Finding(
            Kind.STALE,
            f"{host} advertises {environment}, but nobody answers on port {advert.port} ({look.why})",
            f"if it is switched off, its advert fades within 75 minutes; if not, on it: sudo systemctl "
            f"status k3s, or sudo rm {environment.advert_path}",
            where,
            environment,
        )
    if advert.mangled:
        yield Finding(
            Kind.MANGLED,
            f"{host} advertises {environment} under a mangled name ({advert.service_type})",
            "on it: sudo rm '/etc/avahi/services/k3s-*env=*.service', then run sugarkube-tui up",
            where,
            environment,
        )
    elif advert.problems and advert.role == "server":
        yield Finding(
            Kind.WRONG_RECORDS,
            f"{host}'s advert of {environment}: {'; '.join(advert.problems)}",
            "sugarkube-tui up rewrites the advert of a server that it may log in to",
            where,
            environment,
        )


def _labels(survey: Survey) -> Iterator[Finding]:
    for environment in dict.fromkeys(advert.environment for advert in survey.adverts):
        if environment.label_too_long:
            yield Finding(
                Kind.LONG_LABEL,
                f"{environment.service_type.split('.')[0]} is longer than {SERVICE_LABEL_LIMIT} characters",
                "Avahi does not mind; some other mDNS libraries refuse such names (RFC 6335 §5.1)",
                tuple(advert.host for advert in survey.adverts if advert.environment == environment),
                environment,
            )


IMAGE_NAMES = ("raspberrypi.local",)
"""What every fresh image calls itself."""
_RENAMED = re.compile(r"(?P<name>.+)-(?P<number>\d+)\.local")


def _host(host: Host, names: Collection[str]) -> Iterator[Finding]:
    environments = {str(advert.environment) for advert in host.adverts}
    roles = {(str(advert.environment), advert.role) for advert in host.adverts}
    if len(roles) > 1:
        several = ", ".join(f"{environment} ({role or 'no role'})" for environment, role in sorted(roles))
        yield Finding(
            Kind.SEVERAL_ADVERTS,
            f"{host.name} advertises {several}",
            "one node belongs to one cluster: remove the left-over file in its /etc/avahi/services"
            if len(environments) > 1
            else "the bootstrap advert should have been replaced by the server's: restart its avahi-daemon",
            (host.name,),
        )
    sockets: dict[tuple[Environment, str], set[tuple[str, int]]] = defaultdict(set)
    for advert in host.adverts:
        sockets[advert.environment, advert.service_type].add((advert.instance, advert.port))
    for (environment, kind), found in sockets.items():
        if len(found) > 1 and len(roles) == 1:
            ports = ", ".join(sorted({str(port) for _, port in found}))
            yield Finding(
                Kind.SEVERAL_ADVERTS,
                f"{len(found)} adverts of {kind} name {host.name} (port {ports})",
                "one of them may be forged, or a left-over: look into its /etc/avahi/services",
                (host.name,),
                environment,
            )
    renamed = _RENAMED.fullmatch(host.name)
    if renamed and int(renamed["number"]) > 1 and f"{renamed['name']}.local" in names:
        yield Finding(
            Kind.RENAMED,
            f"{host.name} was most likely renamed, because {renamed['name']}.local is taken",
            f"give it a name of its own (sudo hostnamectl set-hostname …), or find what else is called "
            f"{renamed['name']}",
            (host.name,),
        )
    if len(host.host_keys) > 1:
        yield Finding(
            Kind.SHARED_NAME,
            f"more than one machine answers as {host.name} ({', '.join(host.addresses)})",
            "they show different SSH host keys: one of them may pretend; compare the fingerprints on the Pi "
            "itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            (host.name,),
        )


def _clones(hosts: tuple[Host, ...]) -> Iterator[Finding]:
    sharing: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        for key in host.host_keys:
            sharing[key].append(host.name)
    for key, names in sharing.items():
        if len(names) > 1:
            yield Finding(
                Kind.CLONED,
                f"{', '.join(names)} share one SSH host key ({key})",
                "their cards were cloned: on all but one, sudo rm /etc/ssh/ssh_host_*; sudo ssh-keygen -A; "
                "sudo rm /etc/machine-id; sudo systemd-machine-id-setup; then reboot",
                tuple(names),
            )


def _locks(survey: Survey, now_ms: float) -> Iterator[Finding]:
    for lock in survey.locks:
        age = max(0.0, now_ms - lock.first_ms) / 1000
        yield Finding(
            Kind.JOIN_LOCK,
            f"{lock.holder or 'somebody'} holds “{lock.instance}”, for {age:.0f} s at least",
            "a server is being joined by sugarkube's scripts: wait for it; if that host is gone, so will "
            "the lock be",
            (lock.holder,) if lock.holder else (),
        )
