"""The simulated k3s process of one Pi: founds a cluster, joins one, or goes on with its data."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import JoinToken, ca_hash, parse_token
from sugarkube_tui.simulator import script
from sugarkube_tui.simulator.cluster import Cluster, Member
from sugarkube_tui.simulator.network import Unreachable

if TYPE_CHECKING:
    from sugarkube_tui.simulator.pi import Pi

_UNITS = ("k3s", "k3s-agent")
_RESTART_S = 5.0
_ATTEMPTS = 60
"""Restarts after which the process waits for something to change on the LAN."""
_HOST = re.compile(r"https://\[?([^\]/]+?)\]?:\d+")

Value = str | bool | list[str]


class _Fatal(Exception):
    """The process ends with this message; systemd starts it again."""


class K3sService:
    """A unit and its process.

    Attributes:
        state: systemd's ActiveState.
        enabled: it starts at boot.
        listening: port 6443 is open.
        names: in the API's certificate.
        complaints: errors since it was last started by hand, as `level=… msg` lines.
    """

    def __init__(self, pi: Pi) -> None:
        self._pi = pi
        self._task: asyncio.Task[None] | None = None
        self.state = "inactive"
        self.enabled = False
        self.listening = False
        self.names: tuple[str, ...] = ()
        self.complaints: list[str] = []

    @property
    def unit(self) -> str:
        """The installed unit; empty when there is none."""
        files = self._pi.files
        return next((unit for unit in _UNITS if f"/etc/systemd/system/{unit}.service" in files), "")

    @property
    def url(self) -> str:
        """`K3S_URL` of the unit's environment file."""
        text = self._pi.files.get(f"/etc/systemd/system/{self.unit}.service.env", "")
        found = re.search(r"^K3S_URL='?([^'\n]*)", text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def member(self) -> Member | None:
        cluster = self._pi.cluster
        return cluster.members.get(self._pi.name) if cluster else None

    @property
    def readyz(self) -> str:
        """What the local API says of itself."""
        if not self.listening:
            return "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host?"
        if self._pi.cluster is not None and self._pi.cluster.has_quorum:
            return "ok"
        return "Error from server: etcdserver: request timed out"

    # -- systemd

    def start(self) -> None:
        self.kill()
        self.complaints.clear()
        self.state = "activating"
        self._task = self._pi.spawn(self._keep_running())

    def kill(self) -> None:
        """The process is gone, whatever it was doing."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.state = "inactive"
        self.listening = False
        if (member := self.member) is not None and member.silent_since is None:
            member.silent_since = self._pi.clock.now()
        self._pi.network.changed()

    def stand(self, cluster: Cluster) -> None:
        """As if it had run for a long time as the cluster's server."""
        self._pi.cluster = cluster
        self._register(
            cluster, server=True, voter=True if cluster.datastore == "etcd" else None, ready_in=0.0
        )
        self._read_names()
        self.state, self.enabled, self.listening = "active", True, True

    def stand_refused(self, complaint: str) -> None:
        """As if it had tried to join for a long time, and had been refused each time."""
        self.state, self.enabled = "activating", True
        self.complaints.append(script.journal_line(self._pi.clock.now(), "fatal", complaint))

    async def _keep_running(self) -> None:
        network = self._pi.network
        attempts = 0
        while True:
            version = network.version
            try:
                await (self._serve() if self.unit == "k3s" else self._work())
                return
            except _Fatal as failure:
                self.listening = False
                self._say("fatal", str(failure))
            attempts += 1
            await self._pi.clock.sleep(_RESTART_S)
            if attempts >= _ATTEMPTS:
                await network.change_after(version)

    # -- a server's life

    async def _serve(self) -> None:
        pi = self._pi
        await self._after(0.7, "info", f"Starting k3s {self._version_text()}")
        config = read_config(pi.files)
        self._read_names()
        if pi.cluster is not None:
            await self._resume(pi.cluster)
        elif isinstance(url := config.get("server"), str):
            await self._join(url, self._token(config))
        else:
            await self._found(config)

    async def _found(self, config: Mapping[str, Value]) -> None:
        pi = self._pi
        embedded = config.get("cluster-init") is True
        token = self._token(config) if "token-file" in config else None
        if token is not None and token.ca_hash:
            raise _Fatal("starting kubernetes: preparing server: token CA hash does not match the Cluster CA")
        seed = f"{pi.name} {self._labels(config)} {pi.boot_id}"
        cluster = Cluster(seed, "etcd" if embedded else "sqlite", token.password.reveal() if token else "")
        if embedded:
            await self._after(0.4, "info", "Managed etcd cluster initializing")
        else:
            pool = "maxIdleConns=2, maxOpenConns=0, connMaxLifetime=0s"
            await self._after(0.3, "info", f"Configured sqlite3 database connection pooling: {pool}")
            text = "Configuring database table schema and indexes, this may take a moment..."
            await self._after(0.2, "info", text)
            await self._after(0.6, "info", "Database tables and indexes are up to date")
            await self._after(0.1, "info", "Kine available at unix://kine.sock")
        for name in ("client", "server", "request-header"):
            stamp = int(hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:6], 16) + 1_763_000_000
            await self._after(0.3, "info", f"generated self-signed CA certificate CN=k3s-{name}-ca@{stamp}")
        pi.cluster = cluster
        await self._control_plane(cluster)
        self._up(cluster, voter=True if embedded else None)
        await self._afterwards()

    async def _join(self, url: str, token: JoinToken) -> None:
        pi = self._pi
        cluster = await self._validate(url, token)
        await self._after(0.4, "info", "Managed etcd cluster not yet initialized")
        await pi.clock.sleep(1.2)
        if cluster.datastore != "etcd":
            raise _Fatal("ETCD join failed: cannot perform join operation: etcd datastore is not enabled")
        if cluster.learner(pi.clock.now()) not in ("", pi.name):
            raise _Fatal("ETCD join failed: etcdserver: too many learner members in cluster")
        present = [_peer(m.name, m.address) for m in cluster.members.values() if m.server]
        own = _peer(pi.name, pi.address)
        await self._after(0.3, "info", f"Adding member {own} to etcd cluster [{' '.join(present)}]")
        pi.cluster = cluster
        self._register(cluster, server=True, voter=False, ready_in=60.0)
        await self._after(1.1, "info", f"Starting etcd for cluster [{' '.join([*present, own])}]")
        await self._control_plane(cluster)
        self._up(cluster, voter=False)
        await self._promote()
        await self._afterwards()

    async def _resume(self, cluster: Cluster) -> None:
        pi = self._pi
        text = "Managed etcd cluster bootstrap already complete and initialized"
        await self._after(0.9, "info", text)
        member = self.member
        voter = member.voter if member else (True if cluster.datastore == "etcd" else None)
        if member is not None:
            member.silent_since = None
        pi.network.changed()
        while not cluster.has_quorum:
            version = pi.network.version
            self._say("info", "Waiting for etcd server to become available")
            await pi.network.change_after(version)
        await self._control_plane(cluster)
        self._up(cluster, voter=voter)
        if voter is False:
            await self._promote()
        await self._afterwards()

    async def _promote(self) -> None:
        await self._after(1.5, "info", f"Learner {self._pi.name} is in sync with the leader")
        await self._after(1.0, "info", f"Promoted learner {self._pi.name} to a voting member")
        if self.member is not None:
            self.member.voter = True
        self._pi.network.changed()

    async def _control_plane(self, cluster: Cluster) -> None:
        pi = self._pi
        url = f"https://{pi.address}:6443"
        lines = (
            (0.9, "Tunnel server egress proxy mode: agent"),
            (
                0.7,
                f"Running kube-apiserver --advertise-address={pi.address} --advertise-port=6443 "
                "--allow-privileged=true --authorization-mode=Node,RBAC --bind-address=127.0.0.1 "
                "--secure-port=6444 --service-cluster-ip-range=10.43.0.0/16",
            ),
            (0.1, "Running kube-scheduler --bind-address=127.0.0.1 --secure-port=10259"),
            (0.1, "Running kube-controller-manager --bind-address=127.0.0.1 --cluster-cidr=10.42.0.0/16"),
            (0.2, "Server node token is available at /var/lib/rancher/k3s/server/token"),
            (0.0, f"To join server node to cluster: k3s server -s {url} -t ${{SERVER_NODE_TOKEN}}"),
            (0.0, "Agent node token is available at /var/lib/rancher/k3s/server/agent-token"),
            (0.0, f"To join agent node to cluster: k3s agent -s {url} -t ${{AGENT_NODE_TOKEN}}"),
            (0.3, "Wrote kubeconfig /etc/rancher/k3s/k3s.yaml"),
            (0.0, "Run: k3s kubectl"),
        )
        for seconds, text in lines:
            await self._after(seconds, "info", text)
        self._need_cgroup()
        await self._containerd()
        await self._after(5.2, "info", "Kube API server is now running")
        if cluster.datastore == "etcd":
            await self._after(0.1, "info", "ETCD server is now running")
        await self._after(0.1, "info", "k3s is up and running")

    def _up(self, cluster: Cluster, voter: bool | None) -> None:
        self._register(cluster, server=True, voter=voter, ready_in=9.0)
        self.state, self.listening = "active", True
        self._pi.network.changed()

    async def _afterwards(self) -> None:
        name = self._pi.name
        await self._after(1.2, "info", "Starting k3s.cattle.io/v1, Kind=Addon controller")
        await self._after(0.8, "info", f"Control-plane role label has been set successfully on node: {name}")
        await self._networking()

    # -- an agent's life

    async def _work(self) -> None:
        pi = self._pi
        await self._after(0.8, "info", f"Starting k3s agent {self._version_text()}")
        url = self.url
        cluster = pi.cluster
        if cluster is None:
            cluster = await self._validate(url, self._token(read_config(pi.files)))
        where = url.removeprefix("https://")
        balancer = "k3s-agent-load-balancer"
        await self._after(0.6, "info", f"Adding server to load balancer {balancer}: {where}")
        text = f"Running load balancer {balancer} 127.0.0.1:6444 -> [{where}] [default: {where}]"
        await self._after(0.1, "info", text)
        self._need_cgroup()
        pi.cluster = cluster
        await self._containerd()
        await self._after(0.9, "info", "Getting list of apiserver endpoints from server")
        await self._after(0.5, "info", f"Connecting to proxy, url=wss://{where}/v1-k3s/connect")
        kubelet = "Running kubelet --config-dir=/var/lib/rancher/k3s/agent/etc/kubelet.conf.d"
        await self._after(0.4, "info", f"{kubelet} --hostname-override={pi.name}")
        await self._after(1.6, "info", "k3s agent is up and running")
        self._register(cluster, server=False, voter=None, ready_in=7.0)
        self.state = "active"
        pi.network.changed()
        await self._networking()

    # -- parts of both

    async def _containerd(self) -> None:
        await self._after(0.6, "info", "Module overlay was already loaded")
        await self._after(0.1, "info", "Module br_netfilter was already loaded")
        path = "/var/lib/rancher/k3s/agent/etc/containerd/config.toml"
        await self._after(0.5, "info", f"Running containerd -c {path}")
        await self._after(2.1, "info", "containerd is now running")

    async def _networking(self) -> None:
        await self._after(1.1, "info", "Starting flannel with backend vxlan")
        await self._after(0.9, "info", "Starting network policy controller, sync period: 1h0m0s")
        await self._after(0.7, "info", "Started kube-proxy")
        self._pi.network.changed()

    async def _validate(self, url: str, token: JoinToken) -> Cluster:
        """The cluster behind an address, once it and the token belong together."""
        found = _HOST.fullmatch(url)
        problem = f"failed to validate connection to cluster at {url}"
        if found is None:
            raise _Fatal(f"only https:// URLs are supported, invalid scheme: {url}")
        try:
            server = self._pi.reach_api(found[1])
        except Unreachable as failure:
            await self._pi.clock.sleep(failure.seconds)
            raise _Fatal(f"{problem}: failed to get CA certs: {failure}") from failure
        await self._pi.clock.sleep(0.5)
        cluster = server.cluster
        if cluster is None or not cluster.has_quorum:
            raise _Fatal(f"{problem}: 503 Service Unavailable")
        served = ca_hash(cluster.ca_pem)
        if token.ca_hash and token.ca_hash != served:
            mismatch = f"token CA hash does not match the Cluster CA certificate hash: {token.ca_hash}"
            raise _Fatal(f"starting kubernetes: preparing server: {mismatch} != {served}")
        if token.password.reveal() != cluster.password:
            raise _Fatal(f"{problem}: https://{found[1]}:6443/v1-k3s/server-bootstrap: 401 Unauthorized")
        return cluster

    def _need_cgroup(self) -> None:
        if not self._pi.cgroup_active:
            raise _Fatal("failed to find memory cgroup (v2)")

    def _token(self, config: Mapping[str, Value]) -> JoinToken:
        path = config.get("token-file")
        text = self._pi.files.get(path, "") if isinstance(path, str) else ""
        try:
            return parse_token(text, self._pi.name)
        except InvalidInput as error:
            raise _Fatal("failed to normalize server token: invalid token format") from error

    def _register(self, cluster: Cluster, *, server: bool, voter: bool | None, ready_in: float) -> Member:
        pi = self._pi
        labels = dict(label.split("=", 1) for label in self._labels(read_config(pi.files)))
        if server:
            labels["node-role.kubernetes.io/control-plane"] = "true"
            if voter is not None:
                labels["node-role.kubernetes.io/etcd"] = "true"
        version = pi.binary.version if pi.binary else ""
        ready_at = pi.clock.now() + ready_in
        cluster.members[pi.name] = Member(pi.name, pi.address, version, server, labels, voter, ready_at)
        return cluster.members[pi.name]

    @staticmethod
    def _labels(config: Mapping[str, Value]) -> list[str]:
        labels = config.get("node-label")
        return labels if isinstance(labels, list) else []

    def _read_names(self) -> None:
        pi = self._pi
        listed = read_config(pi.files).get("tls-san")
        own = ("kubernetes", "kubernetes.default", "localhost", "127.0.0.1", "10.43.0.1", pi.name, pi.address)
        self.names = tuple(dict.fromkeys((*own, *(listed if isinstance(listed, list) else ()))))

    def _version_text(self) -> str:
        version = self._pi.binary.version if self._pi.binary else ""
        return script.version_output(version).splitlines()[0].removeprefix("k3s version ")

    async def _after(self, seconds: float, level: str, message: str) -> None:
        await self._pi.clock.sleep(seconds * self._pi.slowness)
        self._say(level, message)
        # Whoever follows the journal may have pulled the plug: then this process ends here.
        await asyncio.sleep(0)

    def _say(self, level: str, message: str) -> None:
        line = script.journal_line(self._pi.clock.now(), level, message)
        if level in ("error", "fatal"):
            self.complaints.append(line)
        self._pi.journal(self.unit, line)


def _peer(name: str, address: str) -> str:
    """An etcd member as k3s names it."""
    return f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}=https://{address}:2380"


def read_config(files: Mapping[str, str]) -> dict[str, Value]:
    """k3s's configuration: config.yaml, then config.yaml.d in order; a later file replaces a key."""
    directory = "/etc/rancher/k3s/config.yaml"
    config: dict[str, Value] = {}
    for path in sorted(path for path in files if path == directory or path.startswith(f"{directory}.d/")):
        items: list[str] = []
        for line in files[path].splitlines():
            if line.startswith("  - "):
                items.append(_plain(line[4:]))
                continue
            key, _, value = line.partition(":")
            value = value.strip()
            if not value:
                items = []
                config[key] = items
            else:
                config[key] = value == "true" if value in ("true", "false") else _plain(value)
    return config


def _plain(text: str) -> str:
    text = text.strip()
    return str(json.loads(text)) if text.startswith('"') else text
