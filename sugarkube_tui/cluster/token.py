"""k3s join tokens: their shapes, and how they name the cluster they belong to.

Source: contract §7.3 (k3s documentation, "token"; k3s source `pkg/clientaccess`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.secrets import Secret

_FULL = re.compile(r"K10(?P<hash>[0-9a-f]{64})::(?P<user>[^:\s]+):(?P<password>[^\s:]+)")
_BOOTSTRAP = re.compile(r"(?:K10[0-9a-f]{64}::)?[a-z0-9]{6}\.[a-z0-9]{16}")
_PASSWORD = re.compile(r"[^\s:]{8,512}")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----\s*(.+?)\s*-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JoinToken:
    """A join token that can make a node a server.

    Attributes:
        secret: the whole token.
        password: its secret part.
        ca_hash: the 64 hexadecimal digits that name the cluster's CA; None in a short token.
        source: where it was read, for example `sugarkube0` or `SUGARKUBE_TOKEN_DEV`.
    """

    secret: Secret
    password: Secret
    ca_hash: str | None
    source: str


def parse_token(text: str, source: str) -> JoinToken:
    """Read a token as it was typed, exported or read from a server.

    Raises:
        InvalidInput: the text is no token, or one that cannot join servers.
    """
    text = text.strip()
    if match := _FULL.fullmatch(text):
        return JoinToken(Secret(text), Secret(match["password"]), match["hash"], source)
    if _BOOTSTRAP.fullmatch(text):
        raise InvalidInput(
            "this is a kubeadm-style bootstrap token, which admits agents only",
            where=source,
            remedy="use the server token: sudo cat /var/lib/rancher/k3s/server/token on a server",
        )
    if text.startswith("K10"):
        raise InvalidInput(
            "this is not a whole join token",
            where=source,
            why=f"expected K10, 64 hexadecimal digits, ::server: and a password; got {len(text)} characters",
            remedy="copy it again, on one line: sudo cat /var/lib/rancher/k3s/server/token on a server",
        )
    if _PASSWORD.fullmatch(text):
        return JoinToken(Secret(text), Secret(text), None, source)
    raise InvalidInput(
        "this is not a join token",
        where=source,
        why="a token has no blanks or colons outside its K10…:: head, and 8 characters at least",
        remedy="copy it again: sudo cat /var/lib/rancher/k3s/server/token on a server",
    )


def token_from_variables(environment: Environment, variables: Mapping[str, str]) -> JoinToken | None:
    """The token that is set for this environment, or None.

    Raises:
        InvalidInput: a variable is set but holds no usable token.
    """
    for name in environment.token_variables:
        if variables.get(name, "").strip():
            return parse_token(variables[name], name)
    return None


def ca_hash(pem: bytes) -> str:
    """The hash by which a token names a CA, from the bytes that `/cacerts` serves.

    k3s hashes the literal bytes of a single certificate, but the DER form of the last (root)
    certificate of a chain.
    """
    blocks = _CERTIFICATE.findall(pem)
    if len(blocks) > 1:
        return hashlib.sha256(base64.b64decode(blocks[-1])).hexdigest()
    return hashlib.sha256(pem).hexdigest()


def short_hash(value: str | None) -> str:
    """A CA hash as people can compare it."""
    return f"{value[:8]}…" if value else "unknown"
