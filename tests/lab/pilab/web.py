"""The lab's stand-in for the three web sites that installing k3s needs."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .model import WEB_NAMES, Lab, Plan
from .util import run, say

RELEASES = "/k3s-io/k3s/releases"


def make_certificates(lab: Lab) -> None:
    """A certificate authority for this lab only, and a certificate by it for the web names."""
    folder = lab.web_ca.parent
    folder.mkdir()
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    config = folder / "openssl.cnf"
    config.write_text(
        "[req]\ndistinguished_name=name\n[name]\n"
        "[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\n"
        "[server]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        "extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        f"subjectAltName={','.join(f'DNS:{name}' for name in WEB_NAMES)}\n"
    )
    run([
        "openssl", "req", "-config", config, "-x509", *new_key, "-days", "3650", "-extensions", "authority",
        "-subj", "/CN=pilab authority", "-keyout", folder / "ca.key", "-out", lab.web_ca,
    ])  # fmt: skip
    run([
        "openssl", "req", "-config", config, "-new", *new_key, "-subj", f"/CN={WEB_NAMES[0]}",
        "-keyout", lab.web_key, "-out", folder / "server.csr",
    ])  # fmt: skip
    run([
        "openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", lab.web_ca,
        "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "365", "-extfile", config,
        "-extensions", "server", "-out", lab.web_certificate,
    ])  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What to say to one request: a file, or else a short text."""

    status: HTTPStatus
    text: str = ""
    location: str = ""
    file: Path | None = None


@dataclass(frozen=True)
class Site:
    """The web as far as the Pis can see it; reads the folder anew for each request."""

    folder: Path

    @property
    def version(self) -> str:
        """The one release that exists, or an empty string: then no channel leads anywhere."""
        try:
            return (self.folder / "VERSION").read_text().strip()
        except FileNotFoundError:
            return ""

    def answer(self, host: str, path: str) -> Answer:
        path = unquote(path)
        if host == "get.k3s.io" and path == "/":
            return self._file("install.sh")
        if host == "update.k3s.io" and re.fullmatch(r"/v1-release/channels/[^/]+", path) and self.version:
            # The installer takes what follows the last slash, so the version's `+` must stay as it is.
            return Answer(HTTPStatus.FOUND, location=f"https://github.com{RELEASES}/tag/{self.version}")
        if host == "github.com":
            tag = re.fullmatch(RELEASES + r"/tag/([^/]+)", path)
            if tag and tag[1] == self.version:
                return Answer(HTTPStatus.OK, f"k3s {self.version}\n")
            asset = re.fullmatch(RELEASES + r"/download/([^/]+)/([^/]+)", path)
            if asset and asset[1] == (self.version or asset[1]):
                return self._file(asset[2])
        return Answer(HTTPStatus.NOT_FOUND, "Not Found\n")

    def _file(self, name: str) -> Answer:
        file = self.folder / name
        if name in (".", "..") or not file.is_file():
            return Answer(HTTPStatus.NOT_FOUND, "Not Found\n")
        return Answer(HTTPStatus.OK, file=file)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: WebServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0].lower()
        if host in WEB_NAMES and not self.server.secure:
            answer = Answer(HTTPStatus.MOVED_PERMANENTLY, location=f"https://{host}{self.path}")
        else:
            answer = self.server.site.answer(host, urlsplit(self.path).path)
        self.reply(answer)

    def do_HEAD(self) -> None:
        self.do_GET()

    def reply(self, answer: Answer) -> None:
        text = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(answer.file.stat().st_size if answer.file else len(text)))
        self.send_header("Content-Type", "application/octet-stream" if answer.file else "text/plain")
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.file:
            with answer.file.open("rb") as source:
                shutil.copyfileobj(source, self.wfile, 1 << 18)
        else:
            self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        scheme = "https" if self.server.secure else "http"
        headers = getattr(self, "headers", None)
        host = headers.get("Host", "") if headers else ""
        say(f"web: {self.client_address[0]} {scheme}://{host} {format % args}")


class WebServer(ThreadingHTTPServer):
    """Serves a socket that is listening already."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, site: Site, *, secure: bool) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.site = site
        self.secure = secure

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up or distrusts us is not worth a traceback, and others have no cause."""
        say(f"web: {client_address}: {sys.exc_info()[1]!r}")


def serve_web(lab: Lab, secure: int, plain: int) -> None:
    """Serve HTTPS and HTTP on these two listening sockets, for ever."""
    site = Site(Path(Plan.load(lab.plan).web))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.web_certificate, lab.web_key)
    # The handshake is left to the connection's thread: a slow client must not hold up the others.
    listener = context.wrap_socket(
        socket.socket(fileno=secure), server_side=True, do_handshake_on_connect=False
    )
    redirector = WebServer(socket.socket(fileno=plain), site, secure=False)
    threading.Thread(target=redirector.serve_forever, daemon=True).start()
    WebServer(listener, site, secure=True).serve_forever()
