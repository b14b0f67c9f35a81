"""What stands on a simulated shelf: fresh Pis, servers that have long been running, other computers."""

from __future__ import annotations

from collections.abc import Iterable

from sugarkube_tui.cluster.advert import API_PORT, render_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.simulator import script
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.network import Network
from sugarkube_tui.simulator.pi import CMDLINE, NSSWITCH, Binary, Hardware, Pi
from sugarkube_tui.steps import boot, packages, resolution
from sugarkube_tui.steps.config import JOIN_FILE, TLS_FILE, render
from sugarkube_tui.steps.k3s import NODE_FILE, TOKEN_FILE

SUBNET = "192.168.3"

PI_5 = "Raspberry Pi 5 Model B Rev 1.0"
PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
PI_3 = "Raspberry Pi 3 Model B Plus Rev 1.3"

SIX = (
    Hardware(PI_5, 8_255_296, 233_418, "/dev/nvme0n1p2", "d8:3a:dd:4e:10:a0"),
    Hardware(PI_5, 8_255_296, 233_502, "/dev/nvme0n1p2", "d8:3a:dd:4e:11:5c"),
    Hardware(PI_4, 3_886_592, 24_876, "/dev/mmcblk0p2", "dc:a6:32:71:0c:12", 1.5),
    Hardware(PI_5, 8_255_296, 231_940, "/dev/nvme0n1p2", "2c:cf:67:08:33:71"),
    Hardware(PI_4, 3_886_592, 108_212, "/dev/sda2", "dc:a6:32:71:4f:e8", 1.5),
    Hardware(PI_3, 931_840, 21_034, "/dev/mmcblk0p2", "b8:27:eb:9c:22:04", 2.2),
)
"""What people have: some new, some old, some with an SD card."""

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


def pi_5(number: int) -> Hardware:
    """One more Pi 5 with an SSD; the number makes its MAC address."""
    return Hardware(PI_5, 8_255_296, 198_220, "/dev/nvme0n1p2", f"2c:cf:67:41:7a:{number:02x}")


def fresh_pi(network: Network, name: str, number: int, hardware: Hardware) -> Pi:
    """A Pi as Raspberry Pi Imager makes it.

    Args:
        number: the last part of its address.
    """
    pi = Pi(network, name, f"{SUBNET}.{number}", hardware)
    pi.files |= {CMDLINE: _boot_line(hardware), NSSWITCH: _FRESH_NSSWITCH}
    pi.packages |= _PRESENT | ({"jq"} if number % 2 else {"libglib2.0-bin"})
    pi.stand()
    return pi


def server(
    network: Network, name: str, number: int, hardware: Hardware, environment: Environment, cluster: Cluster
) -> Pi:
    """A server that has long been running.  The first one of a cluster is the one that founded it."""
    pi = Pi(network, name, f"{SUBNET}.{number}", hardware)
    founder = next((member.address for member in cluster.members.values() if member.server), "")
    node: dict[str, bool | list[str]] = {"node-label": labels(environment)}
    if cluster.datastore == "etcd" and not founder:
        node["cluster-init"] = True
    pi.files |= {
        CMDLINE: boot.patched(_boot_line(hardware)),
        NSSWITCH: resolution.patched(_FRESH_NSSWITCH),
        TLS_FILE: render({"tls-san": [f"{name}.local", name]}),
        NODE_FILE: render({**node}),
        environment.advert_path: render_advert(environment, name, pi.address),
    }
    if founder:
        pi.files |= {
            JOIN_FILE: render({"token-file": TOKEN_FILE, "server": f"https://{founder}:{API_PORT}"}),
            TOKEN_FILE: f"{cluster.token}\n",
        }
    installed(pi, "server")
    pi.stand()
    pi.k3s.stand(cluster)
    return pi


def installed(pi: Pi, role: str, url: str = "") -> None:
    """k3s is there with all that it needs; nothing of it runs.

    Args:
        role: `server` or `agent`.
        url: where an agent joins.
    """
    unit = "k3s" if role == "server" else "k3s-agent"
    pi.files |= {
        f"/etc/systemd/system/{unit}.service": script.unit_file(unit, role),
        f"/etc/systemd/system/{unit}.service.env": f"K3S_URL='{url}'\n" if url else "",
    }
    pi.packages |= set(packages.WANTED)
    pi.binary = Binary(script.STABLE, script.binary_sha256(script.STABLE, "-arm64"))


def labels(environment: Environment) -> list[str]:
    """By which a node says whose it is."""
    return [f"sugarkube.cluster={environment.cluster}", f"sugarkube.env={environment.name}"]


def bystanders(network: Network, hosts: Iterable[tuple[str, int]]) -> None:
    """Computers without SSH and k3s: name and last part of the address."""
    for name, number in hosts:
        network.bystanders[name] = f"{SUBNET}.{number}"


def _boot_line(hardware: Hardware) -> str:
    partition = f"PARTUUID={hardware.mac.replace(':', '')[-8:]}-02"
    return (
        f"console=serial0,115200 console=tty1 root={partition} rootfstype=ext4 fsck.repair=yes rootwait "
        "cfg80211.ieee80211_regdom=US\n"
    )
