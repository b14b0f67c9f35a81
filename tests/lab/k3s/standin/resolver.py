"""Host names as a statically linked Go program sees them: /etc/hosts and DNS, not nsswitch, hence no mDNS.

This is why a real k3s cannot join `https://sugarkube0.local:6443` even where `ping sugarkube0.local` works.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from pathlib import Path

_TIMEOUT = 2.0
_TYPE_A = 1
_CLASS_IN = 1


class LookupFailure(OSError):
    """A name without an address."""


def lookup(name: str, *, mode: str = "static") -> str:
    """An IPv4 address for a name or address."""
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        pass
    if mode == "nss":
        try:
            return str(socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
        except OSError as failure:
            raise LookupFailure(f"lookup {name}: no such host") from failure
    wanted = name.rstrip(".").lower()
    return _from_hosts(wanted) or _from_dns(wanted)


def _from_hosts(name: str) -> str | None:
    try:
        lines = Path("/etc/hosts").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        columns = line.partition("#")[0].lower().split()
        if len(columns) > 1 and name in columns[1:] and ":" not in columns[0]:
            return columns[0]
    return None


def _settings() -> tuple[list[str], list[str]]:
    servers: list[str] = []
    search: list[str] = []
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        columns = line.split()
        if columns[:1] == ["nameserver"]:
            servers += columns[1:2]
        elif columns[:1] in (["search"], ["domain"]):
            search = columns[1:]
    return servers or ["127.0.0.1"], search


def _from_dns(name: str) -> str:
    servers, search = _settings()
    candidates = [name] if "." in name else [f"{name}.{domain}" for domain in search] + [name]
    for candidate in candidates:
        for server in servers:
            try:
                address = _ask(server, candidate)
            except OSError:
                continue
            if address:
                return address
    raise LookupFailure(f"lookup {name}: no such host")


def _ask(server: str, name: str) -> str | None:
    identifier = os.urandom(2)
    labels = b"".join(bytes([len(label)]) + label.encode("idna") for label in name.split(".") if label)
    question = labels + b"\0" + struct.pack("!HH", _TYPE_A, _CLASS_IN)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.settimeout(_TIMEOUT)
        channel.connect((server, 53))
        channel.send(identifier + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + question)
        answer = channel.recv(4096)
    if answer[:2] != identifier:
        return None
    count = struct.unpack("!H", answer[6:8])[0]
    position = 12 + len(question)
    for _ in range(count):
        position = _skip_name(answer, position)
        kind, _, _, length = struct.unpack("!HHIH", answer[position : position + 10])
        position += 10
        if kind == _TYPE_A and length == 4:
            return socket.inet_ntoa(answer[position : position + 4])
        position += length
    return None


def _skip_name(message: bytes, position: int) -> int:
    while message[position]:
        if message[position] & 0xC0:
            return position + 2
        position += 1 + message[position]
    return position + 1
