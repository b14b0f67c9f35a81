"""A tap on one interface's multicast DNS: it hears what passes, our own questions among it."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable

from sugarkube_tui.lan.interfaces import Link

GROUP = "224.0.0.251"
PORT = 5353
PACKET_LIMIT = 9_000
"""Bytes of a packet with its headers (RFC 6762 §17)."""
PACKETS_AT_ONCE = 64
"""Packets read before others get their turn."""

# <linux/in.h> and <netinet/in.h> of macOS; the socket module names neither.
_IP_MULTICAST_ALL = 49
_IP_BOUND_IF = 25


class Tap:
    """Reads packets until it is closed.

    It is bound to the group's address, so that it cannot take answers that are meant for one of the
    other sockets on this machine's port 5353.

    Args:
        heard: gets each packet and its sender's address; must not raise.

    Raises:
        OSError: the socket cannot be opened.
    """

    def __init__(self, link: Link, heard: Callable[[bytes, str], None]) -> None:
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            _join(self._socket, link)
        except OSError:
            self._socket.close()
            raise
        self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Stop; may be called twice."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(PACKETS_AT_ONCE):
            if self._socket.fileno() < 0:
                return  # closed by what was heard
            try:
                packet, sender = self._socket.recvfrom(PACKET_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error that an earlier packet left behind
            self._heard(packet, str(sender[0]))


def _join(tap: socket.socket, link: Link) -> None:
    tap.setblocking(False)
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if sys.platform == "darwin":
        tap.setsockopt(socket.IPPROTO_IP, _IP_BOUND_IF, socket.if_nametoindex(link.name))
    elif sys.platform.startswith("linux"):
        # Else it would also hear interfaces on which other sockets of this machine joined.
        tap.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    tap.bind((GROUP, PORT))
    tap.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + link.own.ip.packed)


def is_question(packet: bytes) -> bool:
    """Whether the QR bit says that this asks (RFC 1035 §4.1.1)."""
    return len(packet) >= 12 and not packet[2] & 0x80
