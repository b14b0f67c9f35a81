"""The scenarios: each is a LAN to begin with, and what happens on it by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sugarkube_tui.cluster.advert import API_PORT, render_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.simulator import stock
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.network import Happening, Network
from sugarkube_tui.simulator.pi import Power
from sugarkube_tui.simulator.stories import DEV, cluster_once
from sugarkube_tui.steps.config import render
from sugarkube_tui.steps.k3s import NODE_FILE, TOKEN_FILE

INT, PROD = Environment("int"), Environment("prod")


# -- fresh


def _fresh(network: Network) -> None:
    _six(network)
    stock.server(network, "sugarkube7", 17, stock.pi_5(0x9E), PROD, Cluster("sugar-prod", "sqlite"))
    stock.bystanders(network, [("printer", 30)])


def _six(network: Network) -> None:
    for number, hardware in enumerate(stock.SIX):
        stock.fresh_pi(network, f"sugarkube{number}", 10 + number, hardware)


# -- busy

_OTHERS = tuple(
    (name, 120 + number)
    for number, name in enumerate(
        (
            "nas",
            "printer",
            "mediacenter",
            "desktop-lena",
            "laptop-tom",
            "laptop-mira",
            "workshop-mac",
            "camera-door",
            "camera-yard",
            "scanner",
            "tv-upstairs",
            "thermostat",
        )
    )
)


def _busy(network: Network) -> None:
    """Clusters of four environments, two adverts that lie, one whose server sleeps, and many bystanders."""
    for environment, datastore, first, last in (
        (DEV, "etcd", 0, 2),
        (PROD, "etcd", 20, 22),
        (INT, "sqlite", 30, 30),
        (Environment("staging", "homelab"), "sqlite", 40, 40),
    ):
        cluster = Cluster(f"busy {environment}", datastore)
        prefix = "sugarkube" if environment.cluster == "sugar" else "basement"
        for number in range(first, last + 1):
            name = f"{prefix}{number}"
            stock.server(network, name, 10 + number, stock.pi_5(number), environment, cluster)
    for number in range(3, 9):
        stock.fresh_pi(network, f"sugarkube{number}", 10 + number, stock.SIX[number % len(stock.SIX)])
    for name, number in (("octopi", 61), ("pihole", 62), ("homeassistant", 63), ("sugarkube4-2", 64)):
        stock.fresh_pi(network, name, number, stock.pi_5(number))
    stock.bystanders(network, _OTHERS)

    asleep = stock.server(network, "sugarkube31", 41, stock.pi_5(31), INT, Cluster("int, once", "sqlite"))
    asleep.k3s.kill()
    moved, wrong = network.pis["sugarkube22"], network.pis["sugarkube21"]
    moved.files[INT.advert_path] = render_advert(INT, moved.name, moved.address)
    wrong.files[PROD.advert_path] = wrong.files[PROD.advert_path].replace("phase=server", "phase=agent")
    for pi in (moved, wrong):
        pi.stand()


# -- split-brain


def _split_brain(network: Network) -> None:
    """Two Pis that could not hear each other have both founded the environment."""
    for number, hardware in enumerate(stock.SIX):
        name, address = f"sugarkube{number}", 10 + number
        if number in (0, 3):
            stock.server(network, name, address, hardware, DEV, Cluster(f"dev by {name}", "etcd"))
        else:
            stock.fresh_pi(network, name, address, hardware)


# -- lost-node


def _lost_node(network: Network) -> None:
    _six(network)
    network.awaited += [
        # In the middle of its packages, and back within the minute for which a run waits for it.
        Happening(lambda network: network.pis["sugarkube1"].boots == 1, 9.0, _pull("sugarkube1")),
        Happening(lambda network: network.pis["sugarkube1"].power is Power.OFF, 6.0, _plug("sugarkube1")),
        # Hangs in its reboot until somebody has gone there; by then the run has gone on without it.
        Happening(lambda network: network.pis["sugarkube4"].power is Power.BOOTING, 3.0, _pull("sugarkube4")),
        Happening(lambda network: network.pis["sugarkube4"].power is Power.OFF, 280.0, _plug("sugarkube4")),
    ]


def _pull(name: str) -> Callable[[Network], None]:
    return lambda network: network.pis[name].power_off()


def _plug(name: str) -> Callable[[Network], None]:
    return lambda network: network.pis[name].power_on()


# -- wrong-token


def _wrong_token(network: Network) -> None:
    for number, hardware in enumerate(stock.SIX):
        name, address = f"sugarkube{number}", 10 + number
        if number == 0:
            stock.server(network, name, address, hardware, DEV, Cluster("dev, rebuilt", "etcd"))
            continue
        pi = stock.fresh_pi(network, name, address, hardware)
        if number == 3:
            stock.installed(pi, "agent", f"https://{network.pis['sugarkube0'].address}:{API_PORT}")
            pi.files |= {
                NODE_FILE: render({"node-label": stock.labels(DEV)}),
                TOKEN_FILE: f"{cluster_once().token}\n",
            }
            pi.k3s.stand_refused("token CA hash does not match the Cluster CA certificate hash")


# -- slow


def _slow(network: Network) -> None:
    network.download_mb_s = 2.5
    for number in range(4):
        hardware = replace(stock.SIX[5], mac=f"b8:27:eb:9c:22:{number:02x}", slowness=4.5)
        stock.fresh_pi(network, f"sugarkube{number}", 10 + number, hardware)


SET_UPS: Mapping[str, Callable[[Network], None]] = {
    "fresh": _fresh,
    "busy": _busy,
    "split-brain": _split_brain,
    "lost-node": _lost_node,
    "wrong-token": _wrong_token,
    "slow": _slow,
}
"""What puts a scenario's machines there, by its name."""
