"""Join tokens: shapes, hashes, and where they come from."""

import base64
import hashlib

import pytest

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import ca_hash, parse_token, token_from_variables
from tests.unit.builders import CA, TOKEN_TEXT


def test_a_full_token_names_its_ca():
    token = parse_token(f"  {TOKEN_TEXT}\n", "here")
    assert token.ca_hash == CA
    assert token.password.reveal() == "5" * 32
    assert token.secret.reveal() == TOKEN_TEXT


def test_a_short_token_is_a_password():
    token = parse_token("correct-horse-battery", "here")
    assert token.ca_hash is None
    assert token.password.reveal() == "correct-horse-battery"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (TOKEN_TEXT[:50], "not a whole join token"),
        (TOKEN_TEXT.replace("::", ":"), "not a whole join token"),
        (f"K10{CA}::abcdef.0123456789abcdef", "admits agents only"),
        ("abcdef.0123456789abcdef", "admits agents only"),
        ("two words", "not a join token"),
        ("", "not a join token"),
        ("short", "not a join token"),
    ],
)
def test_what_is_no_server_token_is_refused_with_a_remedy(text, complaint):
    with pytest.raises(InvalidInput, match=complaint) as caught:
        parse_token(text, "SUGARKUBE_TOKEN_DEV")
    assert caught.value.where == "SUGARKUBE_TOKEN_DEV"
    assert "sudo cat" in caught.value.remedy


def test_no_refusal_repeats_the_token():
    with pytest.raises(InvalidInput) as caught:
        parse_token(TOKEN_TEXT + " tail", "here")
    assert "5" * 32 not in str(caught.value)


def test_one_certificate_is_hashed_as_it_is_served():
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert ca_hash(pem) == hashlib.sha256(pem).hexdigest()


def test_of_a_chain_the_root_is_hashed_in_der():
    def block(der: bytes) -> bytes:
        return b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(der) + b"\n-----END CERTIFICATE-----\n"

    assert ca_hash(block(b"intermediate") + block(b"root")) == hashlib.sha256(b"root").hexdigest()


def test_the_environments_own_variable_comes_first():
    variables = {"SUGARKUBE_TOKEN": "fallback-secret", "SUGARKUBE_TOKEN_INT": "int-secret-1"}
    found = token_from_variables(Environment("int"), variables)
    assert found is not None
    assert found.source == "SUGARKUBE_TOKEN_INT"
    other = token_from_variables(Environment("dev"), variables)
    assert other is not None
    assert other.source == "SUGARKUBE_TOKEN"


def test_an_empty_variable_is_none():
    assert token_from_variables(Environment("dev"), {"SUGARKUBE_TOKEN_DEV": "  "}) is None
