"""What the operator asked for: flags, environment and /etc/rancher/k3s, merged in k3s's order.

k3s turns its files into flags and puts them in front of those on the command line. So on the command line a
single value wins over a file's, and a repeatable flag adds to it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from . import journal

CONFIG_FILE = Path("/etc/rancher/k3s/config.yaml")
DEFAULT_DATA_DIR = Path("/var/lib/rancher/k3s")

# fmt: off
_AGENT_TEXT = {
    "node-name", "data-dir", "token", "token-file", "server", "config", "lb-server-port", "private-registry",
    "pause-image", "snapshotter", "container-runtime-endpoint", "flannel-iface", "flannel-conf",
    "flannel-cni-conf", "resolv-conf", "vpn-auth", "vpn-auth-file", "system-default-registry", "bind-address",
    "log", "vmodule", "v", "alsologtostderr", "airgap-extra-registry", "image-service-endpoint",
    "default-runtime", "image-credential-provider-bin-dir", "image-credential-provider-config",
}
_AGENT_LIST = {
    "node-label", "node-taint", "node-ip", "node-external-ip", "node-internal-dns", "node-external-dns",
    "kubelet-arg", "kube-proxy-arg",
}
_AGENT_SWITCH = {
    "with-node-id", "docker", "selinux", "protect-kernel-defaults", "rootless", "debug", "prefer-bundled-bin",
    "disable-default-registry-endpoint", "nonroot-devices", "enable-pprof", "disable-apiserver-lb",
}
_SERVER_TEXT = {
    "agent-token", "agent-token-file", "write-kubeconfig", "write-kubeconfig-mode", "write-kubeconfig-group",
    "datastore-endpoint", "datastore-cafile", "datastore-certfile", "datastore-keyfile", "https-listen-port",
    "advertise-address", "advertise-port", "cluster-domain", "flannel-backend", "egress-selector-mode",
    "service-node-port-range", "cluster-reset-restore-path", "etcd-snapshot-name", "etcd-snapshot-dir",
    "etcd-snapshot-schedule-cron", "etcd-snapshot-retention", "default-local-storage-path", "helm-job-image",
    "kine-tls", "supervisor-metrics", "secrets-encryption-provider", "servicelb-namespace",
}
_SERVER_LIST = {
    "tls-san", "cluster-cidr", "service-cidr", "cluster-dns", "disable", "kube-apiserver-arg", "etcd-arg",
    "kube-controller-manager-arg", "kube-scheduler-arg", "kube-cloud-controller-manager-arg",
}
_SERVER_SWITCH = {
    "cluster-init", "cluster-reset", "disable-agent", "disable-apiserver", "disable-controller-manager",
    "disable-etcd", "disable-scheduler", "disable-cloud-controller", "disable-helm-controller",
    "disable-kube-proxy", "disable-network-policy", "embedded-registry", "etcd-disable-snapshots",
    "etcd-expose-metrics", "etcd-snapshot-compress", "flannel-external-ip", "flannel-ipv6-masq",
    "secrets-encryption", "tls-san-security",
}
# fmt: on
_SHORT = {"t": "token", "s": "server", "d": "data-dir", "c": "config", "o": "write-kubeconfig"}
_ENVIRONMENT = {
    "K3S_TOKEN": "token",
    "K3S_TOKEN_FILE": "token-file",
    "K3S_URL": "server",
    "K3S_AGENT_TOKEN": "agent-token",
    "K3S_AGENT_TOKEN_FILE": "agent-token-file",
    "K3S_NODE_NAME": "node-name",
    "K3S_DATA_DIR": "data-dir",
    "K3S_CLUSTER_INIT": "cluster-init",
    "K3S_KUBECONFIG_OUTPUT": "write-kubeconfig",
    "K3S_KUBECONFIG_MODE": "write-kubeconfig-mode",
}
#: what all servers of a cluster must agree on
CRITICAL = (
    "cluster-cidr",
    "service-cidr",
    "cluster-dns",
    "cluster-domain",
    "flannel-backend",
    "egress-selector-mode",
    "disable-cloud-controller",
    "disable-helm-controller",
    "disable-network-policy",
    "embedded-registry",
    "flannel-external-ip",
    "flannel-ipv6-masq",
    "secrets-encryption",
)
_DEFAULTS: dict[str, object] = {
    "cluster-cidr": ["10.42.0.0/16"],
    "service-cidr": ["10.43.0.0/16"],
    "cluster-dns": ["10.43.0.10"],
    "cluster-domain": "cluster.local",
    "flannel-backend": "vxlan",
    "egress-selector-mode": "agent",
}


class UsageError(ValueError):
    """A command line that k3s would refuse."""


@dataclass(frozen=True)
class Config:
    """One run's settings; `values` keeps every flag by its long name."""

    role: str
    values: Mapping[str, object]
    arguments: tuple[str, ...] = field(default=())

    def text(self, name: str, default: str = "") -> str:
        """A single value."""
        value = self.values.get(name, default)
        return str(value)

    def items(self, name: str) -> list[str]:
        """A repeatable value; commas separate, too."""
        value = self.values.get(name, [])
        assert isinstance(value, list)
        return [part for item in value for part in str(item).split(",") if part]

    def raw_items(self, name: str) -> list[str]:
        """A repeatable value whose items may hold commas of their own."""
        value = self.values.get(name, [])
        assert isinstance(value, list)
        return [str(item) for item in value]

    def switch(self, name: str) -> bool:
        """A yes or no."""
        return self.values.get(name) is True

    @property
    def data_dir(self) -> Path:
        """Where everything but the configuration lives."""
        return Path(self.text("data-dir") or DEFAULT_DATA_DIR)

    @property
    def node_name(self) -> str:
        """The host's name, in lower case as Kubernetes wants it."""
        return (self.text("node-name") or socket.gethostname()).lower()

    def token(self) -> str:
        """The join token from wherever it was put; a file wins, as in k3s."""
        path = self.text("token-file")
        if path:
            try:
                return Path(path).read_text().strip()
            except OSError as failure:
                raise UsageError(f"open {path}: {os.strerror(failure.errno or 0).lower()}") from failure
        return self.text("token")

    def agent_token(self) -> str:
        """A separate token for agents, or nothing."""
        path = self.text("agent-token-file")
        return Path(path).read_text().strip() if path else self.text("agent-token")

    def kubelet_values(self, name: str) -> list[str]:
        """Values that reach the kubelet through `kubelet-arg`."""
        found: list[str] = []
        for item in self.raw_items("kubelet-arg"):
            key, _, value = item.lstrip("-").partition("=")
            if key == name:
                found.extend(part for part in value.split(",") if part)
        return found

    def critical(self) -> dict[str, object]:
        """What a joining server compares with the cluster's."""
        chosen: dict[str, object] = {}
        for name in CRITICAL:
            value = self.values.get(name) or _DEFAULTS.get(name) or False
            chosen[name] = ",".join(value) if isinstance(value, list) else value
        chosen["disable=servicelb"] = "servicelb" in self.items("disable")
        return chosen


