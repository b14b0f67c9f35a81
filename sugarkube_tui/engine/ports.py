"""Ports: everything outside the engine, as small Protocols.  Adapters implement them; tests and the
simulator do, too."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import KeyChange
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import USUAL_LAYERS, Interface, Layer, Sighting
from sugarkube_tui.cluster.typed import TypedHost

if TYPE_CHECKING:  # what is done on nodes is not needed before there are some: the first frame comes sooner
    from sugarkube_tui.cluster.actions import Action
    from sugarkube_tui.cluster.queries import Query

Answers = Mapping[str, str]
"""What one step's probe said: key → text."""


DEFAULT_USER = "pi"


@dataclass(frozen=True, slots=True)
class Login:
    """How to log in to a node.

    Attributes:
        user_is_default: nobody named the user, so ~/.ssh/config may name another.
        identity: private key file; None for the agent's keys and the default files.
        password: tried after the keys; also answers sudo unless `sudo_password` is given.
        passphrase: of encrypted key files.
    """

    user: str = DEFAULT_USER
    port: int = 22
    identity: Path | None = None
    password: Secret | None = None
    sudo_password: Secret | None = None
    passphrase: Secret | None = None
    user_is_default: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A host to log in to.

    Attributes:
        name: what the run calls it; unique in a run.
        host: address or name to connect to.
        alias: the name that the operator knows it by, for ~/.ssh/config and known_hosts; empty: `host`.
        trust_new: an unknown host key may be pinned; else the login is refused before a password is sent.
    """

    name: str
    host: str
    login: Login = Login()
    alias: str = ""
    trust_new: bool = True


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command that ended by itself.

    Attributes:
        exit_status: 0 to 255; 128 + signal number when it was killed.
        stdout: cleaned of nothing: facts are parsed from it.
        stderr: likewise; at most the last 64 KiB.
    """

    exit_status: int
    stdout: str
    stderr: str


LineSink = Callable[[str], None]
"""Takes one cleaned line of output."""


class Shell(Protocol):
    """A connection to one node, able to run POSIX shell text."""

    @property
    def host_key(self) -> str:
        """SHA-256 fingerprint of the host key, as OpenSSH prints it."""
        ...

    @property
    def first_contact(self) -> bool:
        """The host key was not known before this connection, and is pinned now."""
        ...

    async def run(
        self,
        script: str,
        *,
        root: bool = False,
        stdin: bytes = b"",
        timeout: float = 60.0,
        on_line: LineSink | None = None,
    ) -> CommandResult:
        """Run `sh -c script`, with sudo when `root`.

        The script's text is visible in the node's process list: secrets go in `stdin`.

        Args:
            timeout: seconds; the remote process is terminated after them.
            on_line: gets each line of both streams as it comes; must not block.

        Raises:
            ConnectionLost: the connection ended before an exit status came.
            AccessError: sudo refused.
            TimeoutError: it took longer than `timeout`.
        """
        ...

    async def upload(self, source: Path, path: str, progress: Callable[[int], None]) -> None:
        """Copy a file to `path`, readable by the login user; `progress` gets the bytes sent so far.

        Raises:
            ConnectionLost: as for `run`.
            OSError: the file cannot be read here, or not be written there.
        """
        ...

    async def close(self) -> None: ...


class Connector(Protocol):
    """Logs in to nodes."""

    async def connect(self, target: Target) -> Shell:
        """Log in; the host key is pinned on first contact.

        Raises:
            HostKeyChanged: it is not the pinned one.
            AccessError: unreachable or not authorised.
        """
        ...


Log = Callable[[str], None]
"""Takes one line for the node's log."""

Progress = Callable[[float | None, str], None]
"""Takes the share done (0 to 1; None when it cannot be known) and what was seen last."""


class Machine(Protocol):
    """A node that we are logged in to, at the level of probes, actions and queries."""

    async def probe(self, steps: Collection[str]) -> Mapping[str, Answers]:
        """Run the probes of these steps in one round trip: step id → answers."""
        ...

    async def apply(self, action: Action, log: Log, progress: Progress) -> None:
        """Carry out one action.

        Raises:
            ActionFailed: with evidence.
            ConnectionLost, AccessError: as for `Shell.run`.
        """
        ...

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        """Answer one question.

        Raises:
            ActionFailed: with evidence.
            ConnectionLost, AccessError: as for `Shell.run`.
        """
        ...

    async def close(self) -> None: ...


class Machines(Protocol):
    """Opens machines; the real ones and the simulated ones."""

    async def open(self, target: Target) -> Machine:
        """Raises what `Connector.connect` raises."""
        ...


class HostKeys(Protocol):
    """The host keys that were pinned."""

    def replace(self, change: KeyChange) -> None:
        """Pin the key that the host shows now, in place of the one it had; others stay as they are.

        Raises:
            SugarkubeError: the pins cannot be read or written.
        """
        ...


@dataclass(frozen=True, slots=True)
class SshAdvice:
    """What the operator's own SSH settings say about a host; empty where they say nothing.

    Attributes:
        source: the file that says so.
        host: where it really is.
        user: to log in as.
        port: of its SSH server; 0 where nothing is said.
        jump: hosts on the way, as ProxyJump names them.
        command: a ProxyCommand makes the connection.
    """

    source: str = ""
    host: str = ""
    user: str = ""
    port: int = 0
    jump: str = ""
    command: bool = False


