"""What the workstation serves to the Pis: time and names."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
import time
from collections.abc import Collection
from typing import cast


class TimeServer(asyncio.DatagramProtocol):
    """The workstation's NTP server, which can lie to, or ignore, single Pis."""

    def __init__(self) -> None:
        self.offsets: dict[str, float | None] = {}  # address -> seconds, or None: no answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        offset = self.offsets.get(address[0], 0.0)
        if len(data) < 48 or data[0] & 7 != 3 or offset is None:
            return
        now = time.time() + offset + 2208988800  # NTP counts from 1900
        stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
        version = data[0] >> 3 & 7
        header = struct.pack("!BBBbII4s", version << 3 | 4, 2, data[2], -20, 0, 0, b"PILB")
        self.transport.sendto(header + stamp + data[40:48] + stamp + stamp, address)


class NameServer(asyncio.DatagramProtocol):
    """The router's DNS: knows next to no names, but says so at once.

    Without it each .local look-up may take 5 s: libnss-mdns first asks DNS who serves
    `local`, and the kernel rations the ICMP errors that would tell it that nobody answers.
    """

    def __init__(self, names: Collection[str], address: str) -> None:
        self.names = names
        self.address = address  # of all of them

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if len(data) < 17 or data[2] & 0x80:
            return
        end = data.find(b"\0", 12) + 5  # of the question: its name, type and class
        if end == 4 or len(data) < end:
            return
        question = data[12:end]
        name, at = [], 0
        while length := question[at]:
            name.append(question[at + 1 : at + 1 + length].decode("latin-1").lower())
            at += 1 + length
        known = ".".join(name) in self.names
        records = b""
        if known and question[-4:] == struct.pack("!HH", 1, 1):  # an IPv4 address; there are no others
            record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4)
            records = record + ipaddress.IPv4Address(self.address).packed
        flags = struct.pack("!BB", 0x80 | data[2] & 1, 0x80 if known else 0x83)
        counts = struct.pack("!HHHH", 1, 1 if records else 0, 0, 0)
        self.transport.sendto(data[:2] + flags + counts + question + records, address)
