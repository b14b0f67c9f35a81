"""HTTPS requests with errors in Go's words, as they end up in k3s's journal."""

from __future__ import annotations

import base64
import errno
import http.client
import json
import socket
import ssl
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from . import resolver
from .pki import is_address

_EXPIRED = {9: "is not yet valid", 10: "has expired"}
_NAME_MISMATCH = {62, 64}
_CONNECT_ERRORS = {
    errno.ECONNREFUSED: "connect: connection refused",
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
}


class RequestError(OSError):
    """No answer, and why."""


class StatusError(RequestError):
    """An answer that says no."""

    def __init__(self, url: str, status: int, content: bytes) -> None:
        super().__init__(f"{url}: {status} {http.client.responses.get(status, '')}")
        self.status = status
        try:
            self.message = str(json.loads(content)["message"])
            self.is_status = True
        except (ValueError, KeyError, TypeError):
            self.message = content.decode(errors="replace").strip()
            self.is_status = False


@dataclass
class Remote:
    """A server to ask: where it is, whom to trust and who we are."""

    url: str
    ca_pem: str | None = None
    user: str = ""
    password: str = ""
    certificate: tuple[str, str] | None = None
    resolver: str = "static"
    timeout: float = 10.0
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"Remote({self.url!r})"

    @property
    def host(self) -> str:
        """The host part of the URL."""
        return urllib.parse.urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, 443 by default."""
        return urllib.parse.urlsplit(self.url).port or 443

    def get(self, path: str) -> bytes:
        """GET, and only a 2xx is an answer."""
        return self.request("GET", path)

    def send(self, method: str, path: str, document: Any, content_type: str = "application/json") -> Any:
        """A document out, a document back."""
        answer = self.request(method, path, json.dumps(document).encode(), content_type)
        return json.loads(answer) if answer else None

    def request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
        """One request on a connection of its own."""
        try:
            return self._exchange(method, path, body, content_type)
        finally:
            self.close()

    def keep(self, method: str, path: str, document: Any) -> Any:
        """As `send`, on a connection that stays open; a stale one is opened anew, once."""
        body = json.dumps(document).encode()
        fresh = self._connection is None
        try:
            return json.loads(self._exchange(method, path, body, "application/json"))
        except StatusError:
            raise
        except RequestError:
            self.close()
            if fresh:
                raise
        try:
            return json.loads(self._exchange(method, path, body, "application/json"))
        except RequestError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, path: str, body: bytes | None, content_type: str) -> bytes:
        location = f"{self.url.rstrip('/')}{path}"
        verb = method.capitalize()
        headers = dict(self.headers)
        if content_type:
            headers["Content-Type"] = content_type
        if self.user:
            credentials = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except RequestError as failure:
            raise RequestError(f'{verb} "{location}": {failure}') from failure
        except ssl.SSLError as failure:
            raise RequestError(f'{verb} "{location}": remote error: tls: {failure.reason}') from failure
        except TimeoutError as failure:
            cause = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            raise RequestError(f'{verb} "{location}": {cause}') from failure
        except (http.client.HTTPException, OSError) as failure:
            reset = isinstance(failure, ConnectionResetError) and failure.errno is not None
            raise RequestError(
                f'{verb} "{location}": {"read: connection reset by peer" if reset else "EOF"}'
            ) from failure
        if not 200 <= response.status <= 299:
            raise StatusError(location, response.status, content)
        return content

    def _connect(self) -> http.client.HTTPConnection:
        context = self._context()
        plain = self._dial()
        try:
            secured = context.wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLCertVerificationError as failure:
            plain.close()
            raise RequestError(self._explain(failure)) from failure
        except TimeoutError as failure:
            plain.close()
            raise RequestError("net/http: TLS handshake timeout") from failure
        except OSError as failure:
            plain.close()
            raise RequestError("EOF") from failure
        connection = http.client.HTTPConnection(self.host, self.port)
        connection.sock = secured
        return connection

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_pem is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            context.load_verify_locations(cadata=self.ca_pem)
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        return context

    def _dial(self) -> socket.socket:
        try:
            address = resolver.lookup(self.host, mode=self.resolver)
        except resolver.LookupFailure as failure:
            raise RequestError(f"dial tcp: {failure}") from failure
        try:
            return socket.create_connection((address, self.port), timeout=self.timeout)
        except TimeoutError as failure:
            raise RequestError(f"dial tcp {address}:{self.port}: i/o timeout") from failure
        except OSError as failure:
            cause = _CONNECT_ERRORS.get(failure.errno or 0, f"connect: {failure.strerror}")
            raise RequestError(f"dial tcp {address}:{self.port}: {cause}") from failure

    def _explain(self, failure: ssl.SSLCertVerificationError) -> str:
        prefix = "tls: failed to verify certificate: x509: "
        if failure.verify_code in _NAME_MISMATCH:
            names = [name for kind, name in self._names_shown() if (kind == "DNS") != is_address(self.host)]
            return f"{prefix}certificate is valid for {', '.join(names)}, not {self.host}"
        if failure.verify_code in _EXPIRED:
            return f"{prefix}certificate has expired or is not yet valid: {failure.verify_message}"
        return f"{prefix}certificate signed by unknown authority"

    def _names_shown(self) -> list[tuple[str, str]]:
        context = self._context()
        context.check_hostname = False
        try:
            with self._dial() as plain, context.wrap_socket(plain) as secured:
                shown = secured.getpeercert() or {}
        except OSError:
            return []
        names: Any = shown.get("subjectAltName", ())
        return [(str(kind), str(name)) for kind, name in names]


def fetch_ca(url: str, *, resolver_mode: str) -> bytes:
    """A cluster's CA from a server not yet trusted, checked to be the one its certificate comes from."""
    unverified = Remote(url, resolver=resolver_mode)
    try:
        pem = unverified.get("/cacerts")
    except RequestError as failure:
        raise RequestError(f"failed to get CA certs: {failure}") from failure
    try:
        Remote(url, ca_pem=pem.decode(), resolver=resolver_mode).get("/cacerts")
    except RequestError as failure:
        raise RequestError(f"CA cert validation failed: {failure}") from failure
    return pem
