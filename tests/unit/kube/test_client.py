"""`KubernetesClient` against a server that asks for the client's certificate, as k3s does."""

from __future__ import annotations

import base64
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.kube import client as client_module
from sugarkube_tui.kube.client import KubernetesClient
from sugarkube_tui.kube.kubeconfig import read_kubeconfig
from tests.unit.kube.test_nodes import node, node_list
from tests.unit.lan.certificates import Pair, make_ca, make_certificate
from tests.unit.lan.tlsserver import http, https


@dataclass(frozen=True)
class Cluster:
    ca: Pair
    client_ca: Pair
    admin: Pair

    @classmethod
    def make(cls) -> Cluster:
        client_ca = make_ca("k3s-client-ca")
        return cls(make_ca(), client_ca, make_certificate(client_ca, "system:admin"))

    def server(self, names: Sequence[str] = ("pi7.local",), days: int = 1) -> Pair:
        return make_certificate(self.ca, "k3s", names, days=days)

    @property
    def kubeconfig(self) -> Secret:
        """As k3s writes it."""

        def data(pem: bytes) -> str:
            return base64.b64encode(pem).decode()

        return Secret(
            yaml.safe_dump({
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{
                    "name": "default",
                    "cluster": {
                        "certificate-authority-data": data(self.ca.certificate_pem),
                        "server": "https://127.0.0.1:6443",
                    },
                }],
                "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
                "current-context": "default",
                "users": [{
                    "name": "default",
                    "user": {
                        "client-certificate-data": data(self.admin.certificate_pem),
                        "client-key-data": data(self.admin.key_pem),
                    },
                }],
            })
        )  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster.make()


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    directory = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


async def loopback(name: str, timeout: float) -> tuple[str, ...]:
    return () if name == "nobody.local" else ("127.0.0.1",)


async def failure(
    kubeconfig: Secret, port: int, host: str = "pi7.local", timeout: float = 10.0
) -> SugarkubeError:
    with pytest.raises(SugarkubeError) as caught:
        await KubernetesClient(loopback, port).nodes(kubeconfig, host, timeout)
    assert caught.value.remedy
    return caught.value


async def test_nodes_are_listed_with_the_client_certificate(
    tmp_path: Path, cluster: Cluster, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    answer = http(node_list(node("pi1", "False"), node("pi0")))
    async with https(tmp_path, cluster.server(), answer, cluster.client_ca) as requests:
        nodes = await KubernetesClient(loopback, requests.port).nodes(cluster.kubeconfig, "pi7.local", 10.0)
    assert [(n.name, n.state) for n in nodes] == [("pi0", "Ready"), ("pi1", "NotReady")]
    assert isinstance(nodes[0], KubeNode)
    assert requests.server_names == ["pi7.local"]
    assert requests.heads[0].startswith("GET /api/v1/nodes HTTP/1.1\r\n")
    assert requests.subjects == [((("commonName", "system:admin"),),)]
    assert list(scratch.rglob("*")) == []


@pytest.mark.parametrize("other", ["127.0.0.2", "::1"])
async def test_the_next_address_is_tried(tmp_path: Path, cluster: Cluster, other: str) -> None:
    async def two(name: str, timeout: float) -> tuple[str, ...]:
        return (other, "127.0.0.1")

    answer = http(node_list(node("pi0")))
    async with https(tmp_path, cluster.server(), answer, cluster.client_ca) as requests:
        nodes = await KubernetesClient(two, requests.port).nodes(cluster.kubeconfig, "pi7.local", 10.0)
    assert [n.name for n in nodes] == ["pi0"]


async def test_address_is_checked_against_the_certificate(tmp_path: Path, cluster: Cluster) -> None:
    answer = http(node_list(node("pi0")))
    async with https(tmp_path, cluster.server(["127.0.0.1"]), answer, cluster.client_ca) as requests:
        nodes = await KubernetesClient(loopback, requests.port).nodes(cluster.kubeconfig, "127.0.0.1", 10.0)
    assert [n.name for n in nodes] == ["pi0"]


async def test_key_file_is_private_while_it_exists(
    cluster: Cluster, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.aio import client as library

    modes: list[int] = []

    class Watching(library.ApiClient):  # type: ignore[misc]
        def __init__(self, configuration: library.Configuration) -> None:
            chain = Path(configuration.key_file)
            assert chain.is_relative_to(scratch)
            modes.extend(path.stat().st_mode & 0o777 for path in (chain, chain.parent))
            super().__init__(configuration)

    monkeypatch.setattr(client_module, "ApiClient", Watching)
    made = client_module._client(read_kubeconfig(cluster.kubeconfig), "pi7.local", "127.0.0.1", 6443)
    await made.close()
    assert modes == [0o600, 0o700]
    assert list(scratch.rglob("*")) == []


async def test_rebuilt_cluster(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, Cluster.make().server(), http(b"")) as requests:
        error = await failure(cluster.kubeconfig, requests.port)
    assert "unknown authority" in error.what
    assert "rebuilt" in error.remedy


@pytest.mark.parametrize("host", ["pi7.local", "127.0.0.1"])
async def test_name_that_is_not_in_the_certificate(tmp_path: Path, cluster: Cluster, host: str) -> None:
    async with https(tmp_path, cluster.server(["pi8.local"]), http(b"")) as requests:
        error = await failure(cluster.kubeconfig, requests.port, host)
    assert "not in the server's certificate" in error.what
    assert "tls-san" in error.remedy


async def test_expired_certificate(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, cluster.server(days=-1), http(b"")) as requests:
        error = await failure(cluster.kubeconfig, requests.port)
    assert "clocks" in error.remedy


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ("401 Unauthorized", "does not accept"),
        ("403 Forbidden", "may not list nodes"),
        ("500 Internal Server Error", "gave no list"),
        ("503 Service Unavailable", "gave no list"),
    ],
)
async def test_refusals(tmp_path: Path, cluster: Cluster, status: str, what: str) -> None:
    async with https(tmp_path, cluster.server(), http(b'{"kind":"Status"}', status)) as requests:
        error = await failure(cluster.kubeconfig, requests.port)
    assert what in error.what
    assert status[:3] in error.why


