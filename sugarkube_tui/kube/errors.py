"""What went wrong at the Kubernetes API, in the operator's words (contract §10.5, §14)."""

from __future__ import annotations

import errno
import ssl

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.text import clean_line

# X509_V_ERR_*: openssl/x509_vfy.h
_NOT_YET_VALID, _EXPIRED = 9, 10
# 7: signed with another key by a CA of the same name.
_UNKNOWN_AUTHORITY = {2, 7, 18, 19, 20, 21, 30}
_OTHER_NAME = {62, 64}
_LOGS = "look at k3s on that server: sudo journalctl -u k3s -n 50"


def connection_error(error: BaseException, where: str, timeout: float) -> SugarkubeError:
    """Name a failure to connect.

    Args:
        where: host and port.
        timeout: the seconds that were allowed.
    """
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _not_verified(cause, where)
    if isinstance(cause, TimeoutError):
        return SugarkubeError(
            f"the Kubernetes API did not answer within {timeout:g} s",
            where=where,
            remedy=f"check that the host is up and that no firewall drops the port; {_LOGS}",
        )
    why = clean_line(str(cause), 300)
    if isinstance(cause, ConnectionRefusedError):
        return SugarkubeError(
            "nothing listens for the Kubernetes API",
            where=where,
            why=why,
            remedy=f"wait until k3s has started, then try again; {_LOGS}",
        )
    if isinstance(cause, ssl.SSLError):
        return SugarkubeError("the TLS handshake failed", where=where, why=why, remedy=_LOGS)
    remedy = "check the host's network connection"
    if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        remedy += " (macOS: allow this terminal under Privacy & Security > Local Network)"
    return SugarkubeError("the Kubernetes API cannot be reached", where=where, why=why, remedy=remedy)


def status_error(status: int, reason: str, where: str) -> SugarkubeError:
    """Name an answer other than 200."""
    why = clean_line(f"HTTP {status} {reason}".strip(), 300)
    if status == 401:
        return SugarkubeError(
            "the Kubernetes API does not accept this kubeconfig's certificate",
            where=where,
            why=why,
            remedy="fetch the kubeconfig again: the certificate expired, or the cluster was rebuilt",
        )
    if status == 403:
        return SugarkubeError(
            "this kubeconfig's user may not list nodes",
            where=where,
            why=why,
            remedy="use the administrator's kubeconfig: sudo cat /etc/rancher/k3s/k3s.yaml on a server",
        )
    return SugarkubeError("the Kubernetes API gave no list of nodes", where=where, why=why, remedy=_LOGS)


def _cause(error: BaseException) -> BaseException:
    """What is behind the HTTP library's exception."""
    for attribute in ("certificate_error", "os_error"):
        inner = getattr(error, attribute, None)
        if isinstance(inner, BaseException):
            return inner
    return error


def _not_verified(error: ssl.SSLCertVerificationError, where: str) -> SugarkubeError:
    why = clean_line(error.verify_message or str(error), 300)
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return SugarkubeError(
            "the server's certificate was signed by an unknown authority",
            where=where,
            why=why,
            remedy="the cluster was rebuilt, or this is another one: fetch the kubeconfig again",
        )
    if error.verify_code in _OTHER_NAME:
        return SugarkubeError(
            "this host's name is not in the server's certificate",
            where=where,
            why=why,
            remedy="add it as a tls-san on the servers and restart k3s there, or use the host's address",
        )
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return SugarkubeError(
            "the server's certificate is not valid at this time",
            where=where,
            why=why,
            remedy="compare both computers' clocks; restarting k3s renews old certificates",
        )
    return SugarkubeError(
        "the server's certificate cannot be verified",
        where=where,
        why=why,
        remedy="fetch the kubeconfig again",
    )
