"""What a command prints, kept within bounds and cut into lines."""

from __future__ import annotations

from sugarkube_tui.cluster.text import clean_line, decode
from sugarkube_tui.engine.ports import LineSink

LINE_BYTES = 64 * 1024
"""Bytes kept of one line; the rest of it is dropped."""


class Lines:
    """Cuts a stream of bytes into cleaned lines, handed to a sink when they have ended."""

    def __init__(self, sink: LineSink) -> None:
        self._sink = sink
        self._line = bytearray()

    def feed(self, data: bytes) -> None:
        *ended, rest = data.split(b"\n")
        if ended:
            self._sink(*[self._line_with(part) for part in ended])
        self._keep(rest)

    def finish(self) -> None:
        """Hand over a last line that has no line end."""
        if self._line:
            self._sink(self._line_with(b""))

    def _line_with(self, end: bytes) -> str:
        """The line that has begun, with its end; the next one begins."""
        if self._line or len(end) > LINE_BYTES:
            self._keep(end)
            end = bytes(self._line)
            self._line.clear()
        return clean_line(decode(end))

    def _keep(self, part: bytes) -> None:
        self._line += part
        if len(self._line) > LINE_BYTES:
            # A progress display redraws one line for ever: what counts is its newest state.
            newest = self._line.rfind(b"\r", 0, len(self._line) - 1)
            if newest >= 0:
                del self._line[: newest + 1]
            del self._line[LINE_BYTES:]


class Head:
    """The first bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self.dropped += max(0, len(data) - room)

    def text(self) -> str:
        return decode(bytes(self._kept))


class Tail:
    """The last bytes of a stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()

    def feed(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) > 2 * self._limit:  # not at every byte: moving the rest costs
            del self._kept[: -self._limit]

    def raw(self) -> bytes:
        return bytes(self._kept[-self._limit :])

    def text(self) -> str:
        return decode(self.raw())
