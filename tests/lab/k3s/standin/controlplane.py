"""What a server knows and may be asked to do; the API is its only user."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import journal, objects, pki
from .cluster import Cluster
from .config import Config
from .objects import Object
from .state import Store
from .timing import Timing

_NODE_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"(?:[a-z0-9][-a-z0-9.]{0,252}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


class Refusal(Exception):
    """A request that is answered with a status other than 200."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message


@dataclass
class ControlPlane:
    """One server's control plane."""

    config: Config
    timing: Timing
    store: Store
    cluster: Cluster
    tls: Path
    password: str
    agent_password: str
    address: str
    share: Callable[[], dict[str, Any]]
    #: monotonic time at which the API began to answer
    up_since: float | None = field(default=None)

    def is_up(self) -> bool:
        """True once the API answers at all."""
        return self.up_since is not None

    def is_ready(self) -> bool:
        """True when /readyz is complete."""
        return not self.failing_checks()

    def failing_checks(self) -> list[str]:
        """What /readyz has to complain of."""
        if not self.is_up():
            return ["etcd", "etcd-readiness", "informer-sync"]
        if not self.cluster.has_quorum():
            return ["etcd", "etcd-readiness"]
        if self.up_since is not None and time.monotonic() - self.up_since < self.timing.readyz:
            return ["poststarthook/rbac/bootstrap-roles"]
        return []

    def require_leader(self) -> None:
        """Nothing can be read or written without a quorum."""
        if not self.is_up():
            raise Refusal(503, "ServiceUnavailable", "apiserver not ready")
        if not self.cluster.has_quorum():
            time.sleep(self.timing.no_leader)
            if not self.cluster.has_quorum():
                raise Refusal(500, "InternalError", "etcdserver: no leader")

    def role_of(self, user: str, password: str) -> str:
        """Who somebody with a password is: `server`, `node` or nobody."""
        if user == "server" and _equal(password, self.password):
            return "server"
        if user == "node" and _equal(password, self.agent_password):
            return "node"
        return ""

    def servers(self) -> list[str]:
        """Where agents can turn to."""
        if not self.cluster.embedded_etcd:
            return [f"https://{self.address}:6443"]
        return [f"https://{each.address}:6443" for each in self.cluster.members()]

    def register_node(self, name: str, document: Object) -> None:
        """A kubelet introduces its node. Labels, taints and name are settled the first time only."""
        self._check_password(name, str(document["password"]))
        _check_labels(name, document["labels"])
        if self.store.get(f"node/{name}") is None:
            index = len(self.store.list("node/"))
            taints: list[Object] = document["taints"]
            record = objects.new_node(name, document["labels"], document["annotations"], taints, index)
            self.store.put(f"node/{name}", record)
        else:
            self._edit(name, lambda record: record["metadata"]["annotations"].update(document["annotations"]))
        self.report_node(name, document["status"])

    def client_certificate(self, name: str, password: str) -> bytes:
        """What makes a kubelet its node: a certificate and its key, for whoever has the node's password."""
        if not name:
            raise Refusal(400, "BadRequest", "node name not set")
        if not password:
            raise Refusal(400, "BadRequest", "node password not set")
        if not _NODE_NAME.fullmatch(name):
            raise Refusal(400, "BadRequest", f"invalid node name: {json.dumps(name)}")
        self._check_password(name, password)
        return b"".join(pki.kubelet_client(self.tls, name))

    def _check_password(self, name: str, password: str) -> None:
        key = f"secret/{name}.node-password.k3s"
        digest = hashlib.sha256(password.encode()).hexdigest()
        known = self.store.get(key)
        if known is None:
            self.store.put(key, digest)
        elif known.value != digest:
            journal.error(f"Node password validation failed for {name}: hash does not match")
            raise Refusal(
                403,
                "Forbidden",
                "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may "
                "not match server node-passwd entry, try enabling a unique node name with the "
                "--with-node-id flag",
            )

    def report_node(self, name: str, status: Object) -> None:
        """A kubelet's report. Only a real change is kept; the lease alone says that the node lives."""
        if self.store.get(f"node/{name}") is None:
            raise Refusal(404, "NotFound", f'nodes "{name}" not found')
        present = self.store.get(f"status/{name}")
        if present is None or _essence(present.value) != _essence(status):
            self.store.put(f"status/{name}", status)
        self.store.put(f"lease/{name}", {"renewTime": time.time()})

    def label_own_node(self, name: str, *, voter: bool) -> None:
        """The roles that a server's own node carries."""

        def mark(record: Object) -> None:
            labels, annotations = record["metadata"]["labels"], record["metadata"]["annotations"]
            labels |= {objects.CONTROL_PLANE: "true", objects.MASTER: "true"}
            if voter:
                labels[objects.ETCD] = "true"
            if self.cluster.member:
                annotations[objects.ETCD_NAME] = self.cluster.member
                annotations[objects.ETCD_ADDRESS] = self.cluster.address

        self._edit(name, mark)
        if self.cluster.embedded_etcd:
            known = self.store.get(f"voter/{name}")
            if known is None or known.value["voter"] != voter:
                self.store.put(f"voter/{name}", {"voter": voter, "since": time.time()})

    def node(self, name: str) -> Object:
        """One Node or a 404."""
        found = objects.node(self.store, name, self.timing.node_grace)
        if found is None:
            raise Refusal(404, "NotFound", f'nodes "{name}" not found')
        return found

    def nodes(self) -> list[Object]:
        """All Nodes."""
        return objects.nodes(self.store, self.timing.node_grace)

    def pods(self) -> list[Object]:
        """All pods."""
        return objects.pods(self.store, self.timing.node_grace)

    def patch_node(self, name: str, patch: Any, content_type: str, *, kubelet: bool = False) -> Object:
        """A change of labels, annotations or spec, by an operator or, with less freedom, by the node."""
        before = self.node(name)

        def change(record: Object) -> None:
            try:
                if isinstance(patch, list) or "json-patch" in content_type:
                    objects.json_patch(record, patch)
                else:
                    objects.merge_patch(
                        record, {key: patch[key] for key in ("metadata", "spec") if key in patch}
                    )
            except objects.Conflict as problem:
                raise Refusal(422, "Invalid", str(problem)) from problem
            _check_labels(name, record["metadata"].get("labels", {}))
            if kubelet:
                _restrict(name, before, record)

        self._edit(name, change)
        return self.node(name)

    def delete_node(self, name: str) -> Object:
        """Remove a node, its password and, if it was a server, its vote."""
        gone = self.node(name)
        kept = ("node/{}", "status/{}", "lease/{}", "voter/{}", "secret/{}.node-password.k3s")
        for key in (each.format(name) for each in kept):
            self.store.delete(key)
        if self.cluster.embedded_etcd:
            self.cluster.remove_node(name)
        return gone

    def _edit(self, name: str, change: Callable[[Object], None]) -> None:
        entry = self.store.get(f"node/{name}")
        if entry is None:
            return
        before = self.store.get(f"node/{name}")
        change(entry.value)
        if before is None or before.value != entry.value:
            self.store.put(f"node/{name}", entry.value)


