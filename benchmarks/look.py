"""Looks at the LAN as the wizard does, and tells on standard output what was known when.

`discovery.py` starts it on the lab's workstation; it needs no root.  The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hosts import Host, Survey
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.sightings import AdvertSeen, HostSeen, LayerTold, Sighting
from sugarkube_tui.engine.ports import Interest
from sugarkube_tui.engine.survey import usual_interest
from sugarkube_tui.lan.discovery import ZeroconfLan
from sugarkube_tui.ssh.greeting import SshGreeter

PREFIX = "sugarkube"
"""Of the names that the look asks for; nobody in the lab has one, so only adverts can find the hosts."""
GIVE_UP_S = 10.0
READS_A_SECOND = 12
"""How often the wizard draws at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one look at announcing hosts gave; milliseconds from when its first question was on the wire.

    Attributes:
        asked_ms: from the look's start to that question.
        first_row_ms: until a host was in the survey; None: there was none.
        all_ms: until all services had been told and the survey was computed; None: it gave up before.
        services: told of the hosts that were looked for.
        rows: those hosts in the survey at the end, with their adverts.
    """

    asked_ms: float
    first_row_ms: float | None
    all_ms: float | None
    services: int
    rows: int


@dataclass(frozen=True, slots=True)
class Idle:
    """What an open look costs once it has found everything.

    Attributes:
        cpu_s: of this process, user and system.
        wall_s: meanwhile.
        sightings: told meanwhile.
        rows: hosts in the survey at the end.
    """

    cpu_s: float
    wall_s: float
    sightings: int
    rows: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep gave.

    Attributes:
        sweep_s: how long the layer says that it was at work.
        found: hosts whose port 22 was open, among those that were looked for.
        sockets: open in this process at the same time, at most, whatever for.
        connections: that the layer made.
    """

    sweep_s: float
    found: int
    sockets: int
    connections: int


def watch(interest: Interest) -> AsyncGenerator[Sighting, None]:
    """A look with the adapters that the product uses."""
    return ZeroconfLan(greeter=SshGreeter()).watch(interest)


def service_of(sighting: Sighting, prefix: str) -> str:
    """Which of the looked-for hosts' services this tells of, as a line to print; empty when of none."""
    match sighting:
        case AdvertSeen(advert=advert) if advert.host.startswith(prefix):
            return f"{advert.service_type};{advert.host}"
        case HostSeen(name=name, layer=Layer.ADVERTS, what=what) if name.startswith(prefix):
            return f"{what};{name}"
        case _:
            return ""


async def find(prefix: str, hosts: int, services: int) -> Found:
    """Look until so many services of hosts with such names are known, and print each as it is told."""
    survey = Survey()
    known: set[str] = set()
    first_row_ms: float | None = None
    all_ms: float | None = None
    began_ms = float("inf")  # on our clock; a sighting's age is known once it has come
    try:
        async with (
            asyncio.timeout(GIVE_UP_S),
            aclosing(watch(usual_interest(Environment(), PREFIX))) as sightings,
        ):
            async for sighting in sightings:
                survey = survey.fold(sighting)
                if at_ms := getattr(sighting, "at_ms", 0.0):
                    began_ms = min(began_ms, now_ms() - at_ms)
                service = service_of(sighting, prefix)
                if not service or service in known:
                    continue
                known.add(service)
                print(f"={service}", flush=True)
                if first_row_ms is None and rows(survey, prefix):
                    first_row_ms = now_ms()
                if len(known) == services and len(rows(survey, prefix)) == hosts:
                    all_ms = now_ms()
                    break
    except TimeoutError:
        pass
    zero = began_ms + survey.asked_ms
    return Found(
        asked_ms=survey.asked_ms,
        first_row_ms=None if first_row_ms is None else first_row_ms - zero,
        all_ms=None if all_ms is None else all_ms - zero,
        services=len(known),
        rows=sum(bool(host.adverts) for host in rows(survey, prefix)),
    )


