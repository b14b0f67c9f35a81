"""Queries: questions to a node that change nothing and are asked when their answer is needed.

Each has a `title` that says what it is for, to go behind "could not", and its `script`.
"""

from __future__ import annotations

import ipaddress
import shlex
from dataclasses import dataclass
from typing import ClassVar

ETCD_PORTS = (2379, 2380)
"""What servers need between them for etcd (contract §6.6)."""
SERVER_TOKEN_PATH = "/var/lib/rancher/k3s/server/token"
KUBECONFIG_PATH = "/etc/rancher/k3s/k3s.yaml"


@dataclass(frozen=True, slots=True)
class ReadToken:
    """The server token, as it lies on a server.  The answer is a secret."""

    title: ClassVar[str] = "read the join token"

    @property
    def script(self) -> str:
        return f"cat {SERVER_TOKEN_PATH}"


@dataclass(frozen=True, slots=True)
class ReadKubeconfig:
    """The admin kubeconfig that k3s writes.  The answer is a secret."""

    title: ClassVar[str] = "read the kubeconfig"

    @property
    def script(self) -> str:
        return f"cat {KUBECONFIG_PATH}"


@dataclass(frozen=True, slots=True)
class ResolveChannel:
    """Which version a k3s channel stands for now: the last part of the answer, an address."""

    channel: str

    @property
    def title(self) -> str:
        return f"look up the version behind the channel {self.channel}"

    @property
    def script(self) -> str:
        url = f"https://update.k3s.io/v1-release/channels/{self.channel}"
        # The same redirect that the official installer follows.
        return f"curl -sSfL --max-time 30 -o /dev/null -w '%{{url_effective}}' {shlex.quote(url)}"


@dataclass(frozen=True, slots=True)
class ServedCa:
    """The CA that an API address serves, as seen from the node: proves name, port and identity at once.

    The name is looked up as k3s does: it is linked statically, so it asks /etc/hosts and DNS, never mDNS.
    The answer is the PEM text; k3s serves it without authentication (contract §8.1).
    """

    host: str

    @property
    def title(self) -> str:
        return f"fetch the CA that {self.host} serves"

    @property
    def script(self) -> str:
        url = shlex.quote(f"https://{_bracketed(self.host)}:6443/cacerts")
        return f"{_resolves(self.host)}curl -sSfk --connect-timeout 5 --max-time 15 {url}"


@dataclass(frozen=True, slots=True)
class OpenPorts:
    """Which TCP ports of a host open from the node: one line per port, `<port> open|closed`."""

    host: str
    ports: tuple[int, ...]

    @property
    def title(self) -> str:
        return f"knock at {self.host}"

    @property
    def script(self) -> str:
        host = shlex.quote(self.host)
        return "; ".join(
            f"if timeout 3 bash -c 'exec 3<>/dev/tcp/$0/{port}' {host} 2>/dev/null;"
            f" then echo {port} open; else echo {port} closed; fi"
            for port in self.ports
        )


@dataclass(frozen=True, slots=True)
class WhoIsThere:
    """A node's host name on the first line, its addresses on the second."""

    title: ClassVar[str] = "ask for name and addresses"

    @property
    def script(self) -> str:
        return "hostname; hostname -I"


