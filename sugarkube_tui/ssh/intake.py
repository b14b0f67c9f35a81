"""Taking in what a node prints, a little at a time."""

from __future__ import annotations

import asyncio
from collections import deque

from sugarkube_tui.ssh.lines import Lines

SLICE_BYTES = 4 * 1024
"""What one node hands on in one turn of the event loop: some fifty lines, in a fraction of a millisecond."""
WAITING_BYTES = 256 * 1024
"""With more than this waiting, the rest is handed on at once: so the sender has to wait for us."""


class Intake:
    """Hands on bytes slice by slice, in order: other nodes, keys and the screen get their turn in between.

    Use it in an event loop.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Lines, bytes]] = deque()
        self._size = 0

    def take(self, lines: Lines, data: bytes) -> None:
        """Hand these bytes on to `lines`, after all that came before."""
        if not data:
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
        self._waiting.append((lines, data))
        self._size += len(data)
        while self._size > WAITING_BYTES:
            self._hand_on()

    def finish(self) -> None:
        """Hand on all that is waiting."""
        while self._waiting:
            self._hand_on()

    def _turn(self) -> None:
        if self._waiting:  # `finish` may have been quicker
            self._hand_on()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)

    def _hand_on(self) -> None:
        lines, data = self._waiting.popleft()
        if len(data) > SLICE_BYTES:
            self._waiting.appendleft((lines, data[SLICE_BYTES:]))
            data = data[:SLICE_BYTES]
        self._size -= len(data)
        lines.feed(data)
