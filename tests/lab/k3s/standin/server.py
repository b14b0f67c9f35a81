"""`k3s server`: found a cluster, join one, or carry on with what is on the disk."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from . import files, jointoken, journal, machine, pki
from .api import ApiServer, certificate_names
from .client import Remote, RequestError, StatusError, fetch_ca
from .cluster import Cluster
from .config import Config, UsageError
from .controlplane import ControlPlane
from .jointoken import TokenError
from .kubelet import Kubelet, address_of
from .ports import OpenPorts
from .state import Store
from .timing import Timing
from .version import COMMIT, VERSION

KUBECONFIG = Path("/etc/rancher/k3s/k3s.yaml")
_PREPARING = "starting kubernetes: preparing server: "
_RUNTIME_DIRECTORIES = (
    Path("/run/k3s"),
    Path("/run/flannel"),
    Path("/var/lib/kubelet"),
    Path("/var/lib/cni"),
)


class Paths:
    """Where a server keeps its things."""

    def __init__(self, data_dir: Path) -> None:
        self.agent = data_dir / "agent"
        self.server = data_dir / "server"
        self.tls = self.server / "tls"
        self.database = self.server / "db"
        self.etcd = self.database / "etcd"
        self.sqlite = self.database / "state.db"
        self.snapshot = self.etcd / "member" / "snap" / "db"
        self.wal = self.etcd / "member" / "wal"
        self.member_name = self.etcd / "name"
        self.tombstone = self.etcd / "tombstone"
        self.token = self.server / "token"
        self.passwords = self.server / "cred" / "passwd"


class Server:
    """One run of `k3s server`."""

    def __init__(self, config: Config, timing: Timing) -> None:
        self.config = config
        self.timing = timing
        self.paths = Paths(config.data_dir)
        self.node_name = config.node_name
        self.ports = OpenPorts()
        self.address = ""
        self.password = ""
        self.agent_password = ""
        self._started = False

    def run(self) -> None:
        """From nothing to a running server, then keep house for ever."""
        journal.info(f"Starting k3s {VERSION} ({COMMIT})")
        try:
            self.address = address_of(self.config)
            given = self.config.token()
        except (machine.MachineError, UsageError) as failure:
            journal.fatal(str(failure))
        self._make_directories()
        embedded = self._uses_etcd()
        store = Store(self.paths.snapshot if embedded else self.paths.sqlite)
        initialized = self.paths.wal.is_dir() if embedded else self.paths.sqlite.exists()
        join_url = self.config.text("server")
        if embedded:
            self._bury()
            initialized = self.paths.wal.is_dir()
        if initialized:
            if embedded:
                journal.info("Managed etcd cluster bootstrap already complete and initialized")
            store.load()
            self._resume(given)
            self._write_tokens()
            member = self._member_name() if embedded else None
        elif embedded and join_url:
            member = self._member_name()
            self._join(store, join_url.rstrip("/"), given, member)
        else:
            member = self._member_name() if embedded else None
            self._found(store, given, embedded)
        control = self._control_plane(store, member)
        if member and not control.cluster.members():
            control.cluster.found()
        self._serve(control)

    # preparation

    def _make_directories(self) -> None:
        files.make_directory(self.paths.server.parent, 0o755)
        for directory in (self.paths.server, self.paths.tls, self.paths.database, self.paths.server / "cred"):
            files.make_directory(directory)
        files.make_directory(self.paths.agent, 0o755)
        if not self.config.switch("disable-agent"):
            for directory in _RUNTIME_DIRECTORIES:
                directory.mkdir(parents=True, exist_ok=True)

    def _uses_etcd(self) -> bool:
        if self.config.switch("cluster-init") or self.config.text("server"):
            return True
        return self.paths.wal.is_dir() or self.paths.tombstone.exists()

    def _bury(self) -> None:
        """A member that was removed starts afresh, its old data kept aside."""
        if self.paths.tombstone.exists():
            journal.info("tombstone file has been detected, removing data dir to rejoin the cluster")
            self.paths.etcd.rename(self.paths.database / f"etcd-old-{int(time.time())}")
        files.make_directory(self.paths.etcd)

    def _member_name(self) -> str:
        if not self.paths.member_name.exists():
            files.make_directory(self.paths.etcd)
            files.write(self.paths.member_name, f"{self.node_name}-{secrets.token_hex(4)}")
        return self.paths.member_name.read_text()

    def _mark_initialized(self) -> None:
        """From here on the data on the disk is what counts; so it must all be there before."""
        files.make_directory(self.paths.wal)
        files.write(self.paths.wal / f"{0:016x}-{0:016x}.wal", b"\0" * 64)

    def _found(self, store: Store, given: str, embedded: bool) -> None:
        """A new cluster; a password may be given, a full token cannot match a CA that does not exist."""
        try:
            wanted = jointoken.parse(given) if given else None
        except TokenError as failure:
            journal.fatal(_PREPARING + f"failed to normalize server token: {failure}")
        fresh = not (self.paths.tls / "server-ca.crt").exists()
        if fresh:
            pki.make_authorities(self.paths.tls)
        ca_hash = jointoken.hash_ca((self.paths.tls / "server-ca.crt").read_bytes())
        if wanted and wanted.ca_hash and wanted.ca_hash != ca_hash:
            if fresh:
                shutil.rmtree(self.paths.tls)
            journal.fatal(_PREPARING + _hash_mismatch(wanted.ca_hash, ca_hash))
        if wanted:
            self.password = wanted.password
        elif self.paths.passwords.exists():
            self.password = self._stored_passwords()[0]
        else:
            self.password = secrets.token_hex(16)
        self.agent_password = self.config.agent_token() or self.password
        self._write_tokens()
        if embedded:
            files.make_directory(self.paths.snapshot.parent)
            journal.info("Managed etcd cluster initializing")
            if self.paths.sqlite.exists():
                journal.info("Migrating content from sqlite to etcd")
                old = Store(self.paths.sqlite)
                old.load()
                store.merge(old.records())
            store.move(self.paths.snapshot)
            self._mark_initialized()
            if self.paths.sqlite.exists():
                self.paths.sqlite.rename(self.paths.database / "state.db.migrated")
        else:
            journal.info(
                "Configured sqlite3 database connection pooling: "
                "maxIdleConns=2, maxOpenConns=0, connMaxLifetime=0s"
            )
            journal.info("Configuring database table schema and indexes, this may take a moment...")
            store.move(self.paths.sqlite)
            journal.info("Database tables and indexes are up to date")
        if store.get("cluster/deployed") is None:
            store.put("cluster/deployed", {"disabled": self.config.items("disable"), "since": time.time()})

    def _resume(self, given: str) -> None:
        self.password, self.agent_password = self._stored_passwords()
        if not given:
            return
        try:
            password = jointoken.parse(given).password
        except TokenError as failure:
            journal.fatal(_PREPARING + f"failed to normalize server token: {failure}")
        if password != self.password:
            journal.fatal(_PREPARING + "bootstrap data already found and encrypted with different token")

    def _join(self, store: Store, url: str, given: str, member: str) -> None:
        if not given:
            journal.fatal(_PREPARING + "K3S_TOKEN is required to join a cluster")
        try:
            token = jointoken.parse(given)
        except TokenError as failure:
            journal.fatal(_PREPARING + str(failure))
        if not url.startswith("https://"):
            journal.fatal(_PREPARING + f"only https:// URLs are supported, invalid scheme: {url}")
        try:
            ca_pem = fetch_ca(url, resolver_mode=self.timing.resolver)
        except RequestError as failure:
            journal.fatal(_PREPARING + f"failed to validate connection to cluster at {url}: {failure}")
        ca_hash = jointoken.hash_ca(ca_pem)
        if not token.ca_hash:
            journal.warning(
                "Cluster CA certificate is not trusted by the host CA bundle, but the token does not include "
                "a CA hash. Use the full token from the server's node-token file to enable Cluster CA "
                "validation."
            )
        elif token.ca_hash != ca_hash:
            journal.fatal(_PREPARING + _hash_mismatch(token.ca_hash, ca_hash))
        journal.info("Managed etcd cluster not yet initialized")
        remote = Remote(
            url, ca_pem=ca_pem.decode(), user="server", password=token.password, resolver=self.timing.resolver
        )
        try:
            shared: dict[str, Any] = json.loads(remote.get("/v1-k3s/server-bootstrap"))
        except RequestError as failure:
            journal.fatal(_PREPARING + str(failure))
        self._compare(shared["critical"])
        pki.adopt(self.paths.tls, shared["tls"])
        self.password, self.agent_password = token.password, shared["agent_password"]
        self._write_tokens()
        time.sleep(self.timing.etcd_join)
        self._add_member(store, remote, member)

    def _compare(self, theirs: dict[str, Any]) -> None:
        ours = self.config.critical()
        differing = [name for name in ours if ours[name] != theirs.get(name)]
        if differing:
            detail = ", ".join(f"{name}: {ours[name]} != {theirs.get(name)}" for name in differing)
            journal.error(f"Configuration mismatch with the cluster: {detail}")
            journal.fatal(
                _PREPARING + "failed to validate server configuration: "
                "critical configuration value mismatch between servers"
            )

    def _add_member(self, store: Store, remote: Remote, member: str) -> None:
        try:
            present = json.loads(remote.get("/db/info"))["members"]
            names = [f"{each['name']}={each['peerURLs'][0]}" for each in present]
            journal.info(
                f"Adding member {member}=https://{self.address}:2380 to etcd cluster [{' '.join(names)}]"
            )
            request = {"name": member, "node": self.node_name, "address": self.address}
            records = remote.send("POST", "/v1-k3s/etcd/members", request)
        except StatusError as failure:
            if "duplicate node name" in failure.message:
                self.paths.member_name.unlink(missing_ok=True)
            journal.fatal(f"ETCD join failed: {failure.message}")
        except RequestError as failure:
            journal.fatal(f"ETCD join failed: {failure}")
        files.make_directory(self.paths.snapshot.parent)
        store.merge(records)
        self._mark_initialized()
        listed = " ".join([*names, f"{member}=https://{self.address}:2380"])
        journal.info(f"Starting etcd for cluster [{listed}]")

    # secrets on the disk

    def _stored_passwords(self) -> tuple[str, str]:
        rows = [line.rsplit(",", 3) for line in self.paths.passwords.read_text().splitlines()]
        known = {row[1]: row[0] for row in rows if len(row) > 1}
        return known["server"], known["node"]

    def _write_tokens(self) -> None:
        ca_pem = (self.paths.tls / "server-ca.crt").read_bytes()
        rows = f"{self.agent_password},node,node,k3s:agent\n{self.password},server,server,k3s:server\n"
        files.write(self.paths.passwords, rows)
        files.write(self.paths.token, jointoken.compose(ca_pem, self.password) + "\n")
        files.link(self.paths.server / "node-token", str(self.paths.token))
        agent_token = self.paths.server / "agent-token"
        if self.agent_password == self.password:
            files.link(agent_token, str(self.paths.token))
        else:
            agent_token.unlink(missing_ok=True)
            files.write(agent_token, jointoken.compose(ca_pem, self.agent_password, "node") + "\n")

    def _write_kubeconfig(self) -> None:
        target = Path(self.config.text("write-kubeconfig") or KUBECONFIG)
        pki.issue_client(self.paths.tls, "client-admin", "/O=system:masters/CN=system:admin")
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = int(self.config.text("write-kubeconfig-mode") or "600", 8)
        files.write(target, pki.kubeconfig(self.paths.tls), mode)
        journal.info(f"Wrote kubeconfig {target}")
        journal.info("Run: k3s kubectl")

    # running

    def _share(self) -> dict[str, Any]:
        return {
            "tls": pki.export(self.paths.tls),
            "agent_password": self.agent_password,
            "critical": self.config.critical(),
        }

    def _control_plane(self, store: Store, member: str | None) -> ControlPlane:
        ca_pem = (self.paths.tls / "server-ca.crt").read_text()
        cluster = Cluster(
            store,
            self.timing,
            password=self.password,
            ca_pem=ca_pem,
            member=member,
            node=self.node_name,
            address=self.address,
        )
        cluster.on_removed = self._removed
        return ControlPlane(
            config=self.config,
            timing=self.timing,
            store=store,
            cluster=cluster,
            tls=self.paths.tls,
            password=self.password,
            agent_password=self.agent_password,
            address=self.address,
            share=self._share,
        )

    def _removed(self) -> None:
        files.write(self.paths.tombstone, b"")
        journal.info("This node has been removed from the cluster - please restart k3s to rejoin the cluster")
        if not self._started:
            journal.fatal("etcd: the member has been permanently removed from the cluster")

    def _own_names(self) -> list[str]:
        return pki.default_names(self.node_name, self.address) + self.config.items("tls-san")

    def _serve(self, control: ControlPlane) -> None:
        names = certificate_names(control, self._own_names())
        pki.issue_server(self.paths.tls, names)
        pki.remember_names(self.paths.tls, names)
        try:
            api = ApiServer(control)
        except OSError as failure:
            journal.fatal(
                f"starting kubernetes: listen tcp 0.0.0.0:6443: bind: {(failure.strerror or '').lower()}"
            )
        api.start()
        if control.cluster.embedded_etcd:
            self.ports.open([(host, port) for host in ("127.0.0.1", self.address) for port in (2379, 2380)])
        time.sleep(self.timing.etcd_start)
        control.cluster.start()
        self._wait_for_datastore(control)
        services = ",".join(self.config.items("service-cidr")) or "10.43.0.0/16"
        journal.info(
            f"Running kube-apiserver --advertise-address={self.address} --advertise-port=6443 "
            "--allow-privileged=true --authorization-mode=Node,RBAC --bind-address=127.0.0.1 "
            f"--secure-port=6444 --service-cluster-ip-range={services}"
        )
        journal.info("Running kube-scheduler --authentication-kubeconfig=... --bind-address=127.0.0.1")
        journal.info("Running kube-controller-manager --allocate-node-cidrs=true --bind-address=127.0.0.1")
        self._write_kubeconfig()
        journal.info(f"Server node token is available at {self.paths.token}")
        url = f"https://{self.address}:6443"
        journal.info(f"To join server node to cluster: k3s server -s {url} -t ${{SERVER_NODE_TOKEN}}")
        journal.info(f"Agent node token is available at {self.paths.server / 'agent-token'}")
        journal.info(f"To join agent node to cluster: k3s agent -s {url} -t ${{AGENT_NODE_TOKEN}}")
        if not self.config.switch("disable-agent"):
            try:
                machine.check_memory_cgroup()
            except machine.MachineError as failure:
                journal.fatal(str(failure))
            journal.info("Waiting for cri connection: rpc error: code = Unavailable desc = connection error")
        time.sleep(self.timing.apiserver_start)
        control.up_since = time.monotonic()
        journal.info("Kube API server is now running")
        while not control.is_ready():
            time.sleep(0.1)
        journal.info(
            "ETCD server is now running" if control.cluster.embedded_etcd else "Datastore is now running"
        )
        journal.info("k3s is up and running")
        self._started = True
        journal.notify("READY=1")
        if not self.config.switch("disable-agent"):
            self._start_kubelet()
        self._keep_house(control, api)

    def _wait_for_datastore(self, control: ControlPlane) -> None:
        own = control.cluster.own()
        if own and own.address != self.address:
            found = " ".join(each.label for each in control.cluster.members())
            while True:
                journal.info(
                    "Failed to test data store connection: this server is a not a member of the etcd "
                    f"cluster. Found [{found}], expect: {own.name}=https://{self.address}:2380"
                )
                time.sleep(5)
        last = 0.0
        while not control.cluster.has_quorum():
            if time.monotonic() - last > 5:
                last = time.monotonic()
                journal.info(
                    "Failed to test etcd connection: failed to get etcd status: context deadline exceeded"
                )
                journal.info("Waiting for etcd server to become available")
            time.sleep(0.1)

    def _start_kubelet(self) -> None:
        ca_pem = (self.paths.tls / "server-ca.crt").read_text()
        self.ports.open([("0.0.0.0", 10250)])
        own = ["https://127.0.0.1:6443"]
        kubelet = Kubelet(self.config, self.timing, lambda: own, ca_pem, "node", self.agent_password, 6443)
        kubelet.start()

    def _keep_house(self, control: ControlPlane, api: ApiServer) -> None:
        """What k3s's controllers do now and then: promote, label, keep the certificate's names together."""
        threading.Thread(target=self._promote, args=(control,), daemon=True, name="promote").start()
        covered = certificate_names(control, self._own_names())
        labelled = False
        while True:
            if control.cluster.has_quorum():
                names = certificate_names(control, self._own_names())
                shared = control.store.get("cluster/serving-names")
                if shared is None or set(shared.value) != set(names):
                    control.store.put("cluster/serving-names", names)
                if names != covered:
                    pki.issue_server(self.paths.tls, names)
                    pki.remember_names(self.paths.tls, names)
                    api.load_certificate()
                    covered = names
                labelled = labelled or self._label(control)
            time.sleep(1.0 if not labelled else 2.0)

    def _label(self, control: ControlPlane) -> bool:
        """True once the node carries every role it will ever have."""
        if control.store.get(f"node/{self.node_name}") is None:
            return self.config.switch("disable-agent")
        own = control.cluster.own()
        control.label_own_node(self.node_name, voter=own is not None and not own.learner)
        done = own is None or not own.learner
        if done:
            journal.info(f"Control-plane role label has been set successfully on node: {self.node_name}")
        return done

    def _promote(self, control: ControlPlane) -> None:
        own = control.cluster.own()
        if own is None or not own.learner:
            return
        end = time.monotonic() + self.timing.learner
        while time.monotonic() < end or not control.cluster.has_quorum():
            time.sleep(0.2)
        control.cluster.promote()
        journal.info(f"Promoted learner {own.name} to a voting member")


def _hash_mismatch(theirs: str, ours: str) -> str:
    return f"token CA hash does not match the Cluster CA certificate hash: {theirs} != {ours}"
