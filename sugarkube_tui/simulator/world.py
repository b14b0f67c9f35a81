"""The simulated LAN: six fresh Pis, a printer, and a cluster that is none of our business."""

from __future__ import annotations

import os

from sugarkube_tui.cluster.advert import render_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.ports import World
from sugarkube_tui.simulator import script
from sugarkube_tui.simulator.clock import make_clock
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.lan import SimulatedApi, SimulatedKubernetes, SimulatedLan
from sugarkube_tui.simulator.machine import SimulatedMachines
from sugarkube_tui.simulator.network import Network
from sugarkube_tui.simulator.pi import CMDLINE, NSSWITCH, Binary, Hardware, Pi
from sugarkube_tui.steps import boot, packages, resolution
from sugarkube_tui.steps.config import TLS_FILE, render
from sugarkube_tui.steps.k3s import NODE_FILE

SPEED_VARIABLE = "SUGARKUBE_DEMO_SPEED"
DEFAULT_SPEED = 8.0

PI_5 = "Raspberry Pi 5 Model B Rev 1.0"
PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
PI_3 = "Raspberry Pi 3 Model B Plus Rev 1.3"

_HARDWARE = (
    Hardware(PI_5, 8_255_296, 233_418, "/dev/nvme0n1p2", "d8:3a:dd:4e:10:a0"),
    Hardware(PI_5, 8_255_296, 233_502, "/dev/nvme0n1p2", "d8:3a:dd:4e:11:5c"),
    Hardware(PI_4, 3_886_592, 24_876, "/dev/mmcblk0p2", "dc:a6:32:71:0c:12", 1.5),
    Hardware(PI_5, 8_255_296, 231_940, "/dev/nvme0n1p2", "2c:cf:67:08:33:71"),
    Hardware(PI_4, 3_886_592, 108_212, "/dev/sda2", "dc:a6:32:71:4f:e8", 1.5),
    Hardware(PI_3, 931_840, 21_034, "/dev/mmcblk0p2", "b8:27:eb:9c:22:04", 2.2),
)
_PRESENT = frozenset({"avahi-daemon", "libnss-mdns", "curl"})
"""Packages that Raspberry Pi OS Lite brings along."""
_FRESH_NSSWITCH = """\
# /etc/nsswitch.conf

passwd:         files
group:          files
shadow:         files

hosts:          files dns
networks:       files

protocols:      db files
services:       db files
"""
_OTHERS = Environment("prod", "sugar")


class Simulation:
    """A simulated LAN with its ports, and what can happen to it.

    Args:
        speed: how many times faster than life time runs; `math.inf` leaves out all waiting.
    """

    def __init__(self, speed: float) -> None:
        self.network = Network(make_clock(speed))
        for number, hardware in enumerate(_HARDWARE):
            _fresh_pi(self.network, number, hardware)
        _other_cluster(self.network)
        self.network.bystanders["printer"] = "192.168.3.30"
        self.world = World(
            machines=SimulatedMachines(self.network),
            lan=SimulatedLan(self.network),
            api=SimulatedApi(self.network),
            kubernetes=SimulatedKubernetes(self.network),
            clock=self.network.clock,
            simulated=True,
        )

    def pi(self, name: str) -> Pi:
        """One machine's state, to look at or to tamper with."""
        return self.network.pis[name]

    def power_off(self, name: str) -> None:
        """Pull the plug."""
        self.pi(name).power_off()

    def power_on(self, name: str) -> None:
        """Plug it in again; it takes its time to boot."""
        self.pi(name).power_on()


def simulated_world(speed: float | None = None) -> World:
    """The ports of a new simulated LAN.

    Args:
        speed: as for `Simulation`; None takes it from SUGARKUBE_DEMO_SPEED.
    """
    return Simulation(_speed_from_environment() if speed is None else speed).world


def _speed_from_environment() -> float:
    try:
        speed = float(os.environ.get(SPEED_VARIABLE, ""))
    except ValueError:
        return DEFAULT_SPEED
    return speed if speed > 0 else DEFAULT_SPEED


def _boot_line(hardware: Hardware) -> str:
    partition = f"PARTUUID={hardware.mac.replace(':', '')[-8:]}-02"
    return (
        f"console=serial0,115200 console=tty1 root={partition} rootfstype=ext4 fsck.repair=yes rootwait "
        "cfg80211.ieee80211_regdom=US\n"
    )


def _fresh_pi(network: Network, number: int, hardware: Hardware) -> None:
    pi = Pi(network, f"sugarkube{number}", f"192.168.3.{10 + number}", hardware)
    pi.files |= {CMDLINE: _boot_line(hardware), NSSWITCH: _FRESH_NSSWITCH}
    pi.packages |= _PRESENT | ({"jq"} if number % 2 else {"libglib2.0-bin"})
    pi.stand()


def _other_cluster(network: Network) -> None:
    """A server of another environment that has long been running."""
    hardware = Hardware(PI_5, 8_255_296, 198_220, "/dev/nvme0n1p2", "2c:cf:67:41:7a:9e")
    pi = Pi(network, "sugarkube7", "192.168.3.17", hardware)
    labels = [f"sugarkube.cluster={_OTHERS.cluster}", f"sugarkube.env={_OTHERS.name}"]
    pi.files |= {
        CMDLINE: boot.patched(_boot_line(hardware)),
        NSSWITCH: resolution.patched(_FRESH_NSSWITCH),
        TLS_FILE: render({"tls-san": [f"{pi.name}.local", pi.name]}),
        NODE_FILE: render({"node-label": labels}),
        "/etc/systemd/system/k3s.service": script.unit_file("k3s", "server"),
        "/etc/systemd/system/k3s.service.env": "",
        _OTHERS.advert_path: render_advert(_OTHERS, pi.name, pi.address),
    }
    pi.packages |= set(packages.WANTED)
    pi.binary = Binary(script.STABLE, "0" * 64)
    pi.stand()
    pi.k3s.stand(Cluster("sugar-prod", "sqlite"))
