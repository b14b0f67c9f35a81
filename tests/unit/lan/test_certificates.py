"""A server's certificate in words."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.lan.certificates import NAME_LIMIT, certificate_lines, certificate_names
from tests.unit.lan.certificates import Pair, make_ca, make_certificate


def der(pair: Pair) -> bytes:
    return pair.certificate.public_bytes(Encoding.DER)


def test_lines() -> None:
    pair = make_certificate(make_ca(), "k3s\x1b[2J[/red]", ("pi7.local", "10.77.0.10"))
    subject, issuer, since, until, fingerprint, names = certificate_lines(der(pair))
    assert subject == "subject CN=k3s[/red]"
    assert issuer == "issuer CN=k3s-server-ca"
    assert since == f"valid from {pair.certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
    assert until == f"valid until {pair.certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
    assert re.fullmatch("SHA-256 ([0-9a-f]{2}:){31}[0-9a-f]{2}", fingerprint)
    assert names == "names pi7.local, 10.77.0.10"


def test_without_names() -> None:
    certificate = der(make_ca())
    assert certificate_names(certificate) == ()
    assert certificate_lines(certificate)[-1] == "names (none)"


def test_many_names_are_cut() -> None:
    names = [f"pi{number}.local" for number in range(500)]
    assert len(certificate_names(der(make_certificate(make_ca(), "k3s", names)))) == NAME_LIMIT


@given(st.binary(max_size=200))
def test_nonsense_is_an_os_error(data: bytes) -> None:
    for read in (certificate_names, certificate_lines):
        with pytest.raises(OSError, match="cannot be read"):
            read(data)
