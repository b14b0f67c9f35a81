"""The wire format of multicast DNS (RFC 6762), by hand: zeroconf's own writer refuses hostile names."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

GROUP = "224.0.0.251"
PORT = 5353

A, PTR, TXT, SRV, ANY = 1, 12, 16, 33, 255
INTERNET = 1
TOP_BIT = 0x8000  # of a class.  In a question: answer by unicast.  In a record: forget what you knew.

HOST_TTL = 120  # seconds, for records with a host's name or address (RFC 6762 §10)
OTHER_TTL = 4500
MESSAGE_LIMIT = 1472  # bytes that an Ethernet frame holds; a record that needs more travels alone
DATA_LIMIT = 65_000  # bytes of one record's data, so that it fits in an IP packet with its names

Name = tuple[bytes, ...]
"""Labels, of any bytes."""

Key = tuple[Name, int, bytes, Name]
"""What makes two records the same, whatever their TTL."""


def name_of(text: bytes) -> Name:
    """A name whose labels have no dots in them."""
    return tuple(text.split(b"."))


def folded(name: Name) -> Name:
    """A name as it is compared: in ASCII lower case."""
    return tuple(label.lower() for label in name)


@dataclass(frozen=True)
class Record:
    """One resource record.  Raises ValueError when it cannot be put on the wire.

    Attributes:
        kind: A, PTR, …
        data: the record's data, up to the name at its end if it has one.
        target: that name; empty for none.
        ttl: seconds.
        unique: nobody else has a say in the records of this name and kind (RFC 6762 §2).
    """

    name: Name
    kind: int
    data: bytes = b""
    target: Name = ()
    ttl: int = OTHER_TTL
    unique: bool = True

    def __post_init__(self) -> None:
        for name in (self.name, self.target):
            if any(not 1 <= len(label) <= 63 for label in name) or len(b".".join(name)) > 253:
                raise ValueError(f"{name!r} does not fit in a DNS name")
        if len(self.data) > DATA_LIMIT:
            raise ValueError(f"{len(self.data)} bytes are too much for one record")

    @cached_property
    def key(self) -> Key:
        return folded(self.name), self.kind, self.data, folded(self.target)


def pointer(name: Name, target: Name) -> Record:
    """A shared PTR: each host may add one of its own."""
    return Record(name, PTR, target=target, unique=False)


def service(name: Name, port: int, host: Name) -> Record:
    return Record(name, SRV, struct.pack("!HHH", 0, 0, port), host, HOST_TTL)


def text(name: Name, strings: Sequence[bytes]) -> Record:
    """A TXT record of strings with up to 255 bytes each."""
    return Record(name, TXT, b"".join(bytes([len(each)]) + each for each in strings or [b""]))


def address(name: Name, ip: str) -> Record:
    return Record(name, A, ipaddress.IPv4Address(ip).packed, ttl=HOST_TTL)


def reverse(ip: str, name: Name) -> Record:
    """The PTR from an IPv4 address to its host."""
    return Record(name_of(ipaddress.IPv4Address(ip).reverse_pointer.encode()), PTR, b"", name, HOST_TTL)


@dataclass(frozen=True)
class Question:
    name: Name
    kind: int
    unicast: bool  # the QU bit: please answer to me alone


@dataclass(frozen=True)
class Query:
    """What somebody wants to know.

    Attributes:
        known: records that he has already, with the seconds they are still good for.
        truncated: more known records follow in his next message.
    """

    number: int
    questions: tuple[Question, ...]
    known: dict[Key, int]
    truncated: bool

    def and_then(self, later: Query) -> Query:
        """This query with its next message added."""
        return Query(
            later.number, self.questions + later.questions, self.known | later.known, later.truncated
        )


class _Reader:
    """Takes a message apart.  Raises ValueError, IndexError or struct.error where it is malformed."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._at = 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(layout, self._message, self._at)
        self._at += struct.calcsize(layout)
        return found

    def name(self) -> Name:
        labels: list[bytes] = []
        at = backstop = self._at
        end = 0
        while length := self._message[at]:
            if length >= 0xC0:
                end = end or at + 2
                at = struct.unpack_from("!H", self._message, at)[0] & 0x3FFF
                if at >= backstop:  # only ever backwards, or it may never end
                    raise ValueError("a name's pointer leads forwards")
                backstop = at
            elif length > 63:
                raise ValueError("a label is too long")
            else:
                labels.append(self._message[at + 1 : at + 1 + length])
                at += 1 + length
        self._at = end or at + 1
        return tuple(labels)

    def question(self) -> Question | None:
        """The next question; None when it is not about the internet."""
        name = self.name()
        kind, dns_class = self.numbers("!HH")
        if dns_class & ~TOP_BIT not in (INTERNET, ANY):
            return None
        return Question(name, kind, bool(dns_class & TOP_BIT))

    def record(self) -> tuple[Key, int]:
        """The next record's key and TTL in seconds."""
        name = self.name()
        kind, _, ttl, length = self.numbers("!HHIH")
        end = self._at + length
        target: Name = ()
        fixed = {PTR: 0, SRV: 6}.get(kind, length)
        data = self._message[self._at : self._at + fixed]
        if fixed < length:
            self._at += fixed
            target = self.name()
        self._at = end
        return (folded(name), kind, data, folded(target)), ttl


