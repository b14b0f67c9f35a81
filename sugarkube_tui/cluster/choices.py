"""What the operator chose, and what one node is to become because of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.environment import DEFAULT_CLUSTER, DEFAULT_ENVIRONMENT, Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import JoinToken

DEFAULT_CHANNEL = "stable"
DEFAULT_PREFIX = "sugarkube"
PREFIX_VARIABLE = "SUGARKUBE_NODE_PREFIX"

_DNS_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")
_VERSION = re.compile(r"v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+")


class Role(StrEnum):
    """What a node is in the cluster."""

    FIRST_SERVER = "first server"
    SERVER = "server"
    AGENT = "agent"

    @property
    def is_server(self) -> bool:
        return self is not Role.AGENT

    @property
    def subcommand(self) -> str:
        """k3s's own word for it."""
        return "server" if self.is_server else "agent"

    @property
    def unit(self) -> str:
        return "k3s" if self.is_server else "k3s-agent"


class ClockPolicy(StrEnum):
    """What to do about a clock that is off (`SUGARKUBE_FIX_TIME`, `SUGARKUBE_STRICT_TIME`)."""

    WARN = "warn"
    FIX = "fix"
    STRICT = "strict"
    FIX_STRICT = "fix, else stop"

    @property
    def fixes(self) -> bool:
        return self in (ClockPolicy.FIX, ClockPolicy.FIX_STRICT)

    @property
    def stops(self) -> bool:
        return self in (ClockPolicy.STRICT, ClockPolicy.FIX_STRICT)


@dataclass(frozen=True, slots=True)
class Airgap:
    """A directory with the k3s release's own files.

    Attributes:
        installer: `install.sh`.
        binaries: by `uname -m`: the binary's path, SHA-256 and size in bytes.
        images: by `uname -m`: the images archive, likewise; empty when there is none.
    """

    installer: ReleaseFile
    binaries: Mapping[str, ReleaseFile]
    images: Mapping[str, ReleaseFile] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        return self.installer.path.parent


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Choices:
    """The answers to the wizard's questions, and the settings behind them.

    Attributes:
        servers: wanted number of servers.
        registration_address: IP or DNS name that joins go through; empty for none.
        channel: k3s release channel, or an exact version such as `v1.33.5+k3s1`.
        taint_servers: keep workloads off the servers; None: when there will be an agent.
        order: names of nodes in the order in which they become servers; the others follow by name.
    """

    environment: Environment = field(default_factory=Environment)
    servers: int = 1
    registration_address: str = ""
    channel: str = DEFAULT_CHANNEL
    airgap: Airgap | None = None
    taint_servers: bool | None = None
    order: tuple[str, ...] = ()
    clock: ClockPolicy = ClockPolicy.WARN
    even_servers: bool = False
    """An even number of servers was explicitly agreed to."""

    @property
    def version(self) -> str | None:
        """The exact version, where one was chosen."""
        return self.channel if _VERSION.fullmatch(self.channel) else None


@dataclass(frozen=True, slots=True)
class JoinPoint:
    """Where a node joins.

    Attributes:
        host: registration address, or a server's IP address: k3s is linked statically and asks only
            /etc/hosts and DNS for names, so a `.local` name would not do (k3s issues 2085, 9748).
        ca_hash: of the cluster, once known.
    """

    host: str
    ca_hash: str = ""

    @property
    def url(self) -> str:
        return api_url(self.host)


@dataclass(frozen=True, slots=True)
class Goal:
    """What one node is to become; `actions(facts, goal)` of every step is computed from it.

    Attributes:
        hostname: short host name, which is the Kubernetes node's name.
        tainted: servers take no ordinary workloads.
        embedded_etcd: the datastore is etcd; else SQLite.
        join: where it joins; None for the first server.
        token: None as long as it is not known.
        version: the release; None as long as the channel was not resolved.
        kept: it is a member already and is left as it is.
    """

    choices: Choices
    role: Role
    hostname: str
    embedded_etcd: bool = False
    tainted: bool = False
    join: JoinPoint | None = None
    token: JoinToken | None = None
    version: str | None = None
    kept: bool = False


