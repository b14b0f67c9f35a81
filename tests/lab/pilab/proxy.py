"""The way out for apt: listens on the lab's bridge, connects from the host's network."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket


async def serve_proxy(descriptor: int) -> None:
    """A minimal HTTP forward proxy on a socket that is listening already."""
    server = await asyncio.start_server(proxy_client, sock=socket.socket(fileno=descriptor))
    async with server:
        await server.serve_forever()


async def proxy_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request per connection: CONNECT host:port, or METHOD http://host/path."""
    upstream: asyncio.StreamWriter | None = None
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *fields = head.rstrip("\r\n").split("\r\n")
        method, target, version = first.split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
        else:
            match = re.fullmatch(r"http://([^/:]+)(?::(\d+))?(/.*)?", target)
            if not match:
                raise ValueError(target)
            host, port, target = match[1], match[2] or "80", match[3] or "/"
        try:
            remote, upstream = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError as error:
            writer.write(f"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n{error}\n".encode())
            return
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [f for f in fields if not re.match(r"(proxy-)?connection:", f, re.IGNORECASE)]
            lines = [f"{method} {target} {version}", *kept, "Connection: close", "", ""]
            upstream.write("\r\n".join(lines).encode("latin-1"))
        await asyncio.gather(relay(reader, upstream), relay(remote, writer))
    except (ValueError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        for stream in (upstream, writer):
            if stream:
                stream.close()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end of the stream, then pass the end on."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
