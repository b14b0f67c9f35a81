"""What a node sees of the others: names, ports and adverts, asked over SSH and read back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.avahi import read_browse
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.queries import CaptureMdns, HeardServers, PeerView
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.logins import Logins
from sugarkube_tui.engine.ports import WireLine

LINES_LIMIT = 500
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
class Heard:
    """What a node's Avahi knows of an environment, by a fresh question or from its cache.

    Attributes:
        problem: why it could not be asked; then there are no adverts.
        lines: by host, as `avahi-browse` printed them.
    """

    adverts: tuple[Advert, ...] = ()
    problem: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vantage:
    """One node's view.

    Attributes:
        name: what Kubernetes calls the node, else what it calls itself.
        addresses: the node's own.
        names: by `.local` name.
        ports: by address and port.
        problem: why it could not be asked for names and ports; then there are none.
    """

    name: str
    addresses: frozenset[str] = frozenset()
    heard: Heard = Heard()
    names: Mapping[str, NameView] = field(default_factory=dict)
    ports: Mapping[tuple[str, int], PortView] = field(default_factory=dict)
    problem: str = ""

    def hears(self, host: str) -> bool:
        return any(advert.host == host for advert in self.heard.adverts)


@dataclass(frozen=True, slots=True)
class PeerViews:
    """The answer to `PeerView`, read back.

    Attributes:
        own: the node's own addresses; empty when it did not say.
    """

    names: Mapping[str, NameView]
    ports: Mapping[tuple[str, int], PortView]
    own: frozenset[str]


def read_view(text: str) -> PeerViews:
    """Lines that are none of an answer's are passed over."""
    names: dict[str, NameView] = {}
    ports: dict[tuple[str, int], PortView] = {}
    own: frozenset[str] = frozenset()
    for line in text.splitlines():
        match clean_line(line).split():
            case ["name", ms, name, *found] if ms.isdecimal():
                names[name] = NameView(float(ms), tuple(found[0].split(",")) if found else ())
            case ["port", ms, address, port, state] if ms.isdecimal() and port.isdecimal():
                ports[address, int(port)] = PortView(float(ms), state == "open")
            case ["own", *addresses]:
                own = frozenset(addresses)
    return PeerViews(names, ports, own)


async def hear_servers(logins: Logins, name: str, environment: Environment) -> Heard:
    """Ask a node's Avahi for an environment's servers; takes 3 s."""
    try:
        text = await logins.ask(name, HeardServers(environment.service_type))
    except SugarkubeError as error:
        return Heard(problem=error.why or error.what)
    adverts = tuple(
        advert
        for advert in read_browse(text)
        if advert.environment == environment and advert.role == "server" and advert.host
    )
    return Heard(adverts, lines=tuple(clean_line(line) for line in text.splitlines()[:LINES_LIMIT]))


async def see_peers(logins: Logins, name: str, view: PeerView, heard: Heard) -> Vantage:
    """Ask one node for its view, and add what it has heard."""
    identity = logins.identities[name]
    own = Vantage(identity.hostname or name, identity.addresses, heard)
    try:
        seen = read_view(await logins.ask(name, view))
    except SugarkubeError as error:
        return replace(own, problem=error.why or error.what)
    return replace(own, names=seen.names, ports=seen.ports, addresses=seen.own or own.addresses)


async def capture_packets(
    logins: Logins, name: str, concerned: Collection[str], began_ms: float, sink: Callable[[WireLine], None]
) -> None:
    """Tell the mDNS packets that pass at a node within `CAPTURE_S` seconds, at their end.

    Args:
        concerned: only packets that hold one of these texts.
        began_ms: how old the look is, in milliseconds.
    """
    try:
        text = await logins.ask(name, CaptureMdns(CAPTURE_S))
    except SugarkubeError as error:
        sink(WireLine(began_ms, name, f"packets cannot be captured here: {error.why or error.what}"))
        return
    began, _, packets = text.partition("\n")
    for packet in packets.splitlines():
        at, _, shown = clean_line(packet).partition(" ")
        if any(one in shown for one in concerned):
            sink(WireLine(began_ms + _seconds_between(began, at) * 1000, name, shown.strip()))


def _seconds_between(earlier: str, later: str) -> float:
    """Of two times in seconds since 1970; 0 when one of them is none."""
    try:
        return max(0.0, float(later) - float(earlier))
    except ValueError:
        return 0.0
