"""Port 6443: k3s's supervisor and the Kubernetes API behind one TLS listener."""

from __future__ import annotations

import base64
import binascii
import json
import re
import socket
import ssl
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import journal, objects, pki
from .cluster import DatastoreError
from .controlplane import ControlPlane, Refusal
from .objects import Object
from .version import COMMIT, GO_VERSION, VERSION

_READY_CHECKS = (
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/apiservice-registration-controller",
    "shutdown",
)
_NODE_USER = "system:node:"
#: what anybody with a certificate may read
_FOR_ALL = re.compile(r"/(?:api(?:/v1)?|apis(?:/[^/]+){0,2}|healthz|livez|readyz|version)?")
_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_RESOURCE = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?"
    r"/(?P<kind>[a-z]+)(?:/(?P<name>[^/]+))?"
)
_IDLE_SECONDS = 90
_LONGEST_WATCH = 300


def version_info() -> Object:
    """The body of /version."""
    release = re.match(r"v(\d+)\.(\d+)\.", VERSION)
    return {
        "major": release[1] if release else "1",
        "minor": release[2] if release else "0",
        "emulationMajor": release[1] if release else "1",
        "emulationMinor": release[2] if release else "0",
        "gitVersion": VERSION,
        "gitCommit": COMMIT,
        "gitTreeState": "clean",
        "buildDate": "2025-09-23T19:48:21Z",
        "goVersion": GO_VERSION,
        "compiler": "gc",
        "platform": "linux/amd64",
    }