def now_ms() -> float:
    return time.monotonic() * 1000


def rows(survey: Survey, prefix: str) -> list[Host]:
    """The looked-for hosts in a survey."""
    return [host for host in survey.hosts if host.name.startswith(prefix)]


class Ear:
    """Folds what a look tells.

    Attributes:
        survey: all so far.
        told: number of sightings so far.
    """

    def __init__(self) -> None:
        self.survey = Survey()
        self.told = 0

    async def listen(self, interest: Interest) -> None:
        async with aclosing(watch(interest)) as sightings:
            async for sighting in sightings:
                self.survey = self.survey.fold(sighting)
                self.told += 1


async def idle(prefix: str, settle_s: float, seconds: float) -> Idle:
    """Keep a look open, read its rows as the wizard does, and measure after `settle_s`."""
    ear = Ear()
    listening = asyncio.create_task(ear.listen(usual_interest(Environment(), PREFIX)))
    await asyncio.sleep(settle_s)
    told, cpu, began = ear.told, time.process_time(), time.monotonic()
    seen = len(rows(ear.survey, prefix))
    drawn = ear.survey
    while time.monotonic() - began < seconds:
        await asyncio.sleep(1 / READS_A_SECOND)
        if ear.survey is not drawn:
            drawn = ear.survey
            seen = len(rows(drawn, prefix))
    spent = Idle(time.process_time() - cpu, time.monotonic() - began, ear.told - told, seen)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return spent


class Sockets:
    """Counts this process's open sockets whenever another one is made, from now on.

    Attributes:
        most: so many at the same time, at most.
    """

    def __init__(self) -> None:
        self.most = 0
        sys.addaudithook(self._heard)

    def _heard(self, event: str, _: Any) -> None:
        if event == "socket.__new__":  # comes before the socket does
            self.most = max(self.most, self.open() + 1)

    @staticmethod
    def open() -> int:
        count = 0
        for descriptor in Path("/proc/self/fd").iterdir():
            try:
                count += str(descriptor.readlink()).startswith("socket:")
            except FileNotFoundError:  # the one that lists the folder
                continue
        return count


async def sweep(addresses: set[str], layers: frozenset[Layer]) -> Swept:
    """Look until the sweep is over."""
    sockets = Sockets()
    found: set[str] = set()
    interest = replace(usual_interest(Environment(), PREFIX), layers=layers)
    async with asyncio.timeout(6 * GIVE_UP_S), aclosing(watch(interest)) as sightings:
        async for sighting in sightings:
            match sighting:
                case HostSeen(layer=Layer.SWEEP, addresses=seen):
                    found |= addresses.intersection(seen)
                case LayerTold(layer=Layer.SWEEP, ms=float(ms), sent=sent):
                    return Swept(ms / 1000, len(found), sockets.most, sent)
    raise AssertionError("a look has no end of its own")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    finding = modes.add_parser("find")
    finding.add_argument("prefix")
    finding.add_argument("hosts", type=int)
    finding.add_argument("services", type=int)
    idling = modes.add_parser("idle")
    idling.add_argument("prefix")
    idling.add_argument("settle_s", type=float)
    idling.add_argument("seconds", type=float)
    sweeping = modes.add_parser("sweep")
    sweeping.add_argument("--all-layers", action="store_true")
    sweeping.add_argument("addresses", nargs="+")
    return parser.parse_args()


async def main() -> None:
    arguments = read_arguments()
    told: Found | Idle | Swept
    match arguments.mode:
        case "find":
            told = await find(arguments.prefix, arguments.hosts, arguments.services)
        case "idle":
            told = await idle(arguments.prefix, arguments.settle_s, arguments.seconds)
        case _:
            layers = USUAL_LAYERS if arguments.all_layers else frozenset[Layer]()
            told = await sweep(set(arguments.addresses), layers | {Layer.SWEEP})
    print(json.dumps(asdict(told)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
