"""Credentials from a kubeconfig as k3s writes it (contract §10.5); no file is read or written."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.secrets import Secret

_REMEDY = "fetch it again from a server: sudo cat /etc/rancher/k3s/k3s.yaml"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs besides an address.

    Attributes:
        ca_pem: the cluster's CA, as PEM text.
        certificate_pem: the client's certificate, as PEM text.
        key_pem: its private key, as PEM text.
    """

    ca_pem: str
    certificate_pem: str
    key_pem: Secret


def read_kubeconfig(kubeconfig: Secret) -> Credentials:
    """Read the current context's credentials.

    Raises:
        SugarkubeError: this is no kubeconfig, or one without embedded certificates.
    """
    import yaml  # type: ignore[import-untyped]

    try:
        document = yaml.safe_load(kubeconfig.reveal())
    except (yaml.YAMLError, ValueError, RecursionError):
        # The parser's message would quote the line at fault, which may be the key's.
        raise _unusable("it is not YAML") from None
    context = _entry(document, "contexts", "context", _text(document, "current-context"))
    cluster = _entry(document, "clusters", "cluster", _text(context, "cluster"))
    user = _entry(document, "users", "user", _text(context, "user"))
    return Credentials(
        ca_pem=_pem(cluster, "certificate-authority-data"),
        certificate_pem=_pem(user, "client-certificate-data"),
        key_pem=Secret(_pem(user, "client-key-data")),
    )


def _unusable(why: str) -> SugarkubeError:
    return SugarkubeError("the kubeconfig cannot be used", why=why, remedy=_REMEDY)


def _text(mapping: object, key: str) -> str:
    value = mapping.get(key) if isinstance(mapping, Mapping) else None
    if not isinstance(value, str) or not value:
        raise _unusable(f"it has no {key}")
    return value


def _entry(document: object, listing: str, kind: str, name: str) -> Mapping[object, object]:
    entries = document.get(listing) if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, Iterable) else ():
        if isinstance(entry, Mapping) and entry.get("name") == name:
            found = entry.get(kind)
            if isinstance(found, Mapping):
                return found
    raise _unusable(f"it has no {kind} {name!r}")


def _pem(entry: Mapping[object, object], key: str) -> str:
    try:
        pem = base64.b64decode(_text(entry, key), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise _unusable(f"{key} is not base64") from None
    if "-----BEGIN " not in pem:
        raise _unusable(f"{key} holds no PEM text")
    return pem
