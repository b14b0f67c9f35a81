"""Kubernetes objects as the API shows them, put together from the store's records when somebody asks.

A Node is kept in two records, what an operator may edit and what its kubelet reports, so that one cannot
undo the other. Whether a silent node is Unknown is decided when it is looked at: every server comes to the
same answer.
"""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from .config import Config
from .state import Store

Object = dict[str, Any]

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
MASTER = "node-role.kubernetes.io/master"
ETCD = "node-role.kubernetes.io/etcd"
ETCD_NAME = "etcd.k3s.cattle.io/node-name"
ETCD_ADDRESS = "etcd.k3s.cattle.io/node-address"
UNREACHABLE = "node.kubernetes.io/unreachable"
NOT_READY = "node.kubernetes.io/not-ready"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
STATE_TAINTS = (UNREACHABLE, NOT_READY, UNSCHEDULABLE)
ETCD_IS_VOTER = "EtcdIsVoter"
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


class Conflict(ValueError):
    """A change that cannot be made to an object."""


def timestamp(seconds: float | None = None) -> str:
    """A time as Kubernetes writes it."""
    moment = time.time() if seconds is None else seconds
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_taint(text: str) -> Object:
    """`key=value:Effect`, the value being optional."""
    rest, _, effect = text.rpartition(":")
    key, separator, value = rest.partition("=")
    taint: Object = {"key": key, "effect": effect}
    if separator and value:
        taint["value"] = value
    return taint


def new_node(
    name: str, labels: dict[str, str], annotations: dict[str, str], taints: list[Object], index: int
) -> Object:
    """A Node's record as its registration creates it."""
    subnet = f"10.42.{index}.0/24"
    spec: Object = {"podCIDR": subnet, "podCIDRs": [subnet], "providerID": f"k3s://{name}"}
    if taints:
        spec["taints"] = taints
    return {
        "metadata": {
            "name": name,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": timestamp(),
            "labels": labels,
            "annotations": annotations,
            "finalizers": ["wrangler.cattle.io/node"],
        },
        "spec": spec,
    }


def is_reserved_label(key: str) -> bool:
    """A label that a node may not give itself."""
    domain, slash, _ = key.partition("/")
    reserved = bool(slash) and any(domain == each or domain.endswith(f".{each}") for each in _RESERVED)
    return reserved and key not in _ALLOWED and not key.startswith(_ALLOWED_PREFIXES)


def base_labels(name: str, architecture: str) -> dict[str, str]:
    """What every kubelet and k3s's cloud controller put on a node."""
    return {
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/instance-type": "k3s",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "k3s",
    }


def node_arguments(config: Config) -> str:
    """The annotation that tells a node's flags, secrets blotted out."""
    shown: list[str] = [config.role]
    for name, value in sorted(config.values.items()):
        for item in value if isinstance(value, list) else [value]:
            text = str(item).lower() if isinstance(item, bool) else str(item)
            shown += [f"--{name}", "********" if "token" in name else text]
    return "[" + ",".join(f'"{item}"' for item in shown) + "]"


