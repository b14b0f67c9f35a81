"""The door of a host: TCP port 22, and what is said there before anyone logs in."""

from __future__ import annotations

import asyncio
import socket

from sugarkube_tui.cluster.text import clean_line, decode

SSH_PORT = 22
BANNER_LIMIT = 255
"""Bytes of the identification line, its end included (RFC 4253 §4.2)."""
BANNER_WAIT = 1.0
"""Seconds for the line after TCP is connected."""


async def knock(address: str, patience: float) -> str:
    """Connect and read one line, cleaned; empty when nothing is said.

    Args:
        address: IPv4.
        patience: seconds for the connection.

    Raises:
        OSError: the port is closed, or there is no way to the address.
        TimeoutError: no answer.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.setblocking(False)
        async with asyncio.timeout(patience):
            await loop.sock_connect(door, (address, SSH_PORT))
        line = b""
        try:
            async with asyncio.timeout(BANNER_WAIT):
                while b"\n" not in line and len(line) < BANNER_LIMIT:
                    said = await loop.sock_recv(door, BANNER_LIMIT - len(line))
                    if not said:
                        break
                    line += said
        except OSError:  # TimeoutError is one: the port is open all the same
            pass
    return clean_line(decode(line.split(b"\n", 1)[0]), BANNER_LIMIT).strip()


def is_ssh(banner: str) -> bool:
    return banner.startswith("SSH-")
