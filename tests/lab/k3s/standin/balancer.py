"""The agent's own way to the API: a port of its loopback, behind it whichever server answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from . import journal, resolver

NAME = "k3s-agent-load-balancer"
_DIAL_SECONDS = 2.0


class LoadBalancer:
    """Forwards bytes; a server that does not take a connection is passed over."""

    def __init__(self, servers: Callable[[], list[str]], port: int, *, resolver_mode: str) -> None:
        self._servers = servers
        self._resolver_mode = resolver_mode
        self._preferred = ""
        self.port = port

    def start(self) -> None:
        """Listen; the port must be free."""
        try:
            listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        except OSError:
            journal.fatal(f"listen tcp 127.0.0.1:{self.port}: bind: address already in use")
        known = [each.removeprefix("https://") for each in self._servers()]
        journal.info(
            f"Running load balancer {NAME} 127.0.0.1:{self.port} -> [{' '.join(known)}] [default: {known[0]}]"
        )
        threading.Thread(target=self._accept, args=(listener,), daemon=True, name="balancer").start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True, name="balanced").start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            server = self._dial()
            if server is None:
                return
            with server:
                back = threading.Thread(target=_pump, args=(server, client), daemon=True, name="balanced")
                back.start()
                _pump(client, server)
                back.join()

    def _dial(self) -> socket.socket | None:
        """The server last used, else the others in turn."""
        for url in sorted(self._servers(), key=lambda each: each != self._preferred):
            parts = urlsplit(url)
            try:
                address = resolver.lookup(parts.hostname or "", mode=self._resolver_mode)
                server = socket.create_connection((address, parts.port or 443), timeout=_DIAL_SECONDS)
            except OSError:
                if url == self._preferred:
                    journal.info(f"Server {parts.netloc}@ACTIVE*->FAILED from failed dial")
                    self._preferred = ""
                continue
            server.settimeout(None)
            self._preferred = url
            return server
        return None


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Everything from one side to the other, its end included."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # one direction is broken: so is the other
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
