"""The node's own part: it registers with a server and then reports, for ever."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import files, journal, machine, objects
from .client import Remote, RequestError, StatusError
from .config import Config
from .timing import Timing
from .version import VERSION

NODE_PASSWORD = Path("/etc/rancher/node/password")
_RESERVED = ("kubernetes.io", "k8s.io")
_ALLOWED_PREFIXES = ("kubelet.kubernetes.io/", "node.kubernetes.io/")
_ALLOWED = {
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
}


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
    refused = [key for key in labels if _is_reserved(key)]
    if refused:
        journal.fatal(
            "kubelet exited: failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels "
            f"specified with --node-labels: [{' '.join(refused)}]"
        )
    return labels


def _is_reserved(key: str) -> bool:
    domain, slash, _ = key.partition("/")
    reserved = bool(slash) and any(domain == each or domain.endswith(f".{each}") for each in _RESERVED)
    return reserved and key not in _ALLOWED and not key.startswith(_ALLOWED_PREFIXES)


class Kubelet:
    """Registers and reports one node, through whichever of the servers answers."""

    def __init__(
        self,
        config: Config,
        timing: Timing,
        servers: Callable[[], list[str]],
        ca_pem: str,
        user: str,
        password: str,
    ) -> None:
        self._config = config
        self._timing = timing
        self._servers = servers
        self._ca_pem = ca_pem
        self._user = user
        self._password = password
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
        while True:
            try:
                self._send("PUT", f"/v1-k3s/nodes/{self.name}", document)
                break
            except StatusError as failure:
                if failure.status == 422:
                    journal.error(f"Unable to register node with API server: {failure.message}")
                else:
                    cause = f"server is not ready: {failure.message}"
                    journal.info(f"Waiting to retrieve agent configuration; {cause}")
            except RequestError as failure:
                journal.info(f"Waiting to retrieve agent configuration; server is not ready: {failure}")
            time.sleep(min(3.0, self._timing.heartbeat))
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

    def _send(self, method: str, path: str, document: dict[str, Any]) -> None:
        """Ask the server last used, else the others in turn."""
        failure: RequestError | None = None
        urls = self._servers()
        if self._remote is not None and self._remote.url in urls:
            urls = [self._remote.url] + [each for each in urls if each != self._remote.url]
        for url in urls:
            remote = self._remote if self._remote and self._remote.url == url else self._connect(url)
            try:
                answer = remote.keep(method, path, document)
            except StatusError as refusal:
                if refusal.status < 500:
                    raise
                failure = refusal
            except RequestError as problem:
                failure = problem
            else:
                self._remote = remote
                self.on_servers(answer["servers"])
                return
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
            headers={"K3s-Node-Name": self.name},
        )
