"""`TlsApi` against a server on loopback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sugarkube_tui.lan.api import RESPONSE_LIMIT, TlsApi
from tests.unit.lan.certificates import Pair, make_ca, make_certificate
from tests.unit.lan.tlsserver import http, https

NAMES = ("pi7.local", "kubernetes.default", "10.77.0.10")


@pytest.fixture(scope="module")
def ca() -> Pair:
    return make_ca()


@pytest.fixture(scope="module")
def server_pair(ca: Pair) -> Pair:
    return make_certificate(ca, "k3s", NAMES)


async def loopback(name: str, timeout: float) -> tuple[str, ...]:
    return {"pi7.local": ("127.0.0.1",), "two.local": ("127.0.0.2", "127.0.0.1")}.get(name, ())


@pytest.fixture
def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_identity(tmp_path: Path, ca: Pair, server_pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    pem = ca.certificate_pem
    async with https(tmp_path, server_pair, http(pem)) as requests:
        identity = await TlsApi(loopback).identity("pi7.local", requests.port, 10.0)
    assert identity.ca_pem == pem
    assert identity.names == NAMES
    assert identity.certificate[:2] == ("subject CN=k3s", "issuer CN=k3s-server-ca")
    assert requests.server_names == ["pi7.local"]
    assert requests.heads[0].startswith("GET /cacerts HTTP/1.0\r\nHost: pi7.local:")


async def test_the_next_address_is_tried(tmp_path: Path, ca: Pair, server_pair: Pair) -> None:
    async with https(tmp_path, server_pair, http(ca.certificate_pem)) as requests:
        await TlsApi(loopback).connect("two.local", requests.port, 10.0)
        identity = await TlsApi(loopback).identity("two.local", requests.port, 10.0)
    assert identity.ca_pem == ca.certificate_pem


@pytest.mark.parametrize(
    ("response", "complaint"),
    [
        (
            http(b"-----BEGIN CERTIFICATE-----", "401 Unauthorized\x1b[2J"),
            "answered HTTP/1.1 401 Unauthorized",
        ),
        (http(b"-----BEGIN CERTIFICATE-----", length=999), "cut short"),
        (http(b"hello"), "no certificate"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"),
        (b"\r\n\r\n", "no HTTP"),
        (b"", "no HTTP"),
        (http(b"x" * (RESPONSE_LIMIT + 1)), "longer than"),
    ],
    ids=["status", "cut", "text", "ssh", "blank", "empty", "endless"],
)
async def test_other_answers(tmp_path: Path, server_pair: Pair, response: bytes, complaint: str) -> None:
    async with https(tmp_path, server_pair, response) as requests:
        with pytest.raises(OSError, match=complaint) as caught:
            await TlsApi(loopback).identity("pi7.local", requests.port, 10.0)
    assert "\x1b" not in str(caught.value)


async def test_silence_ends_in_a_timeout(tmp_path: Path, server_pair: Pair) -> None:
    async with https(tmp_path, server_pair, None) as requests:
        with pytest.raises(TimeoutError):
            await TlsApi(loopback).identity("pi7.local", requests.port, 0.2)


async def test_refused_and_unknown(free_port: int) -> None:
    api = TlsApi(loopback)
    with pytest.raises(ConnectionRefusedError):
        await api.connect("pi7.local", free_port, 10.0)
    with pytest.raises(ConnectionRefusedError):
        await api.identity("pi7.local", free_port, 10.0)
    with pytest.raises(OSError, match="does not resolve"):
        await api.connect("nobody.local", free_port, 10.0)


@pytest.mark.parametrize("host", ["a..b", f"{'x' * 70}.local", "a\0b", "\ud800.local"])
async def test_what_is_no_host_name(tmp_path: Path, server_pair: Pair, host: str) -> None:
    async def anywhere(name: str, timeout: float) -> tuple[str, ...]:
        name.encode("idna")
        return ("127.0.0.1",)

    async with https(tmp_path, server_pair, http(b"")) as requests:
        with pytest.raises(OSError, match="no host name"):
            await TlsApi(anywhere).identity(host, requests.port, 10.0)
