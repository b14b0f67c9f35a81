"""The advert: the DNS-SD service instance by which a server says where its API is (contract §5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.text import clean_line

API_PORT = 6443
HTTPS_TYPE = "_https._tcp"
NAME_LIMIT = 63

_SLUG = re.compile(r"_k3s-(?P<cluster>.+)-(?P<environment>[^-.]+)\._tcp")
_INSTANCE = re.compile(
    r"k3s-(?P<cluster>[^@]+)-(?P<environment>[^-@]+)@(?P<host>[^ ()]+)(?: \((?P<role>\w+)\).*)?"
)
_JOIN_LOCK_TYPE = "_k3s-join-lock._tcp"
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Advert:
    """What one service instance claims.  A rumour until it was verified.

    Attributes:
        host: the host's name with `.local`, lower case; empty when it was not given.
        addresses: IP addresses as text, IPv4 first.
        txt: the TXT record as it came, cleaned.
    """

    environment: Environment
    host: str
    port: int
    role: str
    addresses: tuple[str, ...]
    txt: Mapping[str, str]
    instance: str
    service_type: str

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the TXT record, by contract §5.1.

        `phase`, `leader` and `host` are newer than the others: they may be absent, but not lie.
        """
        expected = {
            "k3s": "1",
            "cluster": self.environment.cluster,
            "env": self.environment.name,
            "role": "server",
        }
        told = {key: self.txt.get(key, "").strip().lower() for key in self.txt}
        wrong = [
            f"{key}={self.txt.get(key, '(absent)')}, expected {value}"
            for key, value in expected.items()
            if told.get(key, "") != value
        ]
        if told.get("phase") and told["phase"] != told.get("role"):
            wrong.append(f"phase={self.txt['phase']}, but role={self.txt.get('role', '(absent)')}")
        for key in ("leader", "host"):
            if told.get(key) and normal_host(told[key]) != self.host:
                wrong.append(f"{key}={self.txt[key]}, but {self.host} announces it")
        return tuple(wrong)

    @property
    def mangled(self) -> bool:
        """An `env=` slipped into the environment's name; upstream's scripts once did that (contract §11)."""
        return "-env=" in self.service_type or self.txt.get("env", "").lower().startswith("env=")

    @property
    def record_lines(self) -> tuple[str, ...]:
        """The records as they were heard, for people."""
        return (
            f"{self.instance}.{self.service_type}.local",
            f"SRV {self.host or '(none)'}:{self.port}",
            *(f"{'AAAA' if ':' in address else 'A'} {address}" for address in self.addresses),
            *(f"TXT {key}={value}" for key, value in self.txt.items()),
        )


def normal_host(name: str) -> str:
    """A host name as it is compared: lower case, no trailing dot, `.local` once at most."""
    name = clean_line(name, 255)[:255].strip().strip(".").lower()
    while name.endswith(".local.local"):
        name = name.removesuffix(".local")
    return name


def usable_host(name: str) -> str:
    """A host name from the LAN in normal form; empty when it is none."""
    name = normal_host(name)
    return name if _HOST.fullmatch(name) else ""


def _local_host(name: str) -> str:
    """A `.local` name in normal form; empty for any other: multicast DNS names nothing else (RFC 6762 §3)."""
    name = usable_host(name)
    return name if name.endswith(".local") else ""


def read_advert(
    instance: str,
    service_type: str,
    host: str,
    port: int | None,
    addresses: tuple[str, ...],
    txt: Mapping[str, str | None],
) -> Advert | None:
    """Read a service instance, tolerating what is seen in the wild (contract §5.3).

    Returns:
        The advert, or None when this is no k3s service, or one of an unusable name.
    """
    service_type = service_type.rstrip(".").removesuffix(".local")
    cleaned = {
        clean_line(key, NAME_LIMIT).strip().lower(): clean_line(value or "", 255).strip()
        for key, value in list(txt.items())[:64]
    }
    instance = clean_line(instance, NAME_LIMIT * 2)
    slug = _SLUG.fullmatch(service_type)
    if service_type == _JOIN_LOCK_TYPE or (slug is None and cleaned.get("k3s") != "1"):
        return None
    # What the TXT record leaves out, the type and the instance's name say, too.
    named = _INSTANCE.fullmatch(instance)
    hints = (named.groupdict() if named else {}) | (slug.groupdict() if slug else {})
    cluster = cleaned.get("cluster") or hints.get("cluster") or ""
    name = cleaned.get("env") or hints.get("environment") or ""
    try:
        environment = Environment(name.lower().removeprefix("env="), cluster.lower())
    except InvalidInput:
        return None
    hosts = (host, cleaned.get("leader", ""), hints.get("host") or "")
    return Advert(
        environment=environment,
        host=next(filter(None, map(_local_host, hosts)), ""),
        port=port or API_PORT,
        role=(cleaned.get("role") or hints.get("role") or "").lower(),
        addresses=tuple(sorted(addresses, key=lambda address: ":" in address)),
        txt=cleaned,
        instance=instance,
        service_type=service_type,
    )


def instance_name(environment: Environment, hostname: str) -> str:
    """The advert's own name; a DNS label, so at most `NAME_LIMIT` bytes."""
    return f"k3s-{environment.slug}@{hostname}.local (server)"


def render_advert(environment: Environment, hostname: str, address: str) -> str:
    """The Avahi service file of a server: both service types, the full TXT set (contract §5.5).

    Args:
        hostname: the short host name.
        address: the node's IPv4 address.
    """
    host = f"{hostname}.local"
    records = {
        "k3s": "1",
        "cluster": environment.cluster,
        "env": environment.name,
        "role": "server",
        "phase": "server",
        "leader": host,
        "host": host,
        "ip4": address,
    }
    lines = "".join(
        f"    <txt-record>{_escaped(f'{key}={value}')}</txt-record>\n" for key, value in records.items()
    )
    services = "".join(
        f"  <service>\n    <type>{service_type}</type>\n    <port>{API_PORT}</port>\n{lines}  </service>\n"
        for service_type in (environment.service_type, HTTPS_TYPE)
    )
    return (
        '<?xml version="1.0" standalone="no"?>\n'
        '<!DOCTYPE service-group SYSTEM "avahi-service.dtd">\n'
        "<service-group>\n"
        f'  <name replace-wildcards="yes">{instance_name(environment, hostname)}</name>\n'
        f"{services}"
        "</service-group>\n"
    )


def _escaped(text: str) -> str:
    """As XML wants it.  The standard library's own would load its whole HTTP client."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
