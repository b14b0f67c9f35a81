"""What a node sees of the others: names, ports and adverts, asked over SSH and read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.avahi import read_browse
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.queries import CaptureMdns, HeardServers, PeerView
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.logins import Logins
from sugarkube_tui.engine.ports import Clock, WireLine

EVIDENCE_LINES = 60
CAPTURE_S = 4


@dataclass(frozen=True, slots=True)
class NameView:
    """How a name resolves at a node: to no address, or to these, within `ms`."""

    ms: float
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PortView:
    """Whether a TCP port opens from a node, and after how many ms that was known."""

    ms: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Vantage:
    """One node's view.

    Attributes:
        name: what the node is logged in to as.
        adverts: the servers that its Avahi knows, by a fresh question or from its cache.
        names: by `.local` name.
        ports: by address and port.
        problem: why it could not be asked; then the rest is empty.
        evidence: commands and their output, line by line.
    """

    name: str
    adverts: tuple[Advert, ...] = ()
    names: Mapping[str, NameView] = field(default_factory=dict)
    ports: Mapping[tuple[str, int], PortView] = field(default_factory=dict)
    problem: str = ""
    evidence: tuple[str, ...] = ()


def read_view(text: str) -> tuple[dict[str, NameView], dict[tuple[str, int], PortView]]:
    """Read the answer to `PeerView`; lines that are none are passed over."""
    names: dict[str, NameView] = {}
    ports: dict[tuple[str, int], PortView] = {}
    for line in text.splitlines():
        match clean_line(line).split():
            case ["name", ms, name, *found] if ms.isdecimal():
                names[name] = NameView(float(ms), tuple(found[0].split(",")) if found else ())
            case ["port", ms, address, port, state] if ms.isdecimal() and port.isdecimal():
                ports[address, int(port)] = PortView(float(ms), state == "open")
    return names, ports


async def hear_servers(logins: Logins, name: str, environment: Environment) -> str:
    """What a node's Avahi says of an environment; takes 3 s.  Empty when it cannot be asked."""
    try:
        return await logins.ask(name, HeardServers(environment.service_type))
    except SugarkubeError:
        return ""


def read_servers(heard: str, environment: Environment) -> tuple[Advert, ...]:
    """The environment's servers in what `hear_servers` returned."""
    return tuple(
        advert
        for advert in read_browse(heard)
        if advert.environment == environment and advert.role == "server" and advert.host
    )


async def see_peers(
    logins: Logins, name: str, view: PeerView, heard: str, environment: Environment
) -> Vantage:
    """Ask one node for its view, and add what it has heard."""
    try:
        answer = await logins.ask(name, view)
    except SugarkubeError as error:
        return Vantage(name, problem=error.why or error.what)
    lines = [clean_line(line) for line in (answer + heard).splitlines()][:EVIDENCE_LINES]
    command = f"$ on {name}: getent ahosts, /dev/tcp, avahi-browse -pr {environment.service_type}"
    names, ports = read_view(answer)
    return Vantage(name, read_servers(heard, environment), names, ports, evidence=(command, *lines))


async def capture_packets(logins: Logins, name: str, clock: Clock, sink: Callable[[WireLine], None]) -> None:
    """Tell the mDNS packets that pass at a node within `CAPTURE_S` seconds, at their end."""
    began = clock.now()
    try:
        text = await logins.ask(name, CaptureMdns(CAPTURE_S))
    except SugarkubeError as error:
        problem = f"packets cannot be captured here: {error.why or error.what}"
        sink(WireLine((clock.now() - began) * 1000, name, problem))
        return
    for line in text.splitlines():
        sink(_wire_line(name, clean_line(line)))


_PACKET = re.compile(r" *(\d+):(\d+):(\d+\.\d+) +(.*)")


def _wire_line(vantage: str, text: str) -> WireLine:
    match = _PACKET.fullmatch(text)
    if match is None:
        return WireLine(0.0, vantage, text)
    hours, minutes, seconds = (float(part) for part in match.groups()[:3])
    return WireLine((hours * 3600 + minutes * 60 + seconds) * 1000, vantage, match[4])
