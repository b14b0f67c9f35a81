"""mDNS packets in words.  Everything in them is hostile: cleaned, bounded, and never an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import ExitStack
from ipaddress import ip_address

from zeroconf import (  # type: ignore[attr-defined]  # importable, though not listed in __all__
    DNSAddress,
    DNSIncoming,
    DNSPointer,
    DNSQuestion,
    DNSRecord,
    DNSService,
    DNSText,
)

from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import WireLine
from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.questions import TYPE_A, TYPE_AAAA, TYPE_PTR, TYPE_SRV, TYPE_TXT
from sugarkube_tui.lan.tap import Tap
from sugarkube_tui.lan.wire import DOMAIN, ENUMERATION, bare, read_txt

VANTAGE = "this workstation"
LINES_PER_PACKET = 16
LINES_PER_SECOND = 200
"""Lines told in one second of the clock; what is beyond is counted."""
LINE_LIMIT = 300

_REVERSE = ".in-addr.arpa."
_TYPE_ANY = 255  # RFC 1035 §3.2.3
_TYPES = {
    TYPE_A: "A",
    TYPE_PTR: "PTR",
    TYPE_TXT: "TXT",
    TYPE_AAAA: "AAAA",
    TYPE_SRV: "SRV",
    _TYPE_ANY: "ANY",
}
_UNICAST = "unicast answer wanted"


def describe(packet: bytes, sender: str, service_types: Collection[str]) -> tuple[str, ...]:
    """What a packet says of these types, of hosts, or of their addresses; empty when that is nothing.

    Args:
        sender: its address.
        service_types: with or without domain.
    """
    incoming = DNSIncoming(packet)
    if not incoming.valid:
        return ()
    kinds = frozenset(f"{bare(kind)}{DOMAIN}" for kind in service_types) | {ENUMERATION}
    asks = incoming.is_query()
    said = [_question(question) for question in incoming.questions if _concerns(question, kinds)]
    # A question's records are answers that its sender knows already (RFC 6762 §7.1).
    word = "knows" if asks else "response:"
    said += [f"{word} {_record(record)}" for record in incoming.answers() if _concerns(record, kinds)]
    lines = [clean_line(f"{sender} → {text}", LINE_LIMIT) for text in said[:LINES_PER_PACKET]]
    if len(said) > LINES_PER_PACKET:
        lines.append(f"{sender} → and {len(said) - LINES_PER_PACKET} more in this packet")
    return tuple(lines)


def _concerns(entry: DNSQuestion | DNSRecord, kinds: Collection[str]) -> bool:
    name = entry.key
    if name in kinds or any(name.endswith(f".{kind}") for kind in kinds):
        return True
    if entry.type == TYPE_PTR:
        return name.endswith(_REVERSE)
    is_host = name.endswith(DOMAIN) and "._tcp." not in name and "._udp." not in name
    return is_host and entry.type in (TYPE_A, TYPE_AAAA, _TYPE_ANY)


def _question(question: DNSQuestion) -> str:
    wanted = f" ({_UNICAST})" if question.unicast else ""
    return f"question: {_type(question)} {_short(question.name)}{wanted}"


def _record(record: DNSRecord) -> str:
    return f"{_type(record)} {_short(record.name)} = {_value(record)}, ttl {record.ttl}"


def _value(record: DNSRecord) -> str:
    if isinstance(record, DNSPointer):
        return _short(record.alias).removesuffix(f".{_short(record.name)}")
    if isinstance(record, DNSService):
        return f"{_short(record.server)}:{record.port}"
    if isinstance(record, DNSText):
        txt = read_txt(record.text)
        return " ".join(key if value is None else f"{key}={value}" for key, value in txt.items()) or "(empty)"
    if isinstance(record, DNSAddress) and len(record.address) in (4, 16):
        return str(ip_address(record.address))
    return "…"


def _type(entry: DNSQuestion | DNSRecord) -> str:
    return _TYPES.get(entry.type, f"TYPE{entry.type}")


def _short(name: str) -> str:
    """A name without its last dot; of a service or an instance also without domain."""
    name = name.rstrip(".")
    return name.removesuffix(".local") if "._tcp." in name or "._udp." in name else name


async def capture(links: Iterable[Link], service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
    """The packets that pass on these interfaces, until closed.

    Raises:
        OSError: a tap cannot be opened.
    """
    lines = _Lines()

    def heard(packet: bytes, sender: str) -> None:
        for text in describe(packet, sender, service_types) if lines.has_room() else [""]:
            lines.add(text)

    with ExitStack() as taps:
        for link in {link.name: link for link in links}.values():
            taps.callback(Tap(link, heard).close)
        while True:
            yield await lines.waiting.get()


class _Lines:
    """Lines that wait for their reader; a flood is counted, not kept, nor even decoded."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[WireLine] = asyncio.Queue(2 * LINES_PER_SECOND)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._second = 0
        self._in_second = 0
        self._left_out = 0

    def has_room(self) -> bool:
        second = int(self._loop.time() - self._began)
        if second != self._second:
            self._second, self._in_second = second, 0
        return self._in_second < LINES_PER_SECOND and not self.waiting.full()

    def add(self, text: str) -> None:
        """Keep a line if there is room."""
        if not self.has_room():
            self._left_out += 1
            return
        self._in_second += 1
        if self._left_out:
            text = f"(after {self._left_out} that were left out) {text}"
            self._left_out = 0
        self.waiting.put_nowait(WireLine((self._loop.time() - self._began) * 1000, VANTAGE, text))