class ApiServer(ThreadingHTTPServer):
    """The listener; its certificate can be exchanged while it runs."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, control: ControlPlane, bind: str = "0.0.0.0") -> None:
        self.control = control
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.verify_mode = ssl.CERT_OPTIONAL
        self._context.load_verify_locations(str(control.tls / "client-ca.crt"))
        self.load_certificate()
        super().__init__((bind, 6443), Handler)

    def load_certificate(self) -> None:
        """Show the certificate on disk to whoever connects from now on."""
        name = "serving-kube-apiserver"
        self._context.load_cert_chain(
            str(self.control.tls / f"{name}.crt"), str(self.control.tls / f"{name}.key")
        )

    def secure(self, plain: socket.socket) -> ssl.SSLSocket:
        """The server's half of a handshake, in the connection's own thread."""
        return self._context.wrap_socket(plain, server_side=True)

    def start(self) -> None:
        """Serve in the background."""
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 60}, daemon=True, name="api"
        ).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is the client's affair; anything else belongs into the journal."""
        text = traceback.format_exc()
        last = text.strip().splitlines()[-1]
        if not re.match(r"(ConnectionResetError|BrokenPipeError|TimeoutError|ssl\.|OSError)", last):
            journal.error(f"Unhandled error in request from {client_address[0]}: {text}")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = ""
    sys_version = ""
    server: ApiServer

    def setup(self) -> None:
        """TLS first; whoever does not finish it in time is not waited for."""
        self.request.settimeout(10)
        self.request = self.server.secure(self.request)
        self.request.settimeout(_IDLE_SECONDS)
        super().setup()

    def finish(self) -> None:
        """Close properly, as a client may wait for it."""
        super().finish()
        try:
            self.request.close()
        except OSError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
        """k3s does not log requests."""

    def version_string(self) -> str:
        """Never sent."""
        return ""

    def send_response(self, code: int, message: str | None = None) -> None:
        """As inherited, without the Server header, which k3s does not send."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    @property
    def _control(self) -> ControlPlane:
        return self.server.control

    def do_GET(self) -> None:
        """Any verb comes here."""
        address = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(address.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._route(self.command, address.path, query, body)
        except Refusal as refusal:
            self._status(refusal)
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as problem:
            self._status(Refusal(400, "BadRequest", f"the object provided is unrecognized: {problem}"))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the library's names

    def _route(self, verb: str, path: str, query: dict[str, str], body: bytes) -> None:
        if path == "/ping":
            if not self._control.is_up():
                raise Refusal(503, "ServiceUnavailable", "apiserver not ready")
            self._send(200, b"pong", "text/plain")
        elif path == "/cacerts":
            self._send(200, (self._control.tls / "server-ca.crt").read_bytes(), "text/plain")
        elif path == "/" and not self._identity()[0]:
            self._send(301, b"", "text/html; charset=utf-8", {"Location": "/apis"})
        elif path.startswith("/v1-k3s/") or path == "/db/info":
            self._supervisor(verb, path, body)
        else:
            user, admin = self._identity()
            if not user:
                raise Refusal(401, "Unauthorized", "Unauthorized")
            path = path.rstrip("/") or "/"
            if not admin:
                self._authorize(user, verb, path, query)
            self._kubernetes(verb, path, query, body)

    # who is asking

    def _identity(self) -> tuple[str, bool]:
        """The user that the certificate names, if there is one, and whether everything is allowed to them."""
        certificate = self.request.getpeercert() or {}
        subject = [pair for group in certificate.get("subject", ()) for pair in group]
        user = next((value for key, value in subject if key == "commonName"), "")
        return user, ("organizationName", "system:masters") in subject

    def _node_of(self, user: str) -> str:
        return user.removeprefix(_NODE_USER) if user.startswith(_NODE_USER) else ""

    def _authorize(self, user: str, verb: str, path: str, query: dict[str, str]) -> None:
        """What a kubelet may do, and everybody who is known; else a 403."""
        if verb == "GET" and _FOR_ALL.fullmatch(path):
            return
        asked = _RESOURCE.fullmatch(path)
        if asked is None:
            action = f'cannot {verb.lower()} path "{path}"'
            raise Refusal(403, "Forbidden", f'forbidden: User "{user}" {action}')
        namespace, kind, name = asked["namespace"], asked["kind"], asked["name"] or ""
        action = _VERBS.get(verb, verb.lower())
        if action == "get" and not name:
            action = "watch" if query.get("watch", "") in ("true", "1") else "list"
        node, hint = self._node_of(user), ""
        field_name = re.fullmatch(r"metadata\.name==?(.+)", query.get("fieldSelector", ""))
        target = name or (field_name[1] if field_name else "")
        if node and kind == "nodes":
            if action in ("get", "list", "watch"):
                if target == node or self._control.timing.node_reads == "all":
                    return
                what = f"'{target}'" if target else "all nodes"
                hint = f": node '{node}' cannot read {what}, only its own Node object"
            elif action in ("patch", "update") and name == node:
                return
        elif node and kind == "pods" and action in ("list", "watch"):
            hint = ": can only list/watch pods with spec.nodeName field selector"
        what = f'{kind} "{name}"' if name else kind
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        group = asked["group"] or ""
        raise Refusal(
            403,
            "Forbidden",
            f'{what} is forbidden: User "{user}" cannot {action} resource "{kind}" in API group "{group}" '
            f"{where}{hint}",
        )

    def _is_kubelet(self) -> bool:
        return bool(self._node_of(self._identity()[0]))

    def _basic(self) -> tuple[str, str]:
        kind, _, encoded = (self.headers.get("Authorization") or "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, password

    def _require(self, *roles: str) -> None:
        role = self._control.role_of(*self._basic())
        if not role:
            raise Refusal(401, "Unauthorized", "Unauthorized")
        if role not in roles:
            raise Refusal(403, "Forbidden", "Forbidden")

    # k3s's own paths

    def _supervisor(self, verb: str, path: str, body: bytes) -> None:
        control = self._control
        node = re.fullmatch(r"/v1-k3s/nodes/([^/]+)(/status)?", path)
        if path == "/v1-k3s/config":
            self._require("node")
            self._json(self._agent_config())
        elif path == "/v1-k3s/server-bootstrap":
            self._require("server")
            if not control.cluster.embedded_etcd:
                journal.error(f"Sending HTTP 400 response to {self.client_address[0]}: etcd disabled")
                raise Refusal(400, "BadRequest", "etcd disabled")
            self._json(control.share())
        elif path == "/db/info":
            self._require("server")
            if not control.cluster.embedded_etcd:
                raise Refusal(400, "BadRequest", "etcd disabled")
            self._json(
                {"members": [_etcd_member(each.name, each.peer_url) for each in control.cluster.members()]}
            )
        elif path == "/v1-k3s/etcd/members" and verb == "POST":
            self._require("server")
            control.require_leader()
            asked = json.loads(body)
            try:
                self._json(control.cluster.add_learner(asked["name"], asked["node"], asked["address"]))
            except DatastoreError as problem:
                raise Refusal(409, "Conflict", str(problem)) from problem
        elif path == "/v1-k3s/etcd/exchange" and verb == "POST":
            self._require("server")
            asked = json.loads(body)
            self._json(control.cluster.receive(asked["from"], asked["digest"], asked.get("records")))
        elif path == "/v1-k3s/client-kubelet.crt" and verb == "GET":
            self._require("node")
            control.require_leader()
            name, password = (self.headers.get(f"K3s-Node-{each}") or "" for each in ("Name", "Password"))
            self._send(200, control.client_certificate(name.lower(), password), "text/plain")
        elif node and verb == "PUT":
            self._require("node", "server")
            control.require_leader()
            if node[2]:
                control.report_node(node[1], json.loads(body)["status"])
            else:
                control.register_node(node[1], json.loads(body))
            self._json({"servers": control.servers()})
        else:
            raise Refusal(401, "Unauthorized", "Unauthorized")

    def _agent_config(self) -> Object:
        return {
            "ClusterDNS": "10.43.0.10",
            "ClusterDomain": "cluster.local",
            "ClusterIPRange": {"IP": "10.42.0.0", "Mask": "//8AAA=="},
            "FlannelBackend": "vxlan",
            "ServerHTTPSPort": 6443,
            "Servers": self._control.servers(),
        }

    # the Kubernetes API

    def _kubernetes(self, verb: str, path: str, query: dict[str, str], body: bytes) -> None:
        control = self._control
        if path in ("/readyz", "/livez", "/healthz"):
            self._health(path.strip("/"), verbose="verbose" in query)
            return
        if not control.is_up():
            raise Refusal(503, "ServiceUnavailable", "apiserver not ready")
        if path == "/version":
            self._json(version_info())
            return
        discovery = _discovery(path, f"{control.address}:6443")
        if discovery is not None and verb == "GET":
            self._json(discovery)
            return
        control.require_leader()
        one = re.fullmatch(r"/api/v1/nodes/([^/]+)", path)
        pods = re.fullmatch(r"/api/v1/(?:namespaces/([^/]+)/)?pods(?:/([^/]+))?", path)
        if path == "/api/v1/nodes" and verb == "GET":
            self._nodes(query)
        elif one and verb == "GET":
            self._json(control.node(one[1]))
        elif one and verb == "PATCH":
            kind = self.headers.get("Content-Type") or ""
            self._json(control.patch_node(one[1], json.loads(body), kind, kubelet=self._is_kubelet()))
        elif one and verb == "PUT":
            wanted = json.loads(body)
            kept = {"metadata": {key: wanted["metadata"][key] for key in ("labels", "annotations")}}
            kept["spec"] = wanted.get("spec", {})
            self._json(control.patch_node(one[1], kept, "merge-patch", kubelet=self._is_kubelet()))
        elif one and verb == "DELETE":
            gone = control.delete_node(one[1])
            details = {"name": one[1], "kind": "nodes", "uid": gone["metadata"]["uid"]}
            self._json(_plain_status("Success", None) | {"details": details})
        elif pods and verb == "GET":
            self._pods(pods[1], pods[2], query)
        elif path == "/api/v1/namespaces" and verb == "GET":
            names = ("default", "kube-node-lease", "kube-public", "kube-system")
            self._json(self._list("NamespaceList", [_namespace(name) for name in names]))
        elif re.fullmatch(r"/(api/v1|apis/[^/]+/[^/]+)(/namespaces/[^/]+)?/[a-z]+", path) and verb == "GET":
            self._json(self._list("List", []))
        else:
            raise Refusal(404, "NotFound", "the server could not find the requested resource")

    def _health(self, name: str, *, verbose: bool) -> None:
        failing = self._control.failing_checks()
        if name == "livez" and self._control.is_up():
            failing = [each for each in failing if each == "etcd"]
        if not failing and not verbose:
            self._send(200, b"ok", "text/plain; charset=utf-8")
            return
        lines = [
            f"[-]{check} failed: reason withheld" if check in failing else f"[+]{check} ok"
            for check in _READY_CHECKS
        ]
        lines.append(f"{name} check {'failed' if failing else 'passed'}")
        text = "\n".join(lines) + "\n"
        self._send(500 if failing else 200, text.encode(), "text/plain; charset=utf-8")

    def _list(self, kind: str, items: list[Object]) -> Object:
        metadata = {"resourceVersion": str(self._control.store.revision)}
        return {"kind": kind, "apiVersion": "v1", "metadata": metadata, "items": items}

    def _selected(self, query: dict[str, str]) -> list[Object]:
        found = [
            each for each in self._control.nodes() if objects.matches(each, query.get("labelSelector", ""))
        ]
        name = re.fullmatch(r"metadata\.name==?(.+)", query.get("fieldSelector", ""))
        return [each for each in found if name is None or each["metadata"]["name"] == name[1]]

    def _nodes(self, query: dict[str, str]) -> None:
        if query.get("watch", "") not in ("true", "1"):
            self._json(self._list("NodeList", self._selected(query)))
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        known: dict[str, Object] = {}
        if query.get("resourceVersion", "0") not in ("", "0"):
            known = {each["metadata"]["name"]: each for each in self._selected(query)}
        limit = min(_LONGEST_WATCH, int(query.get("timeoutSeconds") or _LONGEST_WATCH))
        end = time.monotonic() + limit
        while time.monotonic() < end and self._control.cluster.has_quorum():
            present = {each["metadata"]["name"]: each for each in self._selected(query)}
            for name, each in present.items():
                if known.get(name) != each:
                    self._event("MODIFIED" if name in known else "ADDED", each)
            for name in known.keys() - present.keys():
                self._event("DELETED", known[name])
            known = present
            time.sleep(0.5)
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, kind: str, shown: Object) -> None:
        line = json.dumps({"type": kind, "object": shown}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def _pods(self, namespace: str | None, name: str | None, query: dict[str, str]) -> None:
        found = [
            each
            for each in self._control.pods()
            if namespace in (None, each["metadata"]["namespace"])
            and objects.matches(each, query.get("labelSelector", ""))
        ]
        if name is None:
            self._json(self._list("PodList", found))
            return
        for each in found:
            if each["metadata"]["name"] == name:
                self._json(each)
                return
        raise Refusal(404, "NotFound", f'pods "{name}" not found')

    # answers

    def _json(self, document: Any, code: int = 200) -> None:
        self._send(code, json.dumps(document).encode(), "application/json")

    def _status(self, refusal: Refusal) -> None:
        document = _plain_status("Failure", refusal.message) | {
            "reason": refusal.reason,
            "code": refusal.code,
        }
        self._json(document, refusal.code)

    def _send(self, code: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _plain_status(status: str, message: str | None) -> Object:
    document: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": status}
    return document if message is None else document | {"message": message}


def _namespace(name: str) -> Object:
    labels = {"kubernetes.io/metadata.name": name}
    return {
        "metadata": {"name": name, "resourceVersion": "1", "labels": labels},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _etcd_member(name: str, peer_url: str) -> Object:
    client_url = peer_url.removesuffix(":2380") + ":2379"
    return {"name": name, "peerURLs": [peer_url], "clientURLs": [client_url]}


def _discovery(path: str, address: str) -> Object | None:
    """What the API says of itself."""
    if path == "/":
        return {"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/readyz", "/version"]}
    if path == "/api":
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}
    if path == "/apis":
        groups = ["apps", "batch", "coordination.k8s.io", "helm.cattle.io", "k3s.cattle.io", "metrics.k8s.io"]
        shown = []
        for name in groups:
            version = {"groupVersion": f"{name}/v1", "version": "v1"}
            shown.append({"name": name, "versions": [version], "preferredVersion": version})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": shown}
    if path == "/api/v1":
        resources = [
            _resource("namespaces", "Namespace", False),
            _resource("nodes", "Node", False),
            _resource("pods", "Pod", True),
        ]
        return {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources}
    return None


def _resource(name: str, kind: str, namespaced: bool) -> Object:
    verbs = ["delete", "get", "list", "patch", "update", "watch"]
    return {
        "name": name,
        "singularName": kind.lower(),
        "namespaced": namespaced,
        "kind": kind,
        "verbs": verbs,
    }


def certificate_names(control: ControlPlane, own: list[str]) -> list[str]:
    """What the certificate must cover: this server's names, all earlier ones, and the other servers'."""
    shared = control.store.get("cluster/serving-names")
    names = set(own) | set(pki.remembered_names(control.tls)) | set(shared.value if shared else [])
    return sorted(names)