async def test_answer_that_is_no_list(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, cluster.server(), http(b"<html>")) as requests:
        assert "gave no list" in (await failure(cluster.kubeconfig, requests.port)).what


async def test_answer_that_is_no_http(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, cluster.server(), b"SSH-2.0\r\n\r\n") as requests:
        assert "cannot be reached" in (await failure(cluster.kubeconfig, requests.port)).what


async def test_silence(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, cluster.server(), None) as requests:
        error = await failure(cluster.kubeconfig, requests.port, timeout=0.3)
    assert "within 0.3 s" in error.what


async def test_nothing_listens(cluster: Cluster) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        error = await failure(cluster.kubeconfig, probe.getsockname()[1])
    assert "nothing listens" in error.what


async def test_what_is_no_host_name(tmp_path: Path, cluster: Cluster) -> None:
    async with https(tmp_path, cluster.server(), http(b"")) as requests:
        error = await failure(cluster.kubeconfig, requests.port, f"{'x' * 70}.local")
    assert "cannot be reached" in error.what


async def test_name_does_not_resolve(cluster: Cluster) -> None:
    assert "resolve" in (await failure(cluster.kubeconfig, 6443, "nobody.local")).what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("current-context: default", "current-context: other"),
        ("client-key-data", "token"),
        ("users:", "people:"),
        ("certificate-authority-data: ", "certificate-authority-data: '?'  #"),
        ("clusters:", "{{"),
        ("apiVersion: v1", "- just a list"),
    ],
)
async def test_unusable_kubeconfig(cluster: Cluster, old: str, new: str) -> None:
    text = cluster.kubeconfig.reveal()
    assert old in text
    error = await failure(Secret(text.replace(old, new)), 6443)
    assert "kubeconfig cannot be used" in error.what
    assert base64.b64encode(cluster.admin.key_pem).decode()[:20] not in str(error)


async def test_certificates_that_ssl_refuses(cluster: Cluster) -> None:
    text = cluster.kubeconfig.reveal()
    broken = base64.b64encode(b"-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n").decode()
    key = base64.b64encode(cluster.admin.key_pem).decode()
    error = await failure(Secret(text.replace(key, broken)), 6443)
    assert "certificates cannot be used" in error.what