def read_query(message: bytes) -> Query | None:
    """Read a message; None when it is malformed, or is no query."""
    reader = _Reader(message)
    try:
        number, flags, questions, answers, _, _ = reader.numbers("!HHHHHH")
        if flags & 0xF800:  # a response, or an operation other than to query
            return None
        asked = [reader.question() for _ in range(questions)]
        known = dict(reader.record() for _ in range(answers))
    except (ValueError, IndexError, struct.error):
        return None
    return Query(number, tuple(each for each in asked if each), known, bool(flags & 0x0200))


@dataclass(frozen=True)
class Envelope:
    """In what a response may differ from the usual one.

    Attributes:
        number, questions: those of the query, for clients that know nothing of multicast DNS.
        ttl_limit: seconds; with 0 it is a goodbye.
        flush: ask to forget other records of the same name and kind, where ours are unique.
    """

    number: int = 0
    questions: tuple[Question, ...] = ()
    ttl_limit: int = OTHER_TTL
    flush: bool = True


ORDINARY = Envelope()
GOODBYE = Envelope(ttl_limit=0)


class _Response:
    """One message that is being written."""

    ANSWER, ADDITIONAL = 0, 2  # sections, by their place in the header

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope
        self._message = bytearray(12)
        self._offsets: dict[Name, int] = {}
        self._counts = [0, 0, 0]
        for question in envelope.questions:
            self._name(question.name)
            self._message += struct.pack("!HH", question.kind, INTERNET)

    def _name(self, name: Name) -> None:
        """Append a name; what has been written before is only pointed to."""
        while name:
            if (offset := self._offsets.get(name)) is not None:
                self._message += struct.pack("!H", 0xC000 | offset)
                return
            if len(self._message) < 0x4000:
                self._offsets[name] = len(self._message)
            self._message += bytes([len(name[0])]) + name[0]
            name = name[1:]
        self._message.append(0)

    def add(self, record: Record, section: int) -> bool:
        """Append a record; False, and nothing changes, when the message has no room for it."""
        before = len(self._message)
        flush = TOP_BIT if record.unique and self._envelope.flush else 0
        ttl = min(record.ttl, self._envelope.ttl_limit)
        self._name(record.name)
        self._message += struct.pack("!HHIH", record.kind, INTERNET | flush, ttl, 0)
        start = len(self._message)
        self._message += record.data
        if record.target:
            self._name(record.target)
        struct.pack_into("!H", self._message, start - 2, len(self._message) - start)
        if len(self._message) > MESSAGE_LIMIT and any(self._counts):
            del self._message[before:]
            self._offsets = {name: at for name, at in self._offsets.items() if at < before}
            return False
        self._counts[section] += 1
        return True

    def finished(self) -> bytes:
        header = (self._envelope.number, 0x8400, len(self._envelope.questions), *self._counts)
        return struct.pack("!HHHHHH", *header) + self._message[12:]


def write_responses(
    answers: Iterable[Record], additional: Iterable[Record] = (), envelope: Envelope = ORDINARY
) -> list[bytes]:
    """As many messages as it takes for the answers; additional records that do not fit are left out."""
    responses = [_Response(envelope)]
    for record in answers:
        if not responses[-1].add(record, _Response.ANSWER):
            responses.append(_Response(envelope))
            responses[-1].add(record, _Response.ANSWER)
    for record in additional:
        responses[-1].add(record, _Response.ADDITIONAL)
    return [response.finished() for response in responses]
