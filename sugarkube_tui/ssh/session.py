"""One command on one channel: collects what it prints and answers sudo's prompt."""

from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import dataclass

import asyncssh

from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import LineSink
from sugarkube_tui.ssh.intake import Intake
from sugarkube_tui.ssh.lines import Head, Lines, Tail

STDOUT_LIMIT = 8 * 1024 * 1024
STDERR_LIMIT = 64 * 1024
PREAMBLE_LIMIT = 64 * 1024

QUIET_AFTER_EXIT = 2.0
"""Seconds without output, after the exit status, until a channel that stays open is given up."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """How sudo asks for the password, and what to answer."""

    marker: bytes
    password: Secret


class CommandSession(asyncssh.SSHClientSession[bytes]):
    """Receives one command's output.

    Nothing here waits for anybody, so a flood on one stream cannot block the other.

    Args:
        nonce: what the script announces itself with; empty for a command without announcement.
        prompt: answered once; a second prompt means that the answer was wrong.
        stdin: sent when the script has announced itself, never earlier: sudo would read it.
        on_lines: gets lines of both streams.
    """

    def __init__(
        self,
        nonce: str = "",
        prompt: Prompt | None = None,
        stdin: bytes = b"",
        on_lines: LineSink | None = None,
    ) -> None:
        self._announced = re.compile(re.escape(nonce.encode()) + rb" (\d+)\n")
        self._stdout_gate = f"{nonce}\n".encode()
        self._prompt = prompt
        self._stdin = stdin
        self._on_lines = on_lines
        self._preamble = {1: bytearray(), 2: bytearray()}
        self._gate_open = not nonce
        self._asked = 0
        self._stdout, self._stderr = Head(STDOUT_LIMIT), Tail(STDERR_LIMIT)
        self._out_lines, self._err_lines = Lines(self._show), Lines(self._show)
        self._intake = Intake()
        self._activity = 0
        self._exited = asyncio.Event()
        self._done = asyncio.Event()
        self.started = asyncio.Event()
        self.channel: asyncssh.SSHClientChannel[bytes] | None = None
        self.group = 0
        self.exit_status: int | None = None
        self.lost_because = ""
        self.sink_failure: Exception | None = None
        if not nonce:
            self.started.set()

    # What asyncssh calls

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self.channel = chan

    def session_started(self) -> None:
        if self.started.is_set():
            self._send(self._stdin, end=True)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self._activity += 1
        if datatype == asyncssh.EXTENDED_DATA_STDERR:
            self._from_stderr(data)
        else:
            self._from_stdout(data)

    def eof_received(self) -> bool:
        return True  # the exit status is still to come

    def exit_status_received(self, status: int) -> None:
        self.exit_status = status
        self._exited.set()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:
        self.exit_status = 128 + _signal_number(signal)
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost_because = str(exc) if exc else ""
        self._done.set()

    # What the shell asks

    @property
    def finished(self) -> bool:
        return self._done.is_set()

    @property
    def wrong_password(self) -> bool:
        return self._asked > 1

    @property
    def preamble(self) -> str:
        """What was printed before the script began: by the login shell, or by sudo."""
        return b"\n".join(bytes(self._preamble[stream]) for stream in (2, 1)).decode("utf-8", "replace")

    def output(self) -> tuple[str, str]:
        """Standard output and standard error."""
        stderr = self._stderr.text()
        if self._stdout.dropped:
            stderr += f"\n[{self._stdout.dropped} bytes of output beyond {STDOUT_LIMIT} were dropped]\n"
        return self._stdout.text(), stderr

    async def wait(self) -> None:
        """Wait until the command has ended and its output is here.

        A process that it left in the background may hold the channel open: then what has come
        until nothing came for a while is all.
        """
        ended = asyncio.create_task(self._exited.wait())
        done = asyncio.create_task(self._done.wait())
        try:
            await asyncio.wait({ended, done}, return_when=asyncio.FIRST_COMPLETED)
            seen = -1
            while not self.finished and seen != self._activity:
                seen = self._activity
                await asyncio.wait({done}, timeout=QUIET_AFTER_EXIT)
        finally:
            ended.cancel()
            done.cancel()
        self.close()
        self._intake.finish()
        self._out_lines.finish()
        self._err_lines.finish()

    async def wait_done(self, timeout: float) -> None:
        """Wait at most `timeout` seconds for the channel to close."""
        try:
            await asyncio.wait_for(self._done.wait(), timeout)
        except TimeoutError:
            return

    def close(self) -> None:
        if self.channel and not self.finished:
            self.channel.close()

    # Streams

    def _from_stdout(self, data: bytes) -> None:
        if not self._gate_open:
            waiting = self._preamble[1]
            waiting += data
            place = waiting.find(self._stdout_gate)
            if place < 0:
                del waiting[:-PREAMBLE_LIMIT]
                return
            self._gate_open = True
            data = bytes(waiting[place + len(self._stdout_gate) :])
            waiting.clear()
        self._stdout.feed(data)
        self._intake.take(self._out_lines, data)

    def _from_stderr(self, data: bytes) -> None:
        if not self.started.is_set():
            waiting = self._preamble[2]
            waiting += data
            self._answer_prompt(waiting)
            found = self._announced.search(waiting)
            if not found:
                del waiting[:-PREAMBLE_LIMIT]
                return
            self.group = int(found[1])
            data = bytes(waiting[found.end() :])
            waiting.clear()
            self.started.set()
            self._send(self._stdin, end=True)
        self._stderr.feed(data)
        self._intake.take(self._err_lines, data)

    def _answer_prompt(self, waiting: bytearray) -> None:
        if not self._prompt:
            return
        while (place := waiting.find(self._prompt.marker)) >= 0:
            del waiting[place : place + len(self._prompt.marker)]
            self._asked += 1
            if self._asked == 1:
                self._send(self._prompt.password.reveal().encode() + b"\n", end=False)
            else:
                self._send(b"", end=True)

    def _send(self, data: bytes, *, end: bool) -> None:
        if not self.channel:
            return
        try:
            if data:
                self.channel.write(data)
            if end:
                self.channel.write_eof()
        except OSError:
            return  # it closed its side: the exit status tells the rest

    def _show(self, *lines: str) -> None:
        if self._on_lines is None:
            return
        try:
            self._on_lines(*lines)
        except Exception as exc:  # noqa: BLE001 - asyncssh would close the connection; run() raises it
            self._on_lines = None
            self.sink_failure = exc


def _signal_number(name: str) -> int:
    try:
        return int(signal.Signals[f"SIG{name}"])
    except KeyError:
        return 0
