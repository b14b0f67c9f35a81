"""Discovery on real packets: how soon the product sees a hundred hosts, next to avahi, and what it costs.

    python -m benchmarks.discovery [--json]      # as root, see README.md

Starts a lab, measures in its network alone, and ends it.  Exit status 1: a target was missed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from benchmarks.figures import Figure, machine, table
from benchmarks.look import Found, Idle, Swept
from tests.lab.labtool import PROJECT, PiLab, StateDirectory
from tests.lab.pilab.model import BRIDGE
from tests.lab.pilab.util import PilabError, require_host
from tests.lab.strangers import SSH_BANNER, StrangerHost, Strangers, k3s_advert, ssh_advert, workstation

HOSTS = 100
SERVICES = 3 * HOSTS
PREFIX = "node"
"""Of the hosts' names: none that the product asks for by name."""
LIVE = tuple(f"10.77.0.{20 + 11 * number}" for number in range(20))
"""Hosts for the sweep, all over the /24."""

PAIRS = 11
SWEEPS = 3
ANNOUNCE_EVERY_S = 10
SETTLE_S = 12
"""After the last of the first, closer rounds of questions (8 s)."""
IDLE_S = 20
"""Evidence heard again is told again after 20 s, so each piece comes once."""
AVAHI_ENDS_WITHIN_S = 20

# A new daemon's cache is empty, and nobody has announced anything to it.  Another second: it has had its
# say, and no responder holds an answer back because it gave the same a moment ago (RFC 6762 §6).
FORGET = f"""
    old=$(cat /run/avahi-daemon/pid)
    kill "$old"
    while kill -0 "$old" 2>/dev/null; do sleep 0.05; done
    until dbus-send --system --print-reply --dest=org.freedesktop.Avahi \
        / org.freedesktop.Avahi.Server.GetState 2>/dev/null | grep -q 'int32 2'; do sleep 0.05; done
    ip neighbour flush dev {BRIDGE}
    sleep 1
"""
# Line by line: the time of a line is when it was printed.
AVAHI = ("timeout", str(AVAHI_ENDS_WITHIN_S), "stdbuf", "--output=L", "avahi-browse", "-art", "--parsable")


@dataclass(frozen=True)
class Timed:
    """A command that lists services.

    Attributes:
        last_s: from its start to the last service that it had not listed before; infinite: none came.
        services: that it listed.
    """

    last_s: float
    services: int


@dataclass
class Pairs:
    """Looks, each followed by avahi's: first without, then with a cache."""

    looks: list[Found] = field(default_factory=list)
    ours: list[Timed] = field(default_factory=list)
    avahi: list[Timed] = field(default_factory=list)
    cached: list[Timed] = field(default_factory=list)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# -- what is measured


def announcing() -> list[StrangerHost]:
    """100 hosts with three services each, as Pis with Debian's adverts and k3s have them."""
    return [
        _announcing(f"{PREFIX}{n}", f"10.77.0.{100 + n}", f"02:00:00:00:01:{n:02x}") for n in range(HOSTS)
    ]


def _announcing(name: str, address: str, mac: str) -> StrangerHost:
    services = (ssh_advert(name), workstation(name, mac), k3s_advert(name, address))
    return StrangerHost(f"{name}.local".encode(), address, services)


def our_service(line: str) -> str:
    return line if line.startswith("=") else ""


def avahi_service(line: str) -> str:
    """Instance and type of a resolved service of our hosts; empty for any other line."""
    fields = line.split(";")
    return ";".join(fields[3:5]) if fields[0] == "=" and fields[6].startswith(PREFIX) else ""


def listing(lab: PiLab, command: Sequence[str], service: Callable[[str], str]) -> tuple[Timed, str]:
    """Run a command on the workstation; `service` says which service a line tells of, if any.

    Returns:
        What it took, and the command's last line.
    """
    environment = lab.product_environment()
    last_s, ending = math.inf, ""
    seen: set[str] = set()
    began = time.monotonic()
    with lab.popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for ending in process.stdout:
            told = service(ending)
            if told and told not in seen:
                seen.add(told)
                last_s = time.monotonic() - began
    return Timed(last_s, len(seen)), ending