class SshSettings(Protocol):
    """The operator's own SSH settings."""

    async def advice(self, alias: str, host: str) -> SshAdvice:
        """What they say about a host that is called `alias` and was found at `host`.

        Raises:
            AccessError: the settings cannot be read or understood.
        """
        ...


BY_HAND = "added by hand"


@dataclass(frozen=True, slots=True)
class Given:
    """A host that the operator named.

    Attributes:
        name: what it is called.
        host: the name or address to look up.
        source: `BY_HAND`, or the file that names it.
        ssh_alias: the name is one of ~/.ssh/config.
        user: to log in as; empty: as for the other hosts.
        port: of its SSH server.
    """

    name: str
    host: str
    source: str = BY_HAND
    ssh_alias: bool = False
    user: str = ""
    port: int = 22

    @classmethod
    def typed(cls, typed: TypedHost, source: str = BY_HAND) -> Given:
        return cls(typed.host, typed.host, source, user=typed.user, port=typed.port)


@dataclass(frozen=True, slots=True)
class Interest:
    """What a look is for, and by which means.

    Attributes:
        environments: whose adverts to browse for.
        names: host names to ask for, with `.local`.
        interfaces: names of the workstation's interfaces to use; empty: all on which Pis may be.
        networks: what the sweep goes through, in CIDR form; empty: the interfaces' own networks.
    """

    environments: tuple[Environment, ...]
    names: tuple[str, ...] = ()
    hosts: tuple[Given, ...] = ()
    layers: frozenset[Layer] = USUAL_LAYERS
    interfaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


HERE = "this workstation"
"""The vantage that is no node."""


@dataclass(frozen=True, slots=True)
class WireLine:
    """One mDNS packet, or a part of it, in words.

    Attributes:
        at_ms: milliseconds from the start of the capture.
        vantage: where it was heard: `HERE`, or a node's name.
    """

    at_ms: float
    vantage: str
    text: str


class Lan(Protocol):
    """The LAN as seen from the workstation."""

    def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        """A fresh look that goes on until the iterator is closed; nothing comes from an older cache.

        Raises:
            SugarkubeError: no interface or socket could be used.
        """
        ...

    def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        """The mDNS packets that speak of these types, of hosts or of their addresses, until closed.

        Raises:
            SugarkubeError: as for `watch`.
        """
        ...

    def interfaces(self) -> tuple[Interface, ...]:
        """All interfaces on which Pis may be; empty when there is none."""
        ...

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        """A name's addresses, IPv4 first; empty when nobody answers within `timeout` seconds.

        Args:
            fresh: ask a `.local` name on the LAN alone: the system's resolver may answer from a cache.
        """
        ...


class Greeter(Protocol):
    """Asks SSH servers who they are, without logging in."""

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        """The SHA-256 fingerprint of the host key that the server proves to have.

        Raises:
            OSError: unreachable, or no SSH server.
            TimeoutError: it took longer than `timeout` seconds.
        """
        ...


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """What an API server says of itself before anyone logs in.

    Attributes:
        ca_pem: the bytes that `/cacerts` serves.
        names: DNS names and IP addresses in its certificate.
        certificate: the certificate in words, line by line.
    """

    ca_pem: bytes
    names: tuple[str, ...]
    certificate: tuple[str, ...] = ()


class Api(Protocol):
    """An API server's address, as seen from the workstation."""

    async def connect(self, host: str, port: int, timeout: float) -> None:
        """Open and close a TCP connection.  Raises OSError or TimeoutError."""
        ...

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        """Fetch certificate and `/cacerts`, unauthenticated.  Raises OSError or TimeoutError."""
        ...


@dataclass(frozen=True, slots=True)
class KubeNode:
    """A node as Kubernetes lists it.

    Attributes:
        state: `Ready`, `NotReady` or `Unknown`.
        roles: `control-plane`, `etcd`, ….
    """

    name: str
    state: str
    roles: tuple[str, ...] = ()
    version: str = ""
    addresses: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


class Kubernetes(Protocol):
    """The Kubernetes API, through its client library."""

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        """List nodes at `host` with the credentials of a k3s kubeconfig, verifying its CA.

        Raises:
            SugarkubeError: what went wrong, in the operator's words.
        """
        ...


class Clock(Protocol):
    """Time, so that a simulated LAN can run faster than life."""

    def now(self) -> float:
        """Seconds on a monotonic clock."""
        ...

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Tour:
    """What the demo tells of itself.

    Attributes:
        shows: one sentence: what is the matter on this LAN.
        hint: what to try.
        variables: what is as good as exported, unless the operator exported it otherwise.
    """

    name: str
    shows: str
    hint: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class World:
    """All ports of one program run."""

    machines: Machines
    host_keys: HostKeys
    ssh_settings: SshSettings
    lan: Lan
    api: Api
    kubernetes: Kubernetes
    clock: Clock
    simulated: bool = False
    tour: Tour | None = None
