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

from . import journal, objects
from .cluster import Cluster
from .config import Config
from .objects import Object
from .state import Store
from .timing import Timing

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

    def patch_node(self, name: str, patch: Any, content_type: str) -> Object:
        """An operator's change of labels, annotations or spec."""
        self.node(name)

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

        self._edit(name, change)
        return self.node(name)

    def delete_node(self, name: str) -> Object:
        """Remove a node, its password and, if it was a server, its vote."""
        gone = self.node(name)
        for key in (f"node/{name}", f"status/{name}", f"lease/{name}", f"secret/{name}.node-password.k3s"):
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


def _essence(status: Object) -> Object:
    """A status without the times that differ in every report."""
    reported = [{**each, "lastHeartbeatTime": ""} for each in status.get("conditions", [])]
    return {**status, "conditions": reported}


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
