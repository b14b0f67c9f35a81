"""One simulated Pi: hardware, files, packages, services, power.  All answers follow from this state."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import math
import random
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

from sugarkube_tui.cluster.advert import Advert, read_advert
from sugarkube_tui.engine.ports import LineSink
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.door import Door
from sugarkube_tui.simulator.network import Network, Unreachable
from sugarkube_tui.simulator.service import K3sService

CMDLINE = "/boot/firmware/cmdline.txt"
NSSWITCH = "/etc/nsswitch.conf"
SERVICES_DIRECTORY = "/etc/avahi/services/"
_ADVERT_AFTER_S = 0.8
"""Avahi probes for a conflict of names before it announces a service."""
_SYNCHRONISED_AFTER_S = 14.0


class Power(StrEnum):
    OFF = "off"
    BOOTING = "booting"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Hardware:
    """What no step changes.

    Attributes:
        slowness: factor on what its processor has to do.
    """

    model: str
    memory_kb: int
    free_mb: int
    root_device: str
    mac: str
    slowness: float = 1.2
    os_name: str = "Debian GNU/Linux 13 (trixie)"
    architecture: str = "aarch64"


@dataclass(frozen=True, slots=True)
class Binary:
    version: str
    sha256: str


class Pi:
    """A node's whole state.

    Attributes:
        files: text by path; only those that somebody reads.
        packages: the installed ones of those that matter here.
        services: the enabled and active ones among avahi-daemon and systemd-timesyncd.
        clock_offset_ms: against the workstation's clock.
        cluster: whose data lies in /var/lib/rancher/k3s; None when there is none.
        door: what it takes to log in to it.
        host_key: fingerprint of the SSH server's key.
        boots: how often it was started; a login lasts for one boot.
        remembered_adverts: what others still have in their caches when it went down without a goodbye.
    """

    def __init__(self, network: Network, name: str, address: str, hardware: Hardware) -> None:
        self.network = network
        self.clock = network.clock
        self.name = name
        self.address = address
        self.hardware = hardware
        self.power = Power.ON
        self.door = Door()
        self.host_key = self.key_made_at("the first boot")
        self.boots = 0
        self.files: dict[str, str] = {}
        self.packages: set[str] = set()
        self.services: set[str] = {"avahi-daemon", "systemd-timesyncd"}
        self.binary: Binary | None = None
        self.images: dict[str, int] = {}
        self.cluster: Cluster | None = None
        self.clock_offset_ms = self.dice("clock").uniform(-18.0, 18.0)
        self.clock_stepped_at: float | None = None
        self.running_line = ""
        self.booted_at = self.clock.now() - 400.0
        self.k3s = K3sService(self)
        self.remembered_adverts: tuple[Advert, ...] = ()
        self._advertised_at: dict[str, float] = {}
        self._followers: set[tuple[str, LineSink]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        network.pis[name] = self

    def dice(self, purpose: str) -> random.Random:
        """Chance that is the same in every run."""
        return random.Random(f"{self.name} {self.boots} {purpose}")

    # -- what is true now

    @property
    def is_up(self) -> bool:
        return self.power is Power.ON

    @property
    def slowness(self) -> float:
        return self.hardware.slowness

    @property
    def boot_id(self) -> str:
        return str(uuid.UUID(bytes=self._digest(f"boot {self.boots}")[:16], version=4))

    @property
    def machine_id(self) -> str:
        return self._digest("machine").hex()[:32]

    @property
    def cgroup_active(self) -> bool:
        return "cgroup_enable=memory" in self.running_line.split()

    @property
    def clock_synchronised(self) -> bool:
        return "systemd-timesyncd" in self.services and self.uptime > _SYNCHRONISED_AFTER_S

    @property
    def uptime(self) -> float:
        return self.clock.now() - self.booted_at

    @property
    def avahi_answers(self) -> bool:
        return self.is_up and "avahi-daemon" in self.services

    @property
    def resolves_local(self) -> bool:
        mdns = any("mdns" in line for line in self.files.get(NSSWITCH, "").splitlines())
        return mdns and "libnss-mdns" in self.packages and "avahi-daemon" in self.services

    @property
    def adverts(self) -> tuple[Advert, ...]:
        """The services that Avahi announces now."""
        if not self.avahi_answers:
            return ()
        now = self.clock.now()
        found = []
        for path, since in self._advertised_at.items():
            if path in self.files and now >= since:
                found += read_service_file(self.files[path], f"{self.name}.local", self.address)
        return tuple(found)

    def reach_api(self, host: str) -> Pi:
        """The server that this Pi gets to at an address.

        Raises:
            Unreachable: none answers.
        """
        if host.endswith(".local") and not self.resolves_local:
            raise Unreachable(6, f"Could not resolve host: {host}", 0.2)
        return self.network.api_at(host)

    # -- changes

    def write(self, path: str, text: str) -> None:
        self.files[path] = text
        if path.startswith(SERVICES_DIRECTORY):
            self._announce(path)

    def reload_avahi(self) -> None:
        for path in self.files:
            if path.startswith(SERVICES_DIRECTORY):
                self._announce(path)

    def _announce(self, path: str) -> None:
        """Publish a service file; one that is published already stays so."""
        if path in self._advertised_at:
            self.network.changed()
            return
        self._advertised_at[path] = self.clock.now() + _ADVERT_AFTER_S
        self.spawn(self._tell_later(_ADVERT_AFTER_S))

    async def _tell_later(self, seconds: float) -> None:
        await self.clock.sleep(seconds)
        self.network.changed()

    def stand(self) -> None:
        """As if it had run for a long time: no waiting, no boot."""
        self.running_line = kernel_line(self.files.get(CMDLINE, ""))
        for path in self.files:
            if path.startswith(SERVICES_DIRECTORY):
                self._advertised_at[path] = self.clock.now()

    def uninstall_k3s(self) -> None:
        """As k3s's own uninstaller does, which leaves adverts to others; they are withdrawn here, too."""
        self.k3s.kill()
        self.k3s.enabled = False
        self.cluster = self.binary = None
        for path in [path for path in self.files if "k3s" in path]:
            del self.files[path]
        self.network.changed()

    # -- power

    def reboot(self) -> None:
        """Go down in a moment and come back."""
        self.spawn(self._reboot())

    async def _reboot(self) -> None:
        await self.clock.sleep(0.3)
        self._down(Power.BOOTING)
        await self._boot()

    def power_off(self) -> None:
        self.remembered_adverts = self.adverts
        self._down(Power.OFF)

    def power_on(self) -> None:
        if self.power is Power.OFF:
            self.power = Power.BOOTING
            self.spawn(self._boot())

    def _down(self, power: Power) -> None:
        self.power = power
        self._advertised_at.clear()
        self._followers.clear()
        self.k3s.kill()
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        self.network.changed()

    async def _boot(self) -> None:
        await self.clock.sleep(self.dice("boot").uniform(23.0, 38.0) * math.sqrt(self.slowness))
        self.boots += 1
        self.booted_at = self.clock.now() - 9.0  # the kernel is older than its SSH server
        self.clock_stepped_at = None
        self.power = Power.ON
        self.remembered_adverts = ()
        self.running_line = kernel_line(self.files.get(CMDLINE, ""))
        self.reload_avahi()
        self.network.changed()
        if self.k3s.unit and self.k3s.enabled:
            self.k3s.start()

    # -- journal and background work

    def follow(self, unit: str, log: LineSink) -> Callable[[], None]:
        """Give the lines that a unit logs from now on to `log`; call the result to end it."""
        follower = (unit, log)
        self._followers.add(follower)
        return lambda: self._followers.discard(follower)

    def journal(self, unit: str, line: str) -> None:
        for followed, log in tuple(self._followers):
            if followed == unit:
                log(line)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let something go on by itself, until the power fails."""
        task = asyncio.get_running_loop().create_task(work, name=f"simulated {self.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def key_made_at(self, occasion: str) -> str:
        """The fingerprint of a host key that is made then."""
        return f"SHA256:{base64.b64encode(self._digest(f'host key of {occasion}')).decode().rstrip('=')}"

    def _digest(self, purpose: str) -> bytes:
        return hashlib.sha256(f"{self.name} {purpose}".encode()).digest()


def kernel_line(cmdline: str) -> str:
    """/proc/cmdline: what the firmware puts in front switches the memory cgroup off."""
    firmware = "reboot=w coherent_pool=1M 8250.nr_uarts=1 pci=pcie_bus_safe cgroup_disable=memory"
    return f"{firmware} numa_policy=interleave  {cmdline.splitlines()[0] if cmdline else ''}".rstrip()


def read_service_file(text: str, host: str, address: str) -> list[Advert]:
    """The adverts in an Avahi service file; one that is no XML announces nothing."""
    try:
        group = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return []
    name = group.findtext("name") or ""
    adverts = []
    for service in group.iter("service"):
        records = (record.text or "" for record in service.iter("txt-record"))
        txt = {key: value for key, _, value in (record.partition("=") for record in records)}
        port = service.findtext("port") or "0"
        advert = read_advert(name, service.findtext("type") or "", host, int(port), (address,), txt)
        if advert is not None:
            adverts.append(advert)
    return adverts