def load(role: str, arguments: list[str], environment: Mapping[str, str]) -> Config:
    """Merge everything for `k3s server` or `k3s agent`."""
    kinds = _kinds(role)
    files = _config_file(arguments)
    from_files = _arguments_from(files, kinds)
    values: dict[str, object] = {}
    for variable, name in _ENVIRONMENT.items():
        if environment.get(variable) and name in kinds:
            _set(values, kinds, name, environment[variable])
    _parse(values, kinds, from_files)
    _parse(values, kinds, arguments)
    return Config(role, values, tuple(arguments))


def _kinds(role: str) -> dict[str, str]:
    kinds = dict.fromkeys(_AGENT_TEXT, "text") | dict.fromkeys(_AGENT_LIST, "list")
    kinds |= dict.fromkeys(_AGENT_SWITCH, "switch")
    if role == "server":
        kinds |= dict.fromkeys(_SERVER_TEXT, "text") | dict.fromkeys(_SERVER_LIST, "list")
        kinds |= dict.fromkeys(_SERVER_SWITCH, "switch")
    return kinds


def _config_file(arguments: list[str]) -> Path:
    for position, argument in enumerate(arguments):
        name, separator, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name in ("config", "c"):
            if separator:
                return Path(value)
            if position + 1 < len(arguments):
                return Path(arguments[position + 1])
    return CONFIG_FILE


def _arguments_from(path: Path, kinds: Mapping[str, str]) -> list[str]:
    """The files as flags; a later file's value replaces an earlier one's, unless its key ends in `+`."""
    drop_ins = Path(f"{path}.d")
    files = [path] if path.is_file() else []
    if drop_ins.is_dir():
        files += sorted(each for each in drop_ins.iterdir() if each.suffix in (".yaml", ".yml"))
    merged: dict[str, object] = {}
    for each in files:
        try:
            content = yaml.safe_load(each.read_text())
        except yaml.YAMLError as failure:
            first = str(failure).splitlines()[0]
            raise UsageError(f"failed to parse config file {each}: yaml: {first}") from failure
        if content is None:
            continue
        if not isinstance(content, dict):
            raise UsageError(f"failed to parse config file {each}: yaml: cannot unmarshal into a map")
        for key, value in content.items():
            name = str(key)
            if name.endswith("+"):
                name = name[:-1]
                merged[name] = _as_list(merged.get(name)) + _as_list(value)
            else:
                merged[name] = value
    arguments: list[str] = []
    for name, value in merged.items():
        if name not in kinds and _SHORT.get(name) not in kinds:
            journal.warning(f"Unknown flag --{name} found in {path.name}, skipping\n")
            continue
        values = value if isinstance(value, list) else [value]
        arguments += [f"--{name}={_as_text(item)}" for item in values]
    return arguments


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _parse(values: dict[str, object], kinds: Mapping[str, str], arguments: Iterable[str]) -> None:
    pending = list(arguments)
    while pending:
        argument = pending.pop(0)
        if not argument.startswith("-") or argument == "-":
            continue
        given, separator, value = argument.lstrip("-").partition("=")
        name = _SHORT.get(given, given)
        if name not in kinds:
            raise UsageError(f"flag provided but not defined: -{given}")
        if not separator and kinds[name] != "switch":
            if not pending:
                raise UsageError(f"flag needs an argument: -{given}")
            value = pending.pop(0)
        _set(values, kinds, name, value if separator or kinds[name] != "switch" else "true")


def _set(values: dict[str, object], kinds: Mapping[str, str], name: str, value: str) -> None:
    if kinds[name] == "list":
        present = values.setdefault(name, [])
        assert isinstance(present, list)
        present.append(value)
    elif kinds[name] == "switch":
        if value.lower() not in ("true", "false", "1", "0", "t", "f"):
            raise UsageError(f'invalid boolean value "{value}" for -{name}: parse error')
        values[name] = value.lower() in ("true", "1", "t")
    else:
        values[name] = value