def _check_labels(name: str, labels: dict[str, str]) -> None:
    """Kubernetes takes no label with blanks, slashes or the like in its value, nor a nameless one."""
    for key, value in labels.items():
        if not _LABEL_VALUE.fullmatch(value):
            problem = (
                f"Invalid value: {json.dumps(value)}: a valid label must be an empty string or consist of "
                "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                "character"
            )
        elif not _LABEL_KEY.fullmatch(key):
            problem = f"Invalid value: {json.dumps(key)}: name part must consist of alphanumeric characters"
        else:
            continue
        raise Refusal(422, "Invalid", f'Node "{name}" is invalid: metadata.labels: {problem}')


def _restrict(name: str, before: Object, after: Object) -> None:
    """The NodeRestriction admission plugin: what a kubelet may not do to its own node."""
    old, new = before["metadata"]["labels"], after["metadata"].get("labels", {})
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    refused = [key for key in changed if objects.is_reserved_label(key)]
    if refused:
        problem = f"is not allowed to modify labels: {', '.join(refused)}"
    elif _own_taints(before) != _own_taints(after):
        problem = f'node "{name}" is not allowed to modify taints'
    else:
        return
    raise Refusal(403, "Forbidden", f'nodes "{name}" is forbidden: {problem}')


def _own_taints(shown: Object) -> list[Object]:
    """Without those that come and go with the node's state."""
    return [each for each in shown["spec"].get("taints", []) if each["key"] not in objects.STATE_TAINTS]


def _essence(status: Object) -> Object:
    """A status without the times that differ in every report."""
    reported = [{**each, "lastHeartbeatTime": ""} for each in status.get("conditions", [])]
    return {**status, "conditions": reported}


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
