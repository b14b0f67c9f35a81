"""Facts: what was found on a node, by step.  They are read from probes and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface that is up.

    Attributes:
        mac: hardware address, lower case with colons.
        addresses: IPv4 addresses without prefix length.
    """

    name: str
    mac: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """Who and what the node is.

    Attributes:
        architecture: `uname -m`.
        address: the IPv4 address of the interface that our connection uses.
        host_key: SHA-256 fingerprint of the SSH host key.
        first_contact: that key was seen, and pinned, for the first time.
        memory_mb, free_mb: MiB in all, MiB free on the root file system.
        root_device: for example `/dev/mmcblk0p2`.
    """

    hostname: str = ""
    model: str = ""
    os_name: str = ""
    architecture: str = ""
    memory_mb: int = 0
    free_mb: int = 0
    root_device: str = ""
    boot_id: str = ""
    machine_id: str = ""
    address: str = ""
    interfaces: tuple[Interface, ...] = ()
    host_key: str = ""
    first_contact: bool = False

    @property
    def on_sd_card(self) -> bool:
        return "mmcblk" in self.root_device

    @property
    def interface(self) -> Interface | None:
        return next((one for one in self.interfaces if self.address in one.addresses), None)


@dataclass(frozen=True, slots=True)
class BootFacts:
    """The memory cgroup and the boot line (contract §2).

    Attributes:
        active: the running kernel has the memory controller.
        path, line: the boot line's file and raw text; empty when there is none.
        running: `/proc/cmdline`.
        writable: the file's file system is mounted read-write.
    """

    active: bool = False
    path: str = ""
    line: str = ""
    running: str = ""
    writable: bool = True


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """Which of the wanted packages are not installed; `apt` is False when it is no Debian."""

    missing: tuple[str, ...] = ()
    apt: bool = True


@dataclass(frozen=True, slots=True)
class ResolutionFacts:
    """How the node resolves `.local` names (contract §3.2, §3.3)."""

    nsswitch: str = ""
    avahi_active: bool = False
    avahi_enabled: bool = False


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """The node's clock (contract §1).

    Attributes:
        service: `chrony`, `systemd-timesyncd`, or empty when neither is active.
        synchronised: what that service says; None when it does not say.
        service_offset_ms: the offset it measured; None when unknown.
        workstation_offset_ms: node minus workstation, measured over the connection; None when unknown.
        accuracy_ms: half the round trip of that measurement.
        uptime: seconds since boot.
        corrected: a correction was tried within the last minutes.
    """

    service: str = ""
    synchronised: bool | None = None
    service_offset_ms: float | None = None
    workstation_offset_ms: float | None = None
    accuracy_ms: float = 0.0
    uptime: float = 0.0
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class K3sFacts:
    """A k3s that is there already, whole or in part.

    Attributes:
        unit: `k3s`, `k3s-agent`, or empty.
        state: systemd's ActiveState of that unit.
        enabled: it starts at boot.
        unit_url: `K3S_URL` of the unit's environment file.
        environment: `cluster/env` of the sugarkube labels in its configuration; empty when there are none.
        joined: its configuration names a server to join, so it is not a cluster's first server.
        version: of `/usr/local/bin/k3s`; empty when there is none.
        sha256: of that binary.
        broken: the binary's message when it cannot be run.
        ca_hash: hash of the CA that the data directory belongs to; empty when there is none.
        datastore: `etcd`, `sqlite`, or empty.
        api: what the local API's `/readyz` says: `ok`, its complaint, or empty.
        node_state: Kubernetes' word on this node: `Ready`, `NotReady`, or empty when not registered.
        voter: False while this server's etcd member is a learner; None when not told.
        files: texts of `/etc/rancher/k3s/config.yaml` and `config.yaml.d/*.yaml` by path.
        token_hash: SHA-256 of our token file's text; empty when there is none.
        images: sizes in bytes of the image archives for offline use, by file name.
        resume_unit: upstream's `sugarkube-post-reboot.service` is enabled.
    """

    unit: str = ""
    state: str = "inactive"
    enabled: bool = False
    unit_url: str = ""
    environment: str = ""
    joined: bool = False
    version: str = ""
    sha256: str = ""
    broken: str = ""
    ca_hash: str = ""
    datastore: str = ""
    api: str = ""
    node_state: str = ""
    voter: bool | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    token_hash: str = ""
    images: Mapping[str, int] = field(default_factory=dict)
    resume_unit: bool = False

    @property
    def is_server(self) -> bool:
        return self.unit == "k3s"

    @property
    def waking(self) -> bool:
        """It has a cluster's data and is started, but does not answer (yet)."""
        return bool(self.ca_hash) and self.state in ("active", "activating") and not self.member

    @property
    def serving(self) -> bool:
        """A server whose API answers."""
        return self.is_server and self.state == "active" and self.api == "ok"

    @property
    def member(self) -> bool:
        """It runs, and Kubernetes knows it."""
        if self.state != "active" or not self.node_state:
            return False
        return self.serving or self.unit == "k3s-agent"


@dataclass(frozen=True, slots=True)
class AdvertFacts:
    """The node's own k3s service files, texts by path."""

    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """All facts of one node."""

    access: AccessFacts = AccessFacts()
    boot: BootFacts = BootFacts()
    packages: PackageFacts = PackageFacts()
    resolution: ResolutionFacts = ResolutionFacts()
    clock: ClockFacts = ClockFacts()
    k3s: K3sFacts = field(default_factory=K3sFacts)
    advert: AdvertFacts = field(default_factory=AdvertFacts)