@dataclass(frozen=True, slots=True)
class PeerView:
    """What a node sees of servers: one line for each name and socket, with milliseconds.

    `name <ms> <name> <address>,…` (nothing behind the name: it does not resolve there) and
    `port <ms> <address> <port> open|closed`.  All are asked at once, each for 3 s at most.  A line
    `own <address> …` has the node's own addresses.

    Attributes:
        names: looked up as the node's programs do, so through nss-mdns.
        sockets: address and TCP port.
    """

    title: ClassVar[str] = "look at the servers"

    names: tuple[str, ...]
    sockets: tuple[tuple[str, int], ...]

    @property
    def script(self) -> str:
        lookups = (
            "{ began=$(now); found=$(timeout 3 getent ahosts "
            f"{shlex.quote(name)} | awk '!seen[$1]++ {{print $1}}' | paste -s -d , -); "
            f'echo "name $(($(now) - began))" {shlex.quote(name)} "$found"; }} &'
            for name in self.names
        )
        knocks = (
            f"{{ began=$(now); if timeout 3 bash -c 'exec 3<>/dev/tcp/$0/{port}' {shlex.quote(address)} "
            "2>/dev/null; then state=open; else state=closed; fi; "
            f'echo "port $(($(now) - began))" {shlex.quote(address)} {port} "$state"; }} &'
            for address, port in self.sockets
        )
        own = 'echo "own $(hostname -I)"'
        return "\n".join(("now() { date +%s%3N; }", own, *lookups, *knocks, "wait"))


@dataclass(frozen=True, slots=True)
class CaptureMdns:
    """The mDNS packets that pass at a node, for some seconds: one line for each.

    Each begins with its time in seconds since 1970, and so does a line before them all.
    """

    title: ClassVar[str] = "capture mDNS packets"

    seconds: int

    @property
    def script(self) -> str:
        return (
            "command -v tcpdump >/dev/null || { echo 'tcpdump is not installed here' >&2; exit 127; }; "
            f"date +%s.%N; timeout {self.seconds} tcpdump -l -n -tt -i any -s 0 udp port 5353 2>/dev/null "
            "| head -n 2000; true"
        )


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    """Whether a server accepts the token's password: the HTTP status of a harmless request.

    `GET /v1-k3s/config` as `node`: 200 right, 401 wrong, on old and new releases (contract §16).
    The password comes on standard input as a curl configuration line, and goes only to a server that
    proves by TLS that it belongs to the CA.

    Attributes:
        ca_pem: the cluster's CA, already compared with the token's hash.
    """

    host: str
    ca_pem: str

    @property
    def title(self) -> str:
        return f"try the join token at {self.host}"

    @property
    def script(self) -> str:
        url = shlex.quote(f"https://{_bracketed(self.host)}:6443/v1-k3s/config")
        return (
            f'ca=$(mktemp) && trap \'rm -f "$ca"\' EXIT && printf %s {shlex.quote(self.ca_pem)} >"$ca" && '
            f'curl -sS --cacert "$ca" -K - --connect-timeout 5 --max-time 15 -o /dev/null '
            f"-w '%{{http_code}}' {url}"
        )


@dataclass(frozen=True, slots=True)
class HeardServers:
    """Servers of an environment that the node hears on its own network: `avahi-browse`'s resolved lines.

    Without `--terminate`, the browser asks the network; with it, it would only read Avahi's cache.
    """

    title: ClassVar[str] = "listen for servers"

    service_type: str

    @property
    def script(self) -> str:
        return (
            "command -v avahi-browse >/dev/null || "
            "{ echo 'avahi-browse is not installed here' >&2; exit 127; }; "
            # Asking would start a daemon that was stopped.
            "systemctl is-active --quiet avahi-daemon || "
            "{ echo 'avahi-daemon is not active here' >&2; exit 3; }; "
            f"timeout 3 avahi-browse --parsable --resolve {shlex.quote(self.service_type)} 2>/dev/null; true"
        )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _resolves(host: str) -> str:
    """A check that a name resolves the way k3s resolves it; nothing for an address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        name = shlex.quote(host)
        return (
            f"getent -s files ahosts {name} >/dev/null || getent -s dns ahosts {name} >/dev/null || "
            f"{{ echo k3s cannot resolve {name}: it asks /etc/hosts and DNS, not mDNS >&2; exit 6; }}; "
        )
    return ""


Query = (
    ReadToken
    | ReadKubeconfig
    | ResolveChannel
    | ServedCa
    | OpenPorts
    | WhoIsThere
    | PeerView
    | PasswordAccepted
    | HeardServers
    | CaptureMdns
)
