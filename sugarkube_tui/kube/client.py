"""`KubernetesClient`: the port `Kubernetes`, by the official client's asyncio half."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import ClientError
from kubernetes.aio.client import ApiClient, Configuration, CoreV1Api

from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.kube.errors import connection_error, status_error
from sugarkube_tui.kube.kubeconfig import Credentials, read_kubeconfig
from sugarkube_tui.kube.nodes import read_nodes

Resolve = Callable[[str, float], Awaitable[tuple[str, ...]]]
"""Name and seconds → addresses, as `Lan.resolve`."""


class KubernetesClient:
    """Talks to the API at a server's address instead of the kubeconfig's 127.0.0.1.

    Args:
        resolve: finds addresses; the workstation's own resolver may not know `.local`.
        port: where servers listen.
    """

    def __init__(self, resolve: Resolve, port: int = API_PORT) -> None:
        self._resolve = resolve
        self._port = port

    async def nodes(self, kubeconfig: Secret, host: str, timeout: float) -> tuple[KubeNode, ...]:
        """List nodes within `timeout` seconds, verifying that the cluster's CA vouches for `host`.

        Raises:
            SugarkubeError: what went wrong, in the operator's words.
        """
        where = f"{host}:{self._port}"
        credentials = read_kubeconfig(kubeconfig)
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, timeout)
                if not addresses:
                    raise SugarkubeError(
                        "the name does not resolve",
                        where=host,
                        remedy="check that the host is up, or use its address",
                    )
                body = await self._list_first(credentials, host, addresses, timeout)
        except (OSError, ClientError, UnicodeError) as error:  # TimeoutError is an OSError
            raise connection_error(error, where, timeout) from error
        try:
            return read_nodes(body)
        except (ValueError, RecursionError) as error:
            raise status_error(200, "with something else", where) from error

    async def _list_first(
        self, credentials: Credentials, host: str, addresses: tuple[str, ...], timeout: float
    ) -> bytes:
        """Ask the first address that answers; each gets its share of the time.

        Raises:
            OSError, ClientError: of the first address, when no one answers.
        """
        failures: list[Exception] = []
        for address in addresses:
            try:
                async with asyncio.timeout(timeout / len(addresses)):
                    return await self._list(credentials, host, address, timeout)
            except (OSError, ClientError) as error:
                failures.append(error)
        raise failures[0]

    async def _list(self, credentials: Credentials, host: str, address: str, timeout: float) -> bytes:
        try:
            client = _client(credentials, host, address, self._port)
        except (ValueError, OSError) as error:  # ssl.SSLError is an OSError
            raise SugarkubeError(
                "the kubeconfig's certificates cannot be used",
                why=str(error),
                remedy="fetch it again from a server: sudo cat /etc/rancher/k3s/k3s.yaml",
            ) from error
        async with client:
            response = await CoreV1Api(client).list_node_without_preload_content(
                _request_timeout=float(timeout)
            )
            body = bytes(await response.read())
            if response.status != 200:
                raise status_error(response.status, str(response.reason), f"{host}:{self._port}")
            return body


def _client(credentials: Credentials, host: str, address: str, port: int) -> ApiClient:
    shown = f"[{address}]" if ":" in address else address
    # ssl takes the key from a file only.  ApiClient reads it at once, in its constructor.
    with tempfile.TemporaryDirectory(prefix="sugarkube-") as directory:  # mode 0700
        chain = Path(directory, "client.pem")
        chain.touch(mode=0o600)
        chain.write_text(f"{credentials.certificate_pem}\n{credentials.key_pem.reveal()}\n")
        configuration = Configuration(
            host=f"https://{shown}:{port}",
            ca_cert_data=credentials.ca_pem,
            cert_file=str(chain),
            key_file=str(chain),
        )
        configuration.tls_server_name = None if host == address else host.rstrip(".")
        # As kubectl verifies: old k3s CAs lack what RFC 5280 asks for and Python 3.13 insists on.
        configuration.disable_strict_ssl_verification = True
        # Proxy variables are not for LAN addresses.
        configuration.client_session_kwargs = {"trust_env": False}
        return ApiClient(configuration)
