"""Plays the hosts of `strangers.py`: `python -m tests.lab.responder FOLDER`, in their network namespace.

It says `ready` when it listens.  Then each line on standard input is answered by a line of statistics
in JSON, which also come at the end.  It ends, with a goodbye to the network, on SIGTERM or when standard
input is closed.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import struct
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from tests.lab import mdns
from tests.lab.doors import Connections, ForgedApi, open_ssh
from tests.lab.mdns import GOODBYE, ORDINARY, Envelope, Name, Query, Record
from tests.lab.strangers import Script, StrangerHost

DOMAIN = (b"local",)
ENUMERATION = (b"_services", b"_dns-sd", b"_udp", *DOMAIN)

# Seconds, all from RFC 6762.
SHARED_DELAY = (0.020, 0.120)  # §6: others may answer at the same time
MORE_KNOWN_DELAY = (0.4, 0.5)  # §7.2: the list of what the client knows goes on
AGAIN_AFTER = 1.0  # §6: no record is multicast more often; §8.3: the second announcement
LEGACY_TTL = 10  # §6.7

ETHERTYPE_IP, ETHERTYPE_ARP = 0x0800, 0x0806

Address = tuple[str, int]


class Ear(asyncio.DatagramProtocol):
    """Passes on what one socket receives.

    Args:
        station: the only host that may answer; None if all may.
    """

    def __init__(self, responder: Responder, station: Station | None) -> None:
        self._responder = responder
        self._station = station

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._responder.receive(data, addr, self._station)


class Station:
    """One host on the air: its records, and the socket that sends from its address."""

    def __init__(self, host: StrangerHost) -> None:
        self.host = host
        self.records = records_of(host)
        self._multicast_at: dict[Record, float] = {}

    async def open(self, responder: Responder) -> None:
        own = shared_socket(self.host.address)
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self.host.address))
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        own.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: Ear(responder, self), sock=own)

    def reply(self, answers: list[Record], envelope: Envelope, to: Address) -> None:
        """Answer one client alone."""
        for message in mdns.write_responses(answers, self._additional(answers), envelope):
            self._transport.sendto(message, to)

    def multicast(self, answers: Iterable[Record]) -> None:
        """Answer for all to hear, except what they have heard just now."""
        now = asyncio.get_running_loop().time()
        fresh = [each for each in answers if now - self._multicast_at.get(each, -AGAIN_AFTER) >= AGAIN_AFTER]
        if fresh:
            self._to_all(fresh, self._additional(fresh))

    def announce(self) -> None:
        self._to_all(self.records)

    def say_goodbye(self) -> None:
        self._to_all(self.records, envelope=GOODBYE)

    def _to_all(
        self, answers: list[Record], additional: Iterable[Record] = (), envelope: Envelope = ORDINARY
    ) -> None:
        self._multicast_at |= dict.fromkeys(answers, asyncio.get_running_loop().time())
        for message in mdns.write_responses(answers, additional, envelope):
            self._transport.sendto(message, (mdns.GROUP, mdns.PORT))

    def _additional(self, answers: list[Record]) -> list[Record]:
        """What whoever asked will want to know next: a service's SRV, TXT and A (RFC 6763 §12)."""
        found = list(answers)
        for record in found:
            # The list grows on the way: the SRV's target has an address.
            found += [
                each
                for each in self.records
                if each.unique and each.name == record.target and each not in found
            ]
        return found[len(answers) :]


def records_of(host: StrangerHost) -> list[Record]:
    """All that a host says of itself."""
    name = mdns.name_of(host.name)
    records = [mdns.address(name, host.address), mdns.reverse(host.address, name)]
    for service in host.services:
        kind = mdns.name_of(service.kind) + DOMAIN
        instance = (service.instance, *kind)
        target = mdns.name_of(service.host) if service.host else name
        records += [
            mdns.pointer(ENUMERATION, kind),
            mdns.pointer(kind, instance),
            mdns.service(instance, service.port, target),
            mdns.text(instance, service.txt),
        ]
    return list(dict.fromkeys(records))


