"""What listens on a stranger's TCP ports: half an SSH server, and a forged Kubernetes API."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from weakref import WeakKeyDictionary

from tests.unit.lan.certificates import Pair, make_ca, make_certificate
from tests.unit.lan.tlsserver import http

SSH_PORT = 22
API_PORT = 6443

_UNAUTHORIZED = {
    "kind": "Status",
    "apiVersion": "v1",
    "status": "Failure",
    "reason": "Unauthorized",
    "code": 401,
}

_Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Connections:
    """How many connections there are now, were at the same time at most, and have ever been."""

    open: int = 0
    most: int = 0
    total: int = 0

    def __enter__(self) -> None:
        self.open += 1
        self.total += 1
        self.most = max(self.most, self.open)

    def __exit__(self, *_: object) -> None:
        self.open -= 1


def _closing(handler: _Handler) -> _Handler:
    """The handler, with the connection closed at its end.

    That a client hangs up is no failure, and neither is the program's end, which cancels the handler.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    return handle


async def open_ssh(address: str, banner: bytes, connections: Connections) -> None:
    """Greet everybody with this banner, then listen without an answer until the client leaves."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with connections:
            writer.write(banner)
            while await reader.read(65536):
                pass

    await asyncio.start_server(_closing(greet), address, SSH_PORT)


class ForgedApi:
    """Kubernetes APIs with a certificate authority of their own, which write down what they are sent.

    Args:
        folder: where the servers' keys may be kept.
        log: gets a line of JSON for each connection, before the client gets its answer or at the end.
    """

    def __init__(self, folder: Path, log: TextIO) -> None:
        self._folder = folder
        self._log = log
        self._ca = make_ca()
        self._server_names: WeakKeyDictionary[ssl.SSLObject, str | None] = WeakKeyDictionary()

    async def open(self, address: str, host: str) -> None:
        """Serve this address, with a certificate for it and for the host's name."""
        pair = make_certificate(self._ca, "k3s", [host, address, "kubernetes", "localhost"])

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = bytearray()
            try:
                await _read_request(reader, request)
            finally:
                self._record(address, writer, request)
            writer.write(self._answer(request))
            await writer.drain()

        await asyncio.start_server(_closing(serve), address, API_PORT, ssl=self._context(address, pair))

    def _context(self, address: str, pair: Pair) -> ssl.SSLContext:
        chain = self._folder / f"{address}.pem"
        chain.write_bytes(pair.certificate_pem + pair.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        context.sni_callback = lambda tls, name, _: self._server_names.__setitem__(tls, name)
        return context

    def _record(self, address: str, writer: asyncio.StreamWriter, request: bytearray) -> None:
        entry = {
            "address": address,
            "client": writer.get_extra_info("peername")[0],
            "server_name": self._server_names.get(writer.get_extra_info("ssl_object")),
            "sent": request.decode("latin-1"),
        }
        self._log.write(json.dumps(entry) + "\n")
        self._log.flush()

    def _answer(self, request: bytearray) -> bytes:
        match request.split(b" ", 2)[:2]:
            case [b"GET", b"/cacerts"]:
                return http(self._ca.certificate_pem)
            case [b"GET", b"/ping"]:
                return http(b"pong")
            case _:
                return http(json.dumps(_UNAUTHORIZED).encode(), "401 Unauthorized")


async def _read_request(reader: asyncio.StreamReader, request: bytearray) -> None:
    """Add to `request` its head and body, or as much as comes before the client stops."""
    wanted = None
    while wanted is None or len(request) < wanted:
        chunk = await reader.read(65536)
        if not chunk:
            return
        request += chunk
        head, blank_line, _ = request.partition(b"\r\n\r\n")
        if blank_line:
            length = re.search(rb"\ncontent-length: *(\d+)", head, re.IGNORECASE)
            wanted = len(head + blank_line) + int(length[1] if length else 0)
