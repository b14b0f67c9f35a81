"""A server's certificate, read and put into words.  Nothing of it is believed here."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.text import clean_line

if TYPE_CHECKING:
    from cryptography import x509

NAME_LIMIT = 64
"""Names read of one certificate; k3s' own have a dozen."""


def certificate_names(der: bytes) -> tuple[str, ...]:
    """DNS names and IP addresses in a certificate, cleaned.  Raises OSError when it cannot be read."""
    return _names(_load(der))


def certificate_lines(der: bytes) -> tuple[str, ...]:
    """A certificate in words, line by line, cleaned.  Raises OSError when it cannot be read."""
    from cryptography.hazmat.primitives import hashes

    certificate = _load(der)
    try:
        subject, issuer = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
        since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except ValueError as error:
        raise _unreadable(error) from error
    return (
        f"subject {clean_line(subject, 255) or '(none)'}",
        f"issuer {clean_line(issuer, 255) or '(none)'}",
        f"valid from {since:%Y-%m-%d %H:%M:%S} UTC",
        f"valid until {until:%Y-%m-%d %H:%M:%S} UTC",
        f"SHA-256 {certificate.fingerprint(hashes.SHA256()).hex(':')}",
        f"names {', '.join(_names(certificate)) or '(none)'}",
    )


def _load(der: bytes) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise _unreadable(error) from error


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise _unreadable(error) from error
    names = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return tuple(clean_line(str(name), 255) for name in (*names, *addresses))[:NAME_LIMIT]


def _unreadable(error: Exception) -> OSError:
    return OSError(errno.EPROTO, f"the server's certificate cannot be read: {error}")