def conditions(ready: bool, since: float, beat: float) -> list[Object]:
    """A kubelet's conditions."""
    found = [
        _condition(
            "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"
        ),
        _condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        _condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ]
    if ready:
        found.append(_condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    else:
        message = (
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
            "message:Network plugin returns error: cni plugin not initialized"
        )
        found.append(_condition("Ready", "False", "KubeletNotReady", message))
    for each in found:
        each["lastHeartbeatTime"] = timestamp(beat)
        each["lastTransitionTime"] = timestamp(since)
    return found


def voter_condition(voter: bool, since: float) -> Object:
    """What k3s says of a server's part in etcd."""
    if voter:
        message = "Node is a voting member of the etcd cluster"
        found = _condition(ETCD_IS_VOTER, "True", "MemberNotLearner", message)
    else:
        message = "Node has not been promoted to voting member of the etcd cluster"
        found = _condition(ETCD_IS_VOTER, "False", "MemberIsLearner", message)
    return found | {"lastHeartbeatTime": timestamp(since), "lastTransitionTime": timestamp(since)}


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def node(store: Store, name: str, grace: float) -> Object | None:
    """One Node, as the API shows it."""
    record = store.get(f"node/{name}")
    if record is None:
        return None
    status_entry = store.get(f"status/{name}")
    lease = store.get(f"lease/{name}")
    status: Object = status_entry.value if status_entry else {}
    shown: Object = {"apiVersion": "v1", "kind": "Node", **record.value, "status": status}
    revision = max(record.revision, status_entry.revision if status_entry else 0)
    shown["metadata"]["resourceVersion"] = str(revision)
    last = float(lease.value["renewTime"]) if lease else 0.0
    taints = [each for each in shown["spec"].get("taints", []) if each["key"] not in (UNREACHABLE, NOT_READY)]
    if time.time() - last > grace:
        lost = timestamp(last + grace if lease else None)
        for each in status.get("conditions", []):
            each.update(
                status="Unknown",
                reason="NodeStatusUnknown",
                message="Kubelet stopped posting node status.",
                lastTransitionTime=lost,
            )
        taints += [
            {"key": UNREACHABLE, "effect": "NoSchedule", "timeAdded": lost},
            {"key": UNREACHABLE, "effect": "NoExecute", "timeAdded": lost},
        ]
    elif not is_ready(shown):
        taints.append({"key": NOT_READY, "effect": "NoSchedule"})
    voter = store.get(f"voter/{name}")
    if voter is not None:
        status["conditions"] = [voter_condition(**voter.value), *status.get("conditions", [])]
    if shown["spec"].get("unschedulable"):
        taints.append({"key": UNSCHEDULABLE, "effect": "NoSchedule"})
    shown["spec"].pop("taints", None)
    if taints:
        shown["spec"]["taints"] = taints
    return shown


def is_ready(shown: Object) -> bool:
    """True if a Node's Ready condition is True."""
    return any(
        each["type"] == "Ready" and each["status"] == "True"
        for each in shown.get("status", {}).get("conditions", [])
    )


def nodes(store: Store, grace: float) -> list[Object]:
    """All Nodes, by name."""
    found = (node(store, name, grace) for name in store.list("node/"))
    return [each for each in found if each is not None]


def matches(shown: Object, selector: str) -> bool:
    """A label selector's verdict: `a`, `!a`, `a=b`, `a==b`, `a!=b`, `a in (b,c)`, separated by commas."""
    labels: dict[str, str] = shown["metadata"].get("labels", {})
    for term in re.split(r",(?![^(]*\))", selector):
        text = term.strip()
        if not text:
            continue
        member = re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", text)
        if member:
            values = {value.strip() for value in member[3].split(",")}
            if (labels.get(member[1]) in values) != (member[2] == "in"):
                return False
        elif "!=" in text:
            key, value = text.split("!=", 1)
            if labels.get(key.strip()) == value.strip():
                return False
        elif "=" in text:
            key, value = re.split("==?", text, maxsplit=1)
            if labels.get(key.strip()) != value.strip():
                return False
        elif text.startswith("!"):
            if text[1:].strip() in labels:
                return False
        elif text not in labels:
            return False
    return True


def merge_patch(target: Object, patch: Object) -> Object:
    """RFC 7386; a strategic merge differs only for lists, where the caller sends whole lists anyway."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            inner = target.get(key)
            target[key] = merge_patch(inner if isinstance(inner, dict) else {}, value)
        else:
            target[key] = value
    return target


def json_patch(target: Object, operations: list[Object]) -> Object:
    """RFC 6902's add, replace, remove and test, for objects and for lists' ends and indices."""
    for operation in operations:
        steps = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        parent: Any = target
        try:
            for step in steps[:-1]:
                parent = parent[int(step)] if isinstance(parent, list) else parent[step]
            _apply(parent, steps[-1], operation)
        except (KeyError, IndexError, ValueError) as failure:
            raise Conflict("the server rejected our request due to an error in our request") from failure
    return target


def _apply(parent: Any, step: str, operation: Object) -> None:
    verb = operation["op"]
    if isinstance(parent, list):
        index = len(parent) if step == "-" else int(step)
        if verb == "remove":
            del parent[index]
        elif verb == "add":
            parent.insert(index, operation["value"])
        elif verb == "replace":
            parent[index] = operation["value"]
        elif parent[index] != operation["value"]:
            raise Conflict("testing value failed")
    elif verb == "remove":
        del parent[step]
    elif verb in ("add", "replace"):
        parent[step] = operation["value"]
    elif parent[step] != operation["value"]:
        raise Conflict("testing value failed")


def pods(store: Store, grace: float) -> list[Object]:
    """The pods of kube-system that k3s deploys by itself, each where a scheduler would put it.

    CoreDNS and its like tolerate a control plane's taint, the job that installs Traefik does not: on a
    cluster of tainted servers it stays Pending.
    """
    settings = store.get("cluster/deployed")
    if settings is None:
        return []
    all_nodes = nodes(store, grace)
    disabled = set(settings.value["disabled"])
    start = float(settings.value["since"])
    found: list[Object] = []
    for name, component, tolerates in (
        ("coredns", "coredns", True),
        ("local-path-provisioner", "local-storage", True),
        ("metrics-server", "metrics-server", True),
        ("helm-install-traefik", "traefik", False),
        ("traefik", "traefik", False),
    ):
        if component in disabled:
            continue
        home = next((each for each in all_nodes if is_ready(each) and _fits(each, tolerates)), None)
        if name == "traefik" and home is None:
            continue  # the job that would create it has not run
        found.append(_pod(name, home, start))
    return found


def _fits(shown: Object, tolerates: bool) -> bool:
    allowed = {CONTROL_PLANE, MASTER} if tolerates else set()
    return all(
        taint["effect"] == "PreferNoSchedule" or taint["key"] in allowed
        for taint in shown["spec"].get("taints", [])
    )


def _pod(name: str, home: Object | None, start: float) -> Object:
    seed = hashlib.sha256(f"{name}{start}".encode()).hexdigest()
    finished = name.startswith("helm-install")
    status: Object = {"phase": "Pending", "qosClass": "BestEffort"}
    if home is None:
        status["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 node(s) had untolerated taint "
                "{node-role.kubernetes.io/control-plane: true}. preemption: 0/1 nodes are available: "
                "1 Preemption is not helpful for scheduling.",
                "lastTransitionTime": timestamp(start),
            }
        ]
    else:
        status["phase"] = "Succeeded" if finished else "Running"
        status["startTime"] = timestamp(start)
        ready = "False" if finished else "True"
        status["conditions"] = [
            {"type": kind, "status": ready, "lastTransitionTime": timestamp(start)}
            for kind in ("Initialized", "Ready", "ContainersReady")
        ] + [{"type": "PodScheduled", "status": "True", "lastTransitionTime": timestamp(start)}]
    suffix = seed[:5] if finished else f"{seed[:9]}-{seed[9:14]}"
    spec: Object = {"containers": [{"name": name, "image": f"rancher/mirrored-{name}"}]}
    if home is not None:
        spec["nodeName"] = home["metadata"]["name"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{name}-{suffix}",
            "namespace": "kube-system",
            "uid": str(uuid.UUID(seed[:32])),
            "creationTimestamp": timestamp(start),
            "resourceVersion": "1",
            "labels": {"k8s-app": name},
        },
        "spec": spec,
        "status": status,
    }
