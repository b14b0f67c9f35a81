"""Certificate authorities and certificates, made with the openssl command: a Pi has no library for it."""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from . import files

_CA_DAYS = 3650
_LEAF_DAYS = 365
#: what every server hands to a server that joins
SHARED = (
    "server-ca.crt",
    "server-ca.key",
    "client-ca.crt",
    "client-ca.key",
    "request-header-ca.crt",
    "request-header-ca.key",
    "service.key",
    "etcd/server-ca.crt",
    "etcd/server-ca.key",
    "etcd/peer-ca.crt",
    "etcd/peer-ca.key",
)


def _openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    executable = shutil.which("openssl")
    if executable is None:
        raise RuntimeError("openssl: executable file not found in $PATH")
    done = subprocess.run([executable, *map(str, arguments)], input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _key(path: Path) -> None:
    files.write(path, _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))


def _authority(directory: Path, name: str, common_name: str) -> None:
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    if certificate.exists():
        return
    _key(key)
    settings = (
        "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n"
        "[ca]\nbasicConstraints=critical,CA:true\nsubjectKeyIdentifier=hash\n"
        "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\n"
    )
    with _temporary(settings) as configuration:
        pem = _openssl(
            *("req", "-x509", "-new", "-sha256", "-key", key, "-days", str(_CA_DAYS)),
            *("-subj", f"/CN={common_name}", "-config", configuration),
        )
    files.write(certificate, pem, 0o644)


class _temporary:  # noqa: N801 - reads as a function
    """A file for openssl to read, gone afterwards."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._path = Path()

    def __enter__(self) -> Path:
        descriptor, name = tempfile.mkstemp(prefix="k3s-")
        with os.fdopen(descriptor, "w") as stream:
            stream.write(self._text)
        self._path = Path(name)
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def make_authorities(directory: Path) -> None:
    """A new cluster's authorities; what exists stays."""
    now = int(time.time())
    files.make_directory(directory)
    files.make_directory(directory / "etcd")
    for name, common_name in (
        ("server-ca", f"k3s-server-ca@{now}"),
        ("client-ca", f"k3s-client-ca@{now}"),
        ("request-header-ca", f"k3s-request-header-ca@{now}"),
        ("etcd/server-ca", f"etcd-server-ca@{now}"),
        ("etcd/peer-ca", f"etcd-peer-ca@{now}"),
    ):
        _authority(directory, name, common_name)
    if not (directory / "service.key").exists():
        _key(directory / "service.key")


def export(directory: Path) -> dict[str, str]:
    """The authorities and their keys, for a server that joins."""
    return {name: (directory / name).read_text() for name in SHARED}


def adopt(directory: Path, shared: dict[str, str]) -> None:
    """Become a server of the cluster these authorities are of."""
    files.make_directory(directory)
    files.make_directory(directory / "etcd")
    for name in SHARED:
        files.write(directory / name, shared[name], 0o644 if name.endswith(".crt") else 0o600)


def _leaf(
    directory: Path, name: str, authority: str, subject: str, extensions: str, *, target: Path | None = None
) -> None:
    home = target or directory
    key = home / f"{name}.key"
    if not key.exists():
        _key(key)
    with _temporary("[req]\ndistinguished_name=dn\n[dn]\n") as configuration:
        request = _openssl("req", "-new", "-key", key, "-subj", subject, "-config", configuration)
    text = (
        "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
        f"authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n{extensions}\n"
    )
    issuer = directory / f"{authority}.crt"
    with _temporary(text) as extension_file:
        certificate = _openssl(
            *(
                "x509",
                "-req",
                "-sha256",
                "-days",
                str(_LEAF_DAYS),
                "-set_serial",
                f"0x{secrets.token_hex(8)}",
            ),
            *("-CA", issuer, "-CAkey", directory / f"{authority}.key", "-extfile", extension_file),
            stdin=request,
        )
    files.write(home / f"{name}.crt", certificate + issuer.read_bytes(), 0o644)


def issue_server(directory: Path, names: Iterable[str]) -> None:
    """The certificate that 6443 shows, for these names and addresses."""
    alternatives = ",".join(
        f"{'IP' if is_address(name) else 'DNS'}:{name}" for name in sorted(set(names), key=_dns_first)
    )
    extensions = f"extendedKeyUsage=serverAuth\nsubjectAltName={alternatives}"
    _leaf(directory, "serving-kube-apiserver", "server-ca", "/O=k3s/CN=k3s", extensions)


