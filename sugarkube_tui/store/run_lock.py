"""Whether the program that began a run still works on it: a lock that the system lets go with its process."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_NAME = "lock"


class RunLock:
    """Held from its creation until `release`, or the process's end.

    Raises (by its creation):
        OSError: the file system has no locks, or the directory cannot be written to.
    """

    def __init__(self, directory: Path) -> None:
        self._handle = os.open(directory / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(self._handle, 0)
            os.write(self._handle, f"{os.getpid()}\n".encode())
        except OSError:
            os.close(self._handle)
            raise

    def release(self) -> None:
        """Let it go; more than once does no harm."""
        if self._handle >= 0:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = -1


def worked_on_by(directory: Path) -> int | None:
    """The process that works on this run now; None: nobody does, or it cannot be told."""
    try:
        handle = os.open(directory / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError):  # a path that somebody wrote may even have a NUL in it
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(handle, 32).strip()
        return int(text) if text.isdigit() else 0
    except OSError:
        return None
    finally:
        os.close(handle)
    return None