def api_url(host: str) -> str:
    return f"https://[{host}]:{API_PORT}" if ":" in host else f"https://{host}:{API_PORT}"


def parse_servers(text: str, where: str) -> int:
    try:
        number = int(text.strip())
    except ValueError:
        number = 0
    if not 1 <= number <= 9:
        raise InvalidInput(f"{text!r} is no number of servers", where=where, remedy="use 1, 3 or 5")
    return number


def parse_registration_address(text: str, where: str) -> str:
    """An IP address or DNS name, lower case, without scheme, port and trailing dot; may be empty.

    Raises:
        InvalidInput: it is neither.
    """
    text = text.strip().lower().rstrip(".")
    if not text:
        return ""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        if _DNS_NAME.fullmatch(text) and not text.replace(".", "").isdigit():
            return text
    raise InvalidInput(
        f"{text!r} is neither an IP address nor a DNS name",
        where=where,
        remedy="give only the address, for example 10.99.0.5 or api.sugar.example, without https:// and port",
    )


def parse_channel(text: str, where: str) -> str:
    text = text.strip()
    if not (_CHANNEL.fullmatch(text) or _VERSION.fullmatch(text)):
        raise InvalidInput(
            f"{text!r} is neither a k3s channel nor a version",
            where=where,
            remedy="use stable, latest, v1.33 or an exact version such as v1.33.5+k3s1",
        )
    return text


@dataclass(frozen=True, slots=True)
class Defaults:
    """The choices that the environment's variables make in advance.

    Attributes:
        sources: field of `Choices` → variable it came from, for display.
        prefix: expected host names are `<prefix>0`, `<prefix>1`, …
    """

    choices: Choices
    sources: Mapping[str, str]
    prefix: str = DEFAULT_PREFIX


def defaults_from_variables(variables: Mapping[str, str]) -> Defaults:
    """Read the variables of the quick start's tables (contract §12.1).

    Raises:
        InvalidInput: a variable's value cannot be used; it names the variable.
    """
    sources: dict[str, str] = {}

    def given(field_name: str, variable: str, fallback: str) -> str:
        value = variables.get(variable, "").strip()
        if value:
            sources[field_name] = variable
        return value or fallback

    def flag(variable: str) -> bool:
        value = given("clock", variable, "0").lower()
        if value not in ("0", "1", "true", "false", "yes", "no"):
            raise InvalidInput(f"{value!r} is neither 0 nor 1", where=variable, remedy=f"export {variable}=1")
        return value in ("1", "true", "yes")

    environment = Environment(
        given("environment", "SUGARKUBE_ENV", DEFAULT_ENVIRONMENT).lower(),
        given("cluster", "SUGARKUBE_CLUSTER", DEFAULT_CLUSTER).lower(),
    )
    policies = {
        (False, False): ClockPolicy.WARN,
        (True, False): ClockPolicy.FIX,
        (False, True): ClockPolicy.STRICT,
        (True, True): ClockPolicy.FIX_STRICT,
    }
    choices = Choices(
        environment=environment,
        servers=parse_servers(given("servers", "SUGARKUBE_SERVERS", "1"), "SUGARKUBE_SERVERS"),
        registration_address=parse_registration_address(
            given("registration_address", "SUGARKUBE_API_REGADDR", ""), "SUGARKUBE_API_REGADDR"
        ),
        channel=parse_channel(given("channel", "K3S_CHANNEL", DEFAULT_CHANNEL), "K3S_CHANNEL"),
        clock=policies[flag("SUGARKUBE_FIX_TIME"), flag("SUGARKUBE_STRICT_TIME")],
    )
    return Defaults(choices, sources, given("prefix", PREFIX_VARIABLE, DEFAULT_PREFIX))