class Responder:
    """Hears what is asked on the network, and has each host answer for itself.

    It is as laconic as avahi: no NSEC records that deny what a host does not have (RFC 6762 §6.1).
    Unlike any real responder it does not probe for its names: what it plays may well be forged.
    """

    def __init__(self, hosts: Iterable[StrangerHost]) -> None:
        self.stations = [Station(host) for host in hosts]
        self._index: dict[Name, list[tuple[Station, Record]]] = defaultdict(list)
        for station in self.stations:
            for record in station.records:
                self._index[record.key[0]].append((station, record))
        self._unfinished: dict[Address, tuple[Query, asyncio.TimerHandle]] = {}

    async def open(self) -> None:
        """Listen on all addresses, and for what is asked of everybody."""
        for station in self.stations:
            await station.open(self)
        everybody = shared_socket(mdns.GROUP)
        group = socket.inet_aton(mdns.GROUP) + socket.inet_aton(self.stations[0].host.address)
        everybody.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: Ear(self, None), sock=everybody)

    def announce(self) -> None:
        for station in self.stations:
            station.announce()

    async def announce_again(self, repeat_s: float) -> None:
        """The second announcement, and if `repeat_s` is not 0, another one every so many seconds."""
        await asyncio.sleep(AGAIN_AFTER)
        self.announce()
        while repeat_s:
            await asyncio.sleep(repeat_s)
            self.announce()

    def say_goodbye(self) -> None:
        for station in self.stations:
            station.say_goodbye()

    def receive(self, message: bytes, source: Address, only: Station | None) -> None:
        """Take a message; `only` if it was sent to this host instead of to everybody."""
        query = mdns.read_query(message)
        if query is None:
            return
        if source[1] != mdns.PORT:
            envelope = Envelope(query.number, query.questions, LEGACY_TTL, flush=False)
            for station, answers in self._found(query, query.questions, only):
                station.reply(answers, envelope, source)
        elif only:
            self._answer(query, source, only)
        else:
            self._collect(query, source)

    def _collect(self, query: Query, source: Address) -> None:
        """Answer once the client has told all that it knows already."""
        if source in self._unfinished:
            earlier, timer = self._unfinished.pop(source)
            timer.cancel()
            query = earlier.and_then(query)
        if query.truncated:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(random.uniform(*MORE_KNOWN_DELAY), self._give_up_waiting, source)
            self._unfinished[source] = (query, timer)
        else:
            self._answer(query, source, None)

    def _give_up_waiting(self, source: Address) -> None:
        query, _ = self._unfinished.pop(source)
        self._answer(query, source, None)

    def _answer(self, query: Query, source: Address, only: Station | None) -> None:
        """Answer by unicast at once, by multicast in good time."""
        alone = [each for each in query.questions if each.unicast or only]
        for station, answers in self._found(query, alone, only):
            station.reply(answers, ORDINARY, source)
        loop = asyncio.get_running_loop()
        aloud = [each for each in query.questions if each not in alone]
        for station, answers in self._found(query, aloud, only):
            shared = any(not record.unique for record in answers)
            loop.call_later(random.uniform(*SHARED_DELAY) if shared else 0, station.multicast, answers)

    def _found(
        self, query: Query, questions: Iterable[mdns.Question], only: Station | None
    ) -> Iterable[tuple[Station, list[Record]]]:
        """Who has which answers that the client does not know, or not for much longer (RFC 6762 §7.1)."""
        found: dict[Station, dict[Record, None]] = defaultdict(dict)
        for question in questions:
            for station, record in self._index.get(mdns.folded(question.name), ()):
                asked = question.kind in (record.kind, mdns.ANY) and only in (station, None)
                if asked and query.known.get(record.key, -1) < record.ttl / 2:
                    found[station][record] = None
        return [(station, list(records)) for station, records in found.items()]


def shared_socket(address: str) -> socket.socket:
    """A socket on the port of multicast DNS, which many may use."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.setblocking(False)
    opened.bind((address, mdns.PORT))
    return opened


def claim(addresses: Iterable[str]) -> None:
    """Tell all neighbours that these are ours (RFC 5227 §2.3): they may remember another MAC address."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as wire:
        wire.bind(("eth0", 0))
        mac = wire.getsockname()[4]
        for address in addresses:
            ip = socket.inet_aton(address)
            request = struct.pack("!HHBBH6s4s6s4s", 1, ETHERTYPE_IP, 6, 4, 1, mac, ip, bytes(6), ip)
            wire.sendto(request, ("eth0", ETHERTYPE_ARP, 0, 0, b"\xff" * 6))


async def open_doors(script: Script, folder: Path, log: TextIO, connections: Connections) -> None:
    """Listen on the TCP ports that the hosts have open."""
    api = ForgedApi(folder, log)
    for host in script.hosts:
        if host.ssh_banner is not None:
            await open_ssh(host.address, host.ssh_banner, connections)
        if host.api:
            await api.open(host.address, host.name.decode("ascii", "backslashreplace"))


async def tell_stats(connections: Connections) -> None:
    """Answer each line on standard input, to its end."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        say(json.dumps(asdict(connections)))


def say(line: str) -> None:
    print(line, flush=True)


async def play(folder: Path, log: TextIO) -> None:
    """Be the hosts of the script in this folder until told to end; `log` is for the forged APIs."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    script = Script.load(folder)
    responder = Responder(script.hosts)
    connections = Connections()
    claim(host.address for host in script.hosts)
    await open_doors(script, folder, log, connections)
    await responder.open()
    tasks = []
    if script.announce:
        responder.announce()
        tasks.append(asyncio.create_task(responder.announce_again(script.repeat_s)))
    say("ready")
    tasks.append(asyncio.create_task(tell_stats(connections)))
    tasks[-1].add_done_callback(lambda _: over.set())
    await over.wait()
    responder.say_goodbye()
    say(json.dumps(asdict(connections)))


def main(folder: Path) -> None:
    # Still open when the last connections are cut.
    with (folder / "api.jsonl").open("w") as log:
        asyncio.run(play(folder, log))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
