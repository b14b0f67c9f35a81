"""`TlsApi`: the port `Api`.  What an API server shows to everyone; nothing here is authenticated."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import ServerIdentity
from sugarkube_tui.lan.certificates import certificate_lines, certificate_names

RESPONSE_LIMIT = 256 * 1024
"""Bytes read of `/cacerts`; a chain has a few thousand."""

Resolve = Callable[[str, float], Awaitable[tuple[str, ...]]]
"""Name and seconds → addresses, as `Lan.resolve`."""

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TlsApi:
    """Connects directly: proxy variables are not for LAN addresses, and are not looked at.

    Args:
        resolve: finds addresses; the workstation's own resolver may not know `.local`.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def connect(self, host: str, port: int, timeout: float) -> None:
        """Open and close a TCP connection within `timeout` seconds.  Raises OSError or TimeoutError."""
        async with self._connection(host, port, timeout, None):
            pass

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        """Fetch certificate and `/cacerts` (contract §8.1) within `timeout` seconds.

        Raises:
            OSError: unreachable, no TLS, or no k3s server's answer.
            TimeoutError: it took longer.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        # Who this is, is the question; the answer is compared with the join token's CA hash.
        context.verify_mode = ssl.CERT_NONE
        async with self._connection(host, port, timeout, context) as (reader, writer):
            certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
            shown_host = f"[{host}]" if ":" in host else host
            # HTTP/1.0: the body ends with the connection, never in chunks.
            writer.write(f"GET /cacerts HTTP/1.0\r\nHost: {shown_host}:{port}\r\n\r\n".encode())
            await writer.drain()
            response = bytearray()
            while chunk := await reader.read(65_536):
                response += chunk
                if len(response) > RESPONSE_LIMIT:
                    raise OSError(errno.EMSGSIZE, f"/cacerts is longer than {RESPONSE_LIMIT} bytes")
        return ServerIdentity(
            ca_pem=_body(bytes(response)),
            names=certificate_names(certificate),
            certificate=certificate_lines(certificate),
        )

    @contextlib.asynccontextmanager
    async def _connection(
        self, host: str, port: int, timeout: float, context: ssl.SSLContext | None
    ) -> AsyncIterator[_Streams]:
        async with asyncio.timeout(timeout):
            try:
                addresses = await self._resolve(host, timeout)
                if not addresses:
                    raise socket.gaierror(socket.EAI_NONAME, f"{host} does not resolve")
                name = host.rstrip(".") if context else None
                reader, writer = await _connect_first(addresses, port, context, name, timeout)
            except OSError:
                raise
            except (ValueError, TypeError) as error:  # UnicodeError is one; ssl raises both
                raise OSError(errno.EINVAL, f"{host!r} is no host name: {error}") from error
            try:
                yield reader, writer
            finally:
                # Nothing is left to say: do not wait for the peer's part of the TLS goodbye.
                writer.transport.abort()


async def _connect_first(
    addresses: tuple[str, ...], port: int, context: ssl.SSLContext | None, name: str | None, timeout: float
) -> _Streams:
    """Connect to the first address that answers; each gets its share of the time."""
    failure: OSError = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    for address in addresses:
        try:
            async with asyncio.timeout(timeout / len(addresses)):
                return await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
        except OSError as error:  # TimeoutError is one
            failure = error
    raise failure


def _body(response: bytes) -> bytes:
    """The PEM text in an HTTP response.  Raises OSError for any other answer."""
    head, separator, body = response.partition(b"\r\n\r\n")
    status_line, *header_lines = head.split(b"\r\n")
    parts = status_line.split(b" ", 2)
    if not separator or not status_line.startswith(b"HTTP/1.") or len(parts) < 2:
        raise OSError(errno.EPROTO, "the answer to /cacerts is no HTTP")
    if parts[1] != b"200":
        status = clean_line(status_line.decode("latin-1"), 80)
        raise OSError(errno.EPROTO, f"/cacerts answered {status}")
    for line in header_lines:
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-length" and value.strip() != str(len(body)).encode():
            raise OSError(errno.EPROTO, "the answer to /cacerts was cut short")
    if b"-----BEGIN CERTIFICATE-----" not in body:
        raise OSError(errno.EPROTO, "/cacerts holds no certificate")
    return body
