"""What systemd sees of the process: log lines in k3s's format, readiness, and a name for `ps`."""

from __future__ import annotations

import os
import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

_lock = threading.Lock()


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _log(level: str, message: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with _lock:
        sys.stderr.write(f'time="{now}" level={level} msg={_quote(message)}\n')
        sys.stderr.flush()


def info(message: str) -> None:
    """A milestone."""
    _log("info", message)


def warning(message: str) -> None:
    """Something an operator might want to know."""
    _log("warning", message)


def error(message: str) -> None:
    """Something that failed and will be tried again."""
    _log("error", message)


def fatal(message: str) -> NoReturn:
    """The last line of a process that gives up; ends it from any thread."""
    _log("fatal", message)
    os._exit(1)


def notify(state: str) -> None:
    """Tell systemd, if it started us; `Type=notify` waits for READY=1."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(address)
        channel.sendall(state.encode())


def set_title(title: str, name: str) -> None:
    """Show `title` in ps: k3s hides its arguments, as they may hold a token.

    The kernel reads a process's command line from its own memory, between two addresses it tells in
    /proc/self/stat, so writing there is all it takes.
    """
    try:
        Path("/proc/self/comm").write_text(name)
        values = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(values[45]), int(values[46])
        text = title.encode()[: end - start - 1]
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            memory.write(text.ljust(end - start, b"\0"))
    except OSError:
        return  # cosmetic: a kernel that forbids it changes nothing else
