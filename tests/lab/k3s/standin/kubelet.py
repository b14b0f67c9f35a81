"""The node's own part: it registers with a server and then reports, for ever."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from . import files, journal, machine, objects, pki
from .client import Remote, RequestError, StatusError
from .config import Config
from .timing import Timing
from .version import VERSION

Answer = TypeVar("Answer")

NODE_PASSWORD = Path("/etc/rancher/node/password")


def node_password() -> str:
    """What proves that a name belongs to this machine; it survives an uninstall, as the real one does."""
    if not NODE_PASSWORD.exists():
        files.make_directory(NODE_PASSWORD.parent, 0o755)
        files.write(NODE_PASSWORD, secrets.token_hex(16) + "\n")
    return NODE_PASSWORD.read_text().strip()


def address_of(config: Config) -> str:
    """The node's address: as told, or of the interface told, or of the main one."""
    told = config.items("node-ip")
    if told:
        return told[0]
    interface = config.text("flannel-iface")
    return machine.interface_address(interface) if interface else machine.main_address()


def _labels(config: Config) -> dict[str, str]:
    pairs = config.items("node-label") + config.kubelet_values("node-labels")
    labels = dict(pair.partition("=")[::2] for pair in pairs)
    refused = [key for key in labels if objects.is_reserved_label(key)]
    if refused:
        journal.fatal(
            "kubelet exited: failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels "
            f"specified with --node-labels: [{' '.join(refused)}]"
        )
    return labels


class Kubelet:
    """Registers and reports one node, through whichever of the servers answers.

    Its kubeconfig names a port of this machine at which the API can be had.
    """

    def __init__(
        self,
        config: Config,
        timing: Timing,
        servers: Callable[[], list[str]],
        ca_pem: str,
        user: str,
        password: str,
        port: int,
    ) -> None:
        self._config = config
        self._timing = timing
        self._servers = servers
        self._ca_pem = ca_pem
        self._user = user
        self._password = password
        self._port = port
        self._remote: Remote | None = None
        self._began = time.time()
        self._ready = False
        self._changed = time.time()
        self.name = config.node_name
        self.on_servers: Callable[[list[str]], None] = lambda _: None

    def start(self, registered: Callable[[], None] = lambda: None) -> None:
        """Do it all in the background; `registered` is called once."""
        document = self._registration()
        thread = threading.Thread(target=self._run, args=(document, registered), daemon=True, name="kubelet")
        thread.start()

    def _registration(self) -> dict[str, Any]:
        labels = objects.base_labels(self.name, machine.architecture()) | _labels(self._config)
        address = address_of(self._config)
        annotations = {
            "alpha.kubernetes.io/provided-node-ip": address,
            "flannel.alpha.coreos.com/backend-type": "vxlan",
            "flannel.alpha.coreos.com/kube-subnet-manager": "true",
            "flannel.alpha.coreos.com/public-ip": address,
            "k3s.io/hostname": self.name,
            "k3s.io/internal-ip": address,
            "k3s.io/node-args": objects.node_arguments(self._config),
            "k3s.io/node-env": "{}",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        }
        taints = self._config.items("node-taint") + self._config.kubelet_values("register-with-taints")
        return {
            "labels": labels,
            "annotations": annotations,
            "taints": [objects.parse_taint(each) for each in dict.fromkeys(taints)],
            "password": node_password(),
            "status": self._status(),
        }

    def _status(self) -> dict[str, Any]:
        ready = time.time() - self._began >= self._timing.node_ready
        if ready != self._ready:
            self._ready = ready
            self._changed = time.time()
        capacity = machine.capacity()
        return {
            "addresses": [
                {"type": "InternalIP", "address": address_of(self._config)},
                {"type": "Hostname", "address": self.name},
            ],
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": objects.conditions(ready, self._changed, time.time()),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": machine.node_info(VERSION),
        }

    def _run(self, document: dict[str, Any], registered: Callable[[], None]) -> None:
        self._keep_trying(self._fetch_certificate)
        self._keep_trying(lambda: self._send("PUT", f"/v1-k3s/nodes/{self.name}", document))
        self._began = time.time()
        journal.info(f"Labels and annotations have been set successfully on node: {self.name}")
        registered()
        while True:
            time.sleep(self._timing.node_ready if not self._ready else self._timing.heartbeat)
            try:
                self._send("PUT", f"/v1-k3s/nodes/{self.name}/status", {"status": self._status()})
            except StatusError as failure:
                cause = f'error getting node "{self.name}": {failure.message}'
                journal.error(f"Error updating node status, will retry: {cause}")
            except RequestError as failure:
                journal.error(f"Error updating node status, will retry: {failure}")

    def _keep_trying(self, step: Callable[[], None]) -> None:
        while True:
            try:
                step()
                return
            except StatusError as failure:
                if failure.status == 422:
                    journal.error(f"Unable to register node with API server: {failure.message}")
                else:
                    cause = f"server is not ready: {failure.message}"
                    journal.info(f"Waiting to retrieve agent configuration; {cause}")
            except RequestError as failure:
                journal.info(f"Waiting to retrieve agent configuration; server is not ready: {failure}")
            time.sleep(min(3.0, self._timing.heartbeat))

    def _fetch_certificate(self) -> None:
        """What makes the kubelet this node to the API; anew at each start, as k3s does it."""
        pem = self._ask(lambda remote: remote.request("GET", "/v1-k3s/client-kubelet.crt"))
        certificate, key = pki.split(pem)
        agent = self._config.data_dir / "agent"
        files.write(agent / "server-ca.crt", self._ca_pem, 0o644)
        files.write(agent / "client-kubelet.crt", certificate)
        files.write(agent / "client-kubelet.key", key)
        for name, client in (
            ("kubelet", "client-kubelet"),
            ("kubeproxy", "client-kube-proxy"),
            ("k3scontroller", "client-k3s-controller"),
        ):
            files.write(agent / f"{name}.kubeconfig", pki.node_kubeconfig(agent, client, self._port))

    def _send(self, method: str, path: str, document: dict[str, Any]) -> None:
        answer = self._ask(lambda remote: remote.keep(method, path, document))
        self.on_servers(answer["servers"])

    def _ask(self, question: Callable[[Remote], Answer]) -> Answer:
        """Ask the server last used, else the others in turn."""
        failure: RequestError | None = None
        urls = self._servers()
        if self._remote is not None and self._remote.url in urls:
            urls = [self._remote.url] + [each for each in urls if each != self._remote.url]
        for url in urls:
            remote = self._remote if self._remote and self._remote.url == url else self._connect(url)
            try:
                answer = question(remote)
            except StatusError as refusal:
                if refusal.status < 500:
                    raise
                failure = refusal
            except RequestError as problem:
                failure = problem
            else:
                self._remote = remote
                return answer
            remote.close()
        raise failure or RequestError("no servers")

    def _connect(self, url: str) -> Remote:
        return Remote(
            url,
            ca_pem=self._ca_pem,
            user=self._user,
            password=self._password,
            resolver=self._timing.resolver,
            timeout=4.0,
            headers={"K3s-Node-Name": self.name, "K3s-Node-Password": node_password()},
        )
