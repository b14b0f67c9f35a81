"""Servers on loopback that say something to whoever connects, as port 22 does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass


@dataclass
class Doors:
    """`port` is the same at all addresses; `most` is how many were open at the same time."""

    port: int = 0
    opened: int = 0
    open: int = 0
    most: int = 0


@asynccontextmanager
async def doors(banners: Mapping[str, bytes]) -> AsyncIterator[Doors]:
    """Listen at each of these addresses and send its bytes; the client hangs up."""
    state = Doors()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.opened += 1
        state.open += 1
        state.most = max(state.most, state.open)
        try:
            writer.write(banners[writer.get_extra_info("sockname")[0]])
            await reader.read()
        except ConnectionError:
            pass
        finally:
            state.open -= 1
            writer.transport.abort()

    async with AsyncExitStack() as stack:
        for address in banners:
            server = await asyncio.start_server(serve, address, state.port)
            state.port = server.sockets[0].getsockname()[1]
            stack.callback(server.close)
        yield state
