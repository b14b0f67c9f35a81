"""The join token: `K10<hash of the CA>::<user>:<password>`, or a bare password."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

PREFIX = "K10"
HASH_LENGTH = 64


class TokenError(ValueError):
    """A token that cannot be read, with k3s's words for it."""


@dataclass(frozen=True)
class Token:
    """A parsed token; `ca_hash` is empty when only a password was given."""

    ca_hash: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Token(ca_hash={self.ca_hash!r}, user={self.user!r}, password=...)"


def hash_ca(pem: bytes) -> str:
    """What a token says of a cluster's CA: SHA-256 of the file exactly as /cacerts serves it."""
    return hashlib.sha256(pem).hexdigest()


def parse(text: str) -> Token:
    """Read a token as k3s does, with its complaints."""
    if not text:
        raise TokenError("token must not be empty")
    if not text.startswith(PREFIX):
        return Token("", "", text)
    head, separator, credentials = text[len(PREFIX) :].partition("::")
    ca_hash = ""
    if separator:
        if head and len(head) != HASH_LENGTH:
            raise TokenError("invalid token CA hash length")
        ca_hash = head
    else:
        credentials = head
    user, colon, password = credentials.partition(":")
    if not colon or not password:
        raise TokenError("invalid token format")
    return Token(ca_hash, user, password)


def compose(ca_pem: bytes, password: str, user: str = "server") -> str:
    """The full token of a cluster."""
    return f"{PREFIX}{hash_ca(ca_pem)}::{user}:{password}"
