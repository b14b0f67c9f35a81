"""The SSH agent: is it there, and how many keys does it hold?  No library is needed to ask."""

from __future__ import annotations

import asyncio
import contextlib
import struct

ANSWER_WITHIN_S = 2.0
_REQUEST_IDENTITIES, _IDENTITIES_ANSWER = 11, 12
"""Message numbers of the agent protocol (draft-ietf-sshm-ssh-agent)."""


async def count_keys(socket: str) -> int | None:
    """How many keys an agent holds; None: there is no agent, or it does not answer.

    Args:
        socket: its path, as SSH_AUTH_SOCK gives it; may be empty.
    """
    if not socket:
        return None
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(struct.pack(">IB", 1, _REQUEST_IDENTITIES))
                _, kind, count = struct.unpack(">IBI", await reader.readexactly(9))
                return int(count) if kind == _IDENTITIES_ANSWER else None
            finally:
                writer.close()
    return None