def issue_client(directory: Path, name: str, subject: str) -> None:
    """A certificate to log in with."""
    if not (directory / f"{name}.crt").exists():
        _leaf(directory, name, "client-ca", subject, "extendedKeyUsage=clientAuth")


def kubelet_client(directory: Path, node: str) -> tuple[bytes, bytes]:
    """A certificate that makes its holder this node, and its key; the server keeps neither."""
    with tempfile.TemporaryDirectory(prefix="k3s-") as name:
        target = Path(name)
        subject = f"/O=system:nodes/CN=system:node:{node}"
        extensions = "extendedKeyUsage=clientAuth"
        _leaf(directory, "client-kubelet", "client-ca", subject, extensions, target=target)
        certificate, key = target / "client-kubelet.crt", target / "client-kubelet.key"
        return certificate.read_bytes(), key.read_bytes()


def split(pem: bytes) -> tuple[bytes, bytes]:
    """Certificates and the key behind them, which k3s hands out in one piece."""
    start = re.search(rb"^-----BEGIN [A-Z ]*PRIVATE KEY-----$", pem, re.MULTILINE)
    if start is None:
        raise ValueError("no private key in the answer")
    return pem[: start.start()], pem[start.start() :]


def node_kubeconfig(agent: Path, name: str, port: int) -> str:
    """A kubeconfig of the node's own programs, as k3s writes it: with the paths of files."""
    return (
        "apiVersion: v1\n"
        "clusters:\n"
        "- cluster:\n"
        f"    server: https://127.0.0.1:{port}\n"
        f"    certificate-authority: {agent}/server-ca.crt\n"
        "  name: local\n"
        "contexts:\n"
        "- context:\n"
        "    cluster: local\n"
        "    namespace: default\n"
        "    user: user\n"
        "  name: Default\n"
        "current-context: Default\n"
        "kind: Config\n"
        "preferences: {}\n"
        "users:\n"
        "- name: user\n"
        "  user:\n"
        f"    client-certificate: {agent}/{name}.crt\n"
        f"    client-key: {agent}/{name}.key\n"
    )


def is_address(name: str) -> bool:
    """An IP address rather than a host name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _dns_first(name: str) -> tuple[bool, str]:
    return is_address(name), name


def default_names(node_name: str, address: str) -> list[str]:
    """What every server's certificate covers."""
    return [
        *(
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ),
        *("localhost", node_name, "127.0.0.1", "::1", "10.43.0.1", address),
    ]


def remember_names(directory: Path, names: Iterable[str]) -> None:
    """Leave the certificate's names where k3s does: an annotation for each in `dynamic-cert.json`."""
    annotations = {f"listener.cattle.io/cn-{name.replace(':', '_')}": name for name in sorted(set(names))}
    secret = {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"name": "k3s-serving", "namespace": "kube-system", "annotations": annotations},
        "type": "kubernetes.io/tls",
    }
    files.write(directory / "dynamic-cert.json", json.dumps(secret))


def remembered_names(directory: Path) -> list[str]:
    """Names that an earlier certificate covered: once in, a name stays."""
    path = directory / "dynamic-cert.json"
    if not path.exists():
        return []
    annotations = json.loads(path.read_text())["metadata"]["annotations"]
    return [str(name) for key, name in annotations.items() if key.startswith("listener.cattle.io/cn-")]


def kubeconfig(directory: Path, server: str = "https://127.0.0.1:6443", name: str = "client-admin") -> str:
    """A kubeconfig with everything inlined."""

    def encoded(file_name: str) -> str:
        return base64.b64encode((directory / file_name).read_bytes()).decode()

    return (
        "apiVersion: v1\n"
        "clusters:\n"
        "- cluster:\n"
        f"    certificate-authority-data: {encoded('server-ca.crt')}\n"
        f"    server: {server}\n"
        "  name: default\n"
        "contexts:\n"
        "- context:\n"
        "    cluster: default\n"
        "    user: default\n"
        "  name: default\n"
        "current-context: default\n"
        "kind: Config\n"
        "preferences: {}\n"
        "users:\n"
        "- name: default\n"
        "  user:\n"
        f"    client-certificate-data: {encoded(f'{name}.crt')}\n"
        f"    client-key-data: {encoded(f'{name}.key')}\n"
    )
