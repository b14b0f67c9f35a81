"""A small HTTPS server on 127.0.0.1 for tests."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.lan.certificates import Pair


@dataclass
class Requests:
    """What clients did.

    Attributes:
        heads: each request's head.
        server_names: SNI of each handshake; None without.
        subjects: each client certificate's subject, as ssl gives it.
    """

    port: int = 0
    heads: list[str] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    subjects: list[object] = field(default_factory=list)


@asynccontextmanager
async def https(
    directory: Path, pair: Pair, response: bytes | None, client_ca: Pair | None = None
) -> AsyncIterator[Requests]:
    """Serve one response to everybody; None: answer nothing, ever."""
    requests = Requests()
    chain = directory / "server.pem"
    chain.write_bytes(pair.certificate_pem + pair.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.sni_callback = lambda _socket, name, _context: requests.server_names.append(name)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.certificate_pem.decode())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            requests.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            requests.subjects.append((writer.get_extra_info("peercert") or {}).get("subject"))
            if response is None:
                await reader.read()
            else:
                writer.write(response)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.transport.abort() if response is None else writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    requests.port = server.sockets[0].getsockname()[1]
    try:
        yield requests
    finally:
        server.close()
        await server.wait_closed()


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole HTTP response."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body
