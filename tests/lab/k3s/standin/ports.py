"""Ports that only have to be open, etcd's and the kubelet's: probes look for them, and for their end."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Sequence

from . import journal


class OpenPorts:
    """Listens, accepts and hangs up."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._thread: threading.Thread | None = None

    def open(self, addresses: Sequence[tuple[str, int]]) -> None:
        """Open more ports; each must be free."""
        for address in addresses:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(address)
            except OSError:
                journal.fatal(f"listen tcp {address[0]}:{address[1]}: bind: address already in use")
            listener.listen(16)
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, listener)
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True, name="ports")
            self._thread.start()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                with contextlib.suppress(OSError):
                    connection, _ = key.data.accept()
                    connection.close()
