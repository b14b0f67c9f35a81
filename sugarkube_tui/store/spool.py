"""Appending lines to files without ever waiting for the disk."""

from __future__ import annotations

import atexit
import errno
import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

BATCH_S = 0.2
"""How long a line may wait for others before it is written."""
WAITING_LINES = 50_000
"""With more lines than this on their way to one file, whoever writes has to wait for it."""


class Spool:
    """Takes lines for the files of a directory, 0600; a thread of its own writes them, many at a time.

    What is on its way is written before the program ends, unless it is killed.

    Attributes:
        problem: why nothing more is written; empty: all is well.
    """

    def __init__(self, directory: Path) -> None:
        self.problem = ""
        self._directory = directory
        # A queue for each file: strings, unlike pairs, are nothing that Python's collector has to look at.
        self._queues: dict[str, deque[str]] = {}
        self._flushes: deque[threading.Event] = deque()
        self._files: dict[str, int] = {}
        self._waking = False
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def write(self, name: str, line: str) -> None:
        """Append a line to a file, within `BATCH_S`; with a problem, let it go."""
        if self.problem:
            return
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = deque()
        queue.append(line)
        if not self._waking:
            self._waking = True
            self._wake.set()
            if self._thread is None:
                self._start()
        if len(queue) > WAITING_LINES:
            self.flush()

    def hurry(self) -> None:
        """Write what is on its way at once; do not wait for it."""
        self._hurry.set()

    def flush(self) -> None:
        """Wait until all that was taken so far has been written."""
        if self._thread is None:
            return
        written = threading.Event()
        self._flushes.append(written)
        self._waking = True
        self._hurry.set()
        self._wake.set()
        written.wait()

    def close(self) -> None:
        """Write everything, and end."""
        thread = self._thread
        if thread is None:
            return
        atexit.unregister(self.close)
        self._closing = True
        self._hurry.set()
        self._wake.set()
        thread.join()
        self._thread, self._closing = None, False

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="spool", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # there are too many already, or the program is ending
            self.problem = str(error)
            return
        self._thread = thread
        atexit.register(self.close)

    # -- in the thread

    def _work(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._hurry.wait(BATCH_S)
            self._wake.clear()
            self._hurry.clear()
            self._waking = False  # from here on a new line wakes us again
            self._drain()
        self._drain()
        for file in self._files.values():
            with suppress(OSError):
                os.close(file)
        self._files.clear()

    def _drain(self) -> None:
        flushes = [self._flushes.popleft() for _ in range(len(self._flushes))]
        for name, queue in list(self._queues.items()):
            lines = [queue.popleft() for _ in range(len(queue))]
            if lines and not self.problem:
                try:
                    self._append(name, lines)
                except OSError as error:
                    self.problem = str(error)
                except Exception as error:  # noqa: BLE001 - a dead thread would keep `flush` waiting for ever
                    self.problem = f"{type(error).__name__}: {error}"
        for written in flushes:
            written.set()

    def _append(self, name: str, lines: list[str]) -> None:
        file = self._files.get(name)
        if file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            file = self._files[name] = os.open(self._directory / name, flags, 0o600)
        if os.fstat(file).st_nlink == 0:  # what is written now would be gone with the program
            raise FileNotFoundError(errno.ENOENT, "the file was removed", str(self._directory / name))
        rest = memoryview(("\n".join(lines) + "\n").encode(errors="replace"))
        while rest:
            rest = rest[os.write(file, rest) :]