def look(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.look", *arguments]


def result_of(lab: PiLab, *arguments: str) -> str:
    """The line of JSON that a look ends with."""
    done = lab.exec(look(*arguments), env=lab.product_environment(), cwd=PROJECT, timeout=120, check=True)
    return done.stdout.splitlines()[-1]


def measure_pairs(lab: PiLab, count: int) -> Pairs:
    """Ours and avahi's in turn, each with an empty cache; then avahi's again, with the cache it has now."""
    pairs = Pairs()
    with Strangers.start(lab, announcing(), announce=False):
        for number in range(count):
            progress(f"pair {number + 1} of {count}")
            forget(lab)
            ours, result = listing(lab, look("find", PREFIX, str(HOSTS), str(SERVICES)), our_service)
            pairs.ours.append(ours)
            pairs.looks.append(Found(**json.loads(result)))
            forget(lab)
            for runs in (pairs.avahi, pairs.cached):
                theirs, _ = listing(lab, AVAHI, avahi_service)
                runs.append(theirs)
    return pairs


def forget(lab: PiLab) -> None:
    """Nothing of the LAN is known on the workstation, neither to avahi nor to the kernel."""
    lab.exec(["sh", "-euc", FORGET], check=True)


def measure_idle(lab: PiLab) -> Idle:
    progress(f"idle for {IDLE_S} s")
    with Strangers.start(lab, announcing(), repeat_s=ANNOUNCE_EVERY_S):
        return Idle(**json.loads(result_of(lab, "idle", PREFIX, str(SETTLE_S), str(IDLE_S))))


def measure_sweeps(lab: PiLab, count: int) -> tuple[list[Swept], list[Swept]]:
    """By the layer alone, and with all layers, in turn."""
    hosts = [StrangerHost(f"live{n}.local".encode(), at, (), SSH_BANNER) for n, at in enumerate(LIVE)]
    alone: list[Swept] = []
    together: list[Swept] = []
    with Strangers.start(lab, hosts, announce=False):
        for number in range(count):
            progress(f"sweep {number + 1} of {count}")
            for swept, options in ((alone, ()), (together, ("--all-layers",))):
                forget(lab)
                swept.append(Swept(**json.loads(result_of(lab, "sweep", *options, *LIVE))))
    return alone, together


# -- what is told


def pair_figures(pairs: Pairs) -> Iterator[Figure]:
    def since_query(values: Sequence[float | None]) -> tuple[float, ...]:
        return tuple(math.inf if value is None else value for value in values)

    def started(runs: Sequence[Timed]) -> tuple[float, ...]:
        return tuple(run.last_s * 1000 for run in runs)

    def ratios(others: Sequence[Timed]) -> tuple[float, ...]:
        # Two that never came are no proof of anything.
        return tuple(
            a.last_s / b.last_s if math.isfinite(b.last_s) else math.inf
            for a, b in zip(pairs.ours, others, strict=True)
        )

    yield Figure(
        "first row after the first query", "ms", since_query([f.first_row_ms for f in pairs.looks]), 250
    )
    yield Figure("all 300 services after it", "ms", since_query([f.all_ms for f in pairs.looks]), 3000)
    yield Figure("hosts found", "", tuple(f.rows for f in pairs.looks), whole=HOSTS)
    yield Figure("services found", "", tuple(f.services for f in pairs.looks), whole=SERVICES)
    yield Figure("last service after the program's start", "ms", started(pairs.ours))
    yield Figure("avahi-browse, empty cache: the same", "ms", started(pairs.avahi))
    yield Figure("avahi-browse: services found", "", tuple(run.services for run in pairs.avahi))
    yield Figure("ours ÷ avahi's", "×", ratios(pairs.avahi), 1.0, by_median=True)
    yield Figure("avahi-browse, from its cache: last service", "ms", started(pairs.cached))
    yield Figure("ours ÷ avahi's from its cache", "×", ratios(pairs.cached))


def idle_figures(idle: Idle) -> Iterator[Figure]:
    yield Figure("CPU while idle, of one core", "%", (100 * idle.cpu_s / idle.wall_s,), 2)
    yield Figure("hosts known meanwhile", "", (idle.rows,), whole=HOSTS)
    yield Figure("sightings meanwhile", "", (idle.sightings,))


def sweep_figures(how: str, swept: Sequence[Swept]) -> Iterator[Figure]:
    yield Figure(f"sweep of a /24, {how}", "s", tuple(one.sweep_s for one in swept), 3)
    yield Figure(f"hosts found, {how}", "", tuple(one.found for one in swept), whole=len(LIVE))
    yield Figure(f"sockets at once, {how}", "", tuple(one.sockets for one in swept), 64)


@contextmanager
def running_lab() -> Iterator[PiLab]:
    """One Pi, silent and with a name that nobody asks for: it is there because a lab has one."""
    require_host()
    directory = StateDirectory()
    try:
        with PiLab.start(directory.path, 1, name="bench", prefix="berry") as lab:
            yield lab
    finally:
        directory.close()


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure discovery in a lab of its own, as root.")
    parser.add_argument("--json", action="store_true", help="print the raw figures")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="looks next to avahi (default: %(default)s)")
    parser.add_argument("--sweeps", type=int, default=SWEEPS, help="of each kind (default: %(default)s)")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    try:
        with running_lab() as lab:
            pairs = measure_pairs(lab, arguments.pairs)
            idle = measure_idle(lab)
            alone, together = measure_sweeps(lab, arguments.sweeps)
    except PilabError as error:
        progress(f"this machine cannot run the lab: {error}")
        return 1
    figures = [
        *pair_figures(pairs),
        *idle_figures(idle),
        *sweep_figures("alone", alone),
        *sweep_figures("with all layers", together),
    ]
    avahi = subprocess.run(["avahi-browse", "--version"], capture_output=True, text=True).stdout.strip()
    where = machine("zeroconf") | {
        "avahi": avahi,
        "load": f"{before:.2f} before, {os.getloadavg()[0]:.2f} after",
    }
    if arguments.json:
        raw = {"pairs": asdict(pairs), "idle": asdict(idle)}
        raw["sweeps"] = {"alone": list(map(asdict, alone)), "all layers": list(map(asdict, together))}
        print(json.dumps(where | raw, indent=2))
    else:
        print(table(figures), *(f"{what}: {text}" for what, text in where.items()), sep="\n")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
