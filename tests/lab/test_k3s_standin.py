"""The k3s that the lab's Pis install: formed by hand, as an operator would, and then mistreated."""

from __future__ import annotations

import base64
import json
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.k3s.build import build
from tests.lab.k3s.standin import config, jointoken, objects
from tests.lab.labtool import LabFactory, PiLab

FIRST, SECOND, THIRD, AGENT = (f"sugarkube{number}" for number in range(4))
TOKEN_FILE = "/root/join-token"
KUBELET = "/var/lib/rancher/k3s/agent/kubelet.kubeconfig"
WRONG_HASH = "0123456789abcdef" * 4


def wait_until(what: str, met: Callable[[], object], timeout: float = 60) -> None:
    """Look until a condition is met."""
    end = time.monotonic() + timeout
    while not met():
        assert time.monotonic() < end, f"{what}: not within {timeout} s"
        time.sleep(0.2)


class Operator:
    """Somebody with root on the Pis and the k3s files on a stick."""

    def __init__(self, lab: PiLab, release: Path) -> None:
        self.lab = lab
        self.release = release

    def address(self, name: str) -> str:
        return self.lab.address(name)

    def run(self, name: str, command: str, *, check: bool = True) -> str:
        return self.lab.root(name, command, check=check, timeout=60)

    def copy_release(self, name: str) -> None:
        for source, target in (("k3s", "/usr/local/bin/k3s"), ("install.sh", "/root/install.sh")):
            content = base64.b64encode((self.release / source).read_bytes()).decode()
            self.lab.root(name, f"base64 --decode > {target} && chmod 755 {target}", input=content)

    def install(self, name: str, *arguments: str, env: str = "") -> str:
        settings = f"INSTALL_K3S_SKIP_DOWNLOAD=true INSTALL_K3S_SKIP_START=true {env}"
        return self.run(name, f"{settings} sh /root/install.sh {shlex.join(arguments)} 2>&1")

    def start(self, name: str, unit: str = "k3s") -> None:
        self.run(name, f"systemctl start --no-block {unit}")

    def unit_state(self, name: str, unit: str = "k3s") -> str:
        return self.run(name, f"systemctl is-active {unit}", check=False).strip()

    def log(self, name: str, unit: str = "k3s") -> str:
        return self.run(name, f"journalctl --unit={unit} --output=cat --no-pager")

    def kubectl(self, name: str, command: str, *, check: bool = True) -> str:
        return self.run(name, f"k3s kubectl {command} 2>&1", check=check)

    def as_kubelet(self, name: str, command: str, *, check: bool = True) -> str:
        """kubectl with what every node has, not only a server."""
        return self.kubectl(name, f"--kubeconfig {KUBELET} {command}", check=check)

    def nodes(self, name: str) -> dict[str, Any]:
        text = self.run(name, "k3s kubectl get nodes -o json", check=False)
        return {each["metadata"]["name"]: each for each in json.loads(text)["items"]} if text else {}

    def ready(self, name: str) -> set[str]:
        return {node for node, shown in self.nodes(name).items() if objects.is_ready(shown)}

    def voters(self, name: str) -> set[str]:
        return {
            node for node, shown in self.nodes(name).items() if objects.ETCD in shown["metadata"]["labels"]
        }

    def answers(self, name: str) -> bool:
        return self.kubectl(name, "get --raw /readyz", check=False) == "ok"

    def token(self, name: str) -> str:
        return self.run(name, "cat /var/lib/rancher/k3s/server/node-token").strip()

    def status(self, client: str, path: str, server: str, *options: str) -> int:
        url = f"https://{self.address(server)}:6443{path}"
        shown = "curl --silent --insecure --output /dev/null --write-out '%{http_code}'"
        return int(self.run(client, f"{shown} {shlex.join(options)} {url}"))

    def try_to_join(self, name: str, token: str, *options: str) -> str:
        """Run a server in the foreground until it gives up; what it said last."""
        self.run(name, f"umask 077; cat > {TOKEN_FILE} <<'END'\n{token}\nEND")
        url = f"https://{self.address(FIRST)}:6443"
        arguments = shlex.join(["--server", url, "--token-file", TOKEN_FILE, *options])
        said = self.run(name, f"! timeout 30 k3s server {arguments} 2>&1")
        return said.splitlines()[-1]


@pytest.fixture(scope="module")
def operator(module_lab_factory: LabFactory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    release = tmp_path_factory.mktemp("release")
    build(release)
    lab = module_lab_factory(count=4, name="k3s", memory_cgroup=True)
    yield Operator(lab, release)


def test_first_server_founds_a_cluster(operator: Operator) -> None:
    for name in operator.lab.names:
        operator.copy_release(name)
    assert "k3s version v1.33.5+k3s1 (" in operator.run(FIRST, "k3s --version")
    said = operator.install(FIRST, "server", "--cluster-init", "--node-label", "sugarkube.env=dev")
    assert "[INFO]  systemd: Enabling k3s unit" in said
    assert "systemd: Starting" not in said
    operator.start(FIRST)
    wait_until("the unit is active", lambda: operator.unit_state(FIRST) == "active")
    wait_until("the node is Ready", lambda: operator.ready(FIRST) == {FIRST})
    wait_until("its role is etcd", lambda: operator.voters(FIRST) == {FIRST})
    assert re.fullmatch(r"K10[0-9a-f]{64}::server:[0-9a-f]{32}", operator.token(FIRST))
    assert operator.run(FIRST, "stat -c %a /var/lib/rancher/k3s/server/token").strip() == "600"
    assert "k3s is up and running" in operator.log(FIRST)
    assert operator.token(FIRST) not in operator.log(FIRST)
    assert operator.nodes(FIRST)[FIRST]["metadata"]["labels"]["sugarkube.env"] == "dev"


def test_anonymous_and_password_requests_are_answered_as_by_k3s(operator: Operator) -> None:
    password = jointoken.parse(operator.token(FIRST)).password
    expected = {"/ping": 200, "/cacerts": 200, "/": 301, "/readyz": 401, "/livez": 401, "/version": 401}
    expected |= {
        "/v1-k3s/readyz": 401,
        "/v1-k3s/config": 401,
        "/v1-k3s/server-bootstrap": 401,
        "/api/v1/nodes": 401,
    }
    assert {path: operator.status(AGENT, path, FIRST) for path in expected} == expected
    logins = {f"node:{password}": 200, "node:wrong": 401, f"server:{password}": 403, "server:wrong": 401}
    found = {who: operator.status(AGENT, "/v1-k3s/config", FIRST, "--user", who) for who in logins}
    assert found == logins


def test_token_hash_is_that_of_the_ca_served(operator: Operator) -> None:
    served = operator.run(AGENT, f"curl --silent --insecure https://{operator.address(FIRST)}:6443/cacerts")
    assert jointoken.parse(operator.token(FIRST)).ca_hash == jointoken.hash_ca(served.encode())


def test_joins_that_must_fail(operator: Operator) -> None:
    token = jointoken.parse(operator.token(FIRST))
    wrong = f"K10{WRONG_HASH}::server:{token.password}"
    prefix = "starting kubernetes: preparing server: "
    mismatch = "token CA hash does not match the Cluster CA certificate hash: "
    assert f'{prefix}{mismatch}{WRONG_HASH} != {token.ca_hash}"' in operator.try_to_join(SECOND, wrong)
    url = f"https://{operator.address(FIRST)}:6443/v1-k3s/server-bootstrap"
    assert f'{prefix}{url}: 401 Unauthorized"' in operator.try_to_join(SECOND, "a-wrong-password")
    differing = operator.try_to_join(SECOND, operator.token(FIRST), "--cluster-cidr", "10.99.0.0/16")
    assert "critical configuration value mismatch" in differing
    assert "flag provided but not defined: -nonsense" in operator.try_to_join(SECOND, "x", "--nonsense")
    elsewhere = operator.try_to_join(SECOND, "x", "--server", f"https://{FIRST}.local:6443")
    assert f"lookup {FIRST}.local: no such host" in elsewhere  # as mDNS is not for static programs
    refused = operator.try_to_join(SECOND, "x", "--server", f"https://{operator.address(THIRD)}:6443")
    assert f"dial tcp {operator.address(THIRD)}:6443: connect: connection refused" in refused


def test_servers_join_one_at_a_time(operator: Operator) -> None:
    settings = f"server: https://{operator.address(FIRST)}:6443\ntoken-file: {TOKEN_FILE}\n"
    for name in (SECOND, THIRD):
        operator.run(name, f"umask 077; cat > {TOKEN_FILE} <<'END'\n{operator.token(FIRST)}\nEND")
        operator.run(name, "mkdir -p /etc/rancher/k3s/config.yaml.d")
        operator.run(name, f"cat > /etc/rancher/k3s/config.yaml.d/10-join.yaml <<'END'\n{settings}END")
        operator.install(name, "server")
    operator.start(SECOND)
    wait_until("the second is a learner", lambda: "Adding member" in operator.log(SECOND))
    operator.start(THIRD)
    refusal = "etcdserver: too many learner members in cluster"
    wait_until("the third is refused", lambda: refusal in operator.log(THIRD))
    assert operator.voters(FIRST) == {FIRST}
    everybody = {FIRST, SECOND, THIRD}
    wait_until("all are voters", lambda: operator.voters(FIRST) == everybody)
    wait_until("all are Ready", lambda: all(operator.ready(name) == everybody for name in sorted(everybody)))
    assert operator.token(FIRST) == operator.token(SECOND) == operator.token(THIRD)


def test_agent_with_a_wrong_password_waits_for_ever(operator: Operator) -> None:
    operator.run(AGENT, f"umask 077; echo wrong > {TOKEN_FILE}")
    url = f"https://{operator.address(SECOND)}:6443"
    said = operator.install(AGENT, "agent", env=f"K3S_URL={url} K3S_TOKEN_FILE={TOKEN_FILE}")
    assert "/etc/systemd/system/k3s-agent.service.env" in said
    operator.start(AGENT, "k3s-agent")
    wait_until(
        "it is refused", lambda: "/v1-k3s/config: 401 Unauthorized" in operator.log(AGENT, "k3s-agent")
    )
    assert operator.unit_state(AGENT, "k3s-agent") == "activating"


def test_agent_joins(operator: Operator) -> None:
    operator.run(AGENT, f"cat > {TOKEN_FILE} <<'END'\n{operator.token(FIRST)}\nEND")
    operator.run(AGENT, "systemctl restart k3s-agent")
    assert operator.unit_state(AGENT, "k3s-agent") == "active"
    wait_until("it is Ready", lambda: AGENT in operator.ready(FIRST))
    labels = operator.nodes(FIRST)[AGENT]["metadata"]["labels"]
    assert not any(key.startswith("node-role.kubernetes.io/") for key in labels)


def test_node_has_a_certificate_of_its_own_for_the_api(operator: Operator) -> None:
    files = "/var/lib/rancher/k3s/agent/client-kubelet"
    for name, port in ((FIRST, 6443), (AGENT, 6444)):
        assert operator.run(name, f"stat -c %a {files}.crt {files}.key {KUBELET}").split() == ["600"] * 3
        assert f"server: https://127.0.0.1:{port}\n" in operator.run(name, f"cat {KUBELET}")
        subject = operator.run(name, f"openssl x509 -in {files}.crt -noout -subject -nameopt sep_comma_plus")
        assert subject.strip() == f"subject=O=system:nodes,CN=system:node:{name}"
        shown = json.loads(operator.as_kubelet(name, f"get node {name} -o json"))
        assert shown["metadata"]["name"] == name
        voting = [
            (each["status"], each["reason"])
            for each in shown["status"]["conditions"]
            if each["type"] == "EtcdIsVoter"
        ]
        assert voting == ([("True", "MemberNotLearner")] if name == FIRST else [])
    forbidden = (
        f'Error from server (Forbidden): nodes "{FIRST}" is forbidden: User "system:node:{AGENT}" cannot'
    )
    where = 'resource "nodes" in API group "" at the cluster scope'
    said = operator.as_kubelet(AGENT, f"delete node {FIRST}", check=False)
    assert said == f"{forbidden} delete {where}\n"
    said = operator.as_kubelet(AGENT, f"label node {FIRST} a=b", check=False)
    assert said.startswith(f"{forbidden} get {where}")
    said = operator.as_kubelet(AGENT, f"label node {AGENT} {objects.ETCD}=true", check=False)
    assert said.endswith(f": is not allowed to modify labels: {objects.ETCD}\n")
    password = jointoken.parse(operator.token(FIRST)).password
    asked = ("--user", f"node:{password}", "--header", f"K3s-Node-Name: {FIRST}")
    assert operator.status(AGENT, "/v1-k3s/client-kubelet.crt", FIRST, *asked) == 400
    stolen = (*asked, "--header", "K3s-Node-Password: another")
    assert operator.status(AGENT, "/v1-k3s/client-kubelet.crt", FIRST, *stolen) == 403

    operator.run(AGENT, f"mv {files}.key /root/key")
    said = operator.as_kubelet(AGENT, "get nodes", check=False)
    cause = (
        f"unable to read client-key {files}.key for user due to open {files}.key: no such file or directory"
    )
    assert said == f"error: invalid configuration: {cause}\n"
    operator.run(AGENT, f"mv /root/key {files}.key; systemctl stop k3s-agent")
    said = operator.as_kubelet(AGENT, "get nodes", check=False)
    refused = (
        "The connection to the server 127.0.0.1:6444 was refused - did you specify the right host or port?"
    )
    assert said == f"{refused}\n"
    said = operator.kubectl(AGENT, "--kubeconfig /nowhere get nodes", check=False)
    assert said == "error: stat /nowhere: no such file or directory\n"
    operator.run(AGENT, "systemctl start k3s-agent")
    wait_until("it is Ready", lambda: AGENT in operator.ready(FIRST))


def test_python_client_reads_the_nodes(operator: Operator, tmp_path: Path) -> None:
    kubeconfig = operator.run(FIRST, "cat /etc/rancher/k3s/k3s.yaml")
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig.replace("127.0.0.1", operator.address(THIRD)))
    script = (
        "import sys, kubernetes as k\n"
        "api = k.client.CoreV1Api(k.config.new_client_from_config(sys.argv[1]))\n"
        "for node in api.list_node().items:\n"
        "    ready = [each.status for each in node.status.conditions if each.type == 'Ready']\n"
        "    print(node.metadata.name, *ready, node.status.node_info.kubelet_version)\n"
    )
    done = operator.lab.exec([sys.executable, "-c", script, path], env={})
    lines = [f"sugarkube{number} True v1.33.5+k3s1" for number in range(4)]
    assert done.stdout.splitlines() == lines, done.stderr


def test_api_survives_the_loss_of_one_server_but_not_of_two(operator: Operator) -> None:
    operator.lab.off(SECOND)  # through which the agent joined
    wait_until("the loss is noticed", lambda: SECOND not in operator.ready(FIRST))
    assert operator.answers(FIRST)
    assert operator.answers(THIRD)
    assert AGENT in operator.ready(FIRST), "the agent found another server"
    assert operator.as_kubelet(AGENT, f"get node {AGENT} -o name") == f"node/{AGENT}\n"
    operator.lab.off(THIRD)
    wait_until("the quorum is lost", lambda: not operator.answers(FIRST))
    assert "etcdserver: no leader" in operator.kubectl(FIRST, "get nodes", check=False)
    operator.lab.on(THIRD)
    wait_until("the quorum is back", lambda: operator.answers(FIRST))
    operator.lab.on(SECOND)
    wait_until("all are Ready", lambda: operator.ready(FIRST) == set(operator.lab.names))


def test_cluster_survives_a_power_cut_of_everything(operator: Operator) -> None:
    token = operator.token(FIRST)
    for name in operator.lab.names:
        operator.lab.off(name)
    for name in operator.lab.names:
        operator.lab.on(name, wait=False)
    operator.lab.wait(boots=2)
    boots = {name: operator.lab.boot_id(name) for name in operator.lab.names}

    def all_back() -> bool:
        nodes = operator.nodes(FIRST)
        return {name: shown["status"]["nodeInfo"]["bootID"] for name, shown in nodes.items()} == boots

    wait_until("all report their new boot", all_back)
    wait_until("all are Ready", lambda: operator.ready(FIRST) == set(operator.lab.names))
    assert operator.token(FIRST) == token


def test_wiped_server_cannot_return_until_its_node_is_deleted(operator: Operator) -> None:
    operator.run(THIRD, "cp /usr/local/bin/k3s /root/k3s; /usr/local/bin/k3s-uninstall.sh >/dev/null 2>&1")
    left = "ls -d /var/lib/rancher/k3s /etc/rancher/k3s /var/lib/kubelet /run/k3s /etc/systemd/system/k3s* "
    left += "/usr/local/bin/* 2>/dev/null"
    assert operator.run(THIRD, left, check=False) == ""
    assert operator.run(THIRD, "ss -Hltn '( sport = :6443 or sport = :2379 or sport = :10250 )'") == ""
    operator.run(THIRD, "cp /root/k3s /usr/local/bin/k3s")
    token = operator.token(FIRST)
    assert "ETCD join failed: duplicate node name found" in operator.try_to_join(THIRD, token)
    assert f'node "{THIRD}" deleted' in operator.kubectl(FIRST, f"delete node {THIRD}")
    url = f"https://{operator.address(FIRST)}:6443"
    operator.install(THIRD, "server", "--server", url, "--token-file", TOKEN_FILE)
    operator.start(THIRD)
    wait_until("it is a voter again", lambda: THIRD in operator.voters(FIRST))
    wait_until("it is Ready again", lambda: THIRD in operator.ready(FIRST))


def test_stolen_name_is_rejected(operator: Operator) -> None:
    operator.run(AGENT, "/usr/local/bin/k3s-killall.sh >/dev/null 2>&1; rm -r /etc/rancher/node")
    operator.start(AGENT, "k3s-agent")
    wait_until("it is rejected", lambda: "Node password rejected" in operator.log(AGENT, "k3s-agent"))
    operator.run(
        AGENT, "cp /usr/local/bin/k3s /root/k3s; /usr/local/bin/k3s-agent-uninstall.sh >/dev/null 2>&1"
    )
    assert operator.run(AGENT, "ls /usr/local/bin") == ""


def test_server_on_sqlite_takes_no_others_until_converted(operator: Operator) -> None:
    operator.run(AGENT, "cp /root/k3s /usr/local/bin/k3s")
    said = operator.install(AGENT, "server", "--disable", "traefik")
    assert "k3s.service" in said
    operator.start(AGENT)
    wait_until("it is Ready", lambda: operator.ready(AGENT) == {AGENT})
    assert operator.run(AGENT, "ls /var/lib/rancher/k3s/server/db") == "state.db\n"
    assert operator.voters(AGENT) == set()
    join = f"k3s server --server https://{operator.address(AGENT)}:6443 --token {operator.token(AGENT)}"
    operator.run(THIRD, "/usr/local/bin/k3s-uninstall.sh >/dev/null 2>&1; cp /root/k3s /usr/local/bin/k3s")
    said = operator.run(THIRD, f"! timeout 30 {join} 2>&1")
    assert "/v1-k3s/server-bootstrap: 400 Bad Request" in said
    operator.install(AGENT, "server", "--cluster-init", "--disable", "traefik")
    operator.run(AGENT, "systemctl restart k3s")
    wait_until("it uses etcd", lambda: operator.voters(AGENT) == {AGENT})
    assert "etcd" in operator.run(AGENT, "ls /var/lib/rancher/k3s/server/db")


def test_without_the_memory_controller_nothing_starts(lab_factory: LabFactory, k3s_dir: Path) -> None:
    operator = Operator(lab_factory(count=1, name="k3s-bare", memory_cgroup=False), k3s_dir)
    operator.copy_release(FIRST)
    said = operator.install(FIRST, "server")
    assert "Failed to find memory cgroup" in said
    operator.start(FIRST)
    wait_until("it gives up", lambda: "failed to find memory cgroup (v2)" in operator.log(FIRST))
    wait_until("systemd tries again", lambda: operator.log(FIRST).count("Starting k3s v") > 1)


def test_installer_downloads_verifies_and_leaves_alone_what_is_right(
    lab_factory: LabFactory, tmp_path: Path
) -> None:
    build(tmp_path)
    good = (tmp_path / "k3s").read_bytes()
    (tmp_path / "k3s").write_bytes(good + b"tampered with")
    lab = lab_factory(count=1, name="k3s-web", memory_cgroup=True, web=tmp_path)

    def install(settings: str, arguments: str = "") -> str:
        command = f"curl -sfL https://get.k3s.io | {settings} sh -s - {arguments} 2>&1"
        return lab.ssh(FIRST, command, check=False, timeout=60)

    said = install("K3S_URL=https://10.77.0.99:6443")
    assert "[ERROR]  Defaulted k3s exec command to 'agent' because K3S_URL is defined" in said
    said = install("INSTALL_K3S_SKIP_START=true")
    assert "[INFO]  Finding release for channel stable\n[INFO]  Using v1.33.5+k3s1 as release" in said
    assert re.search(r"\[ERROR\]  Download sha256 does not match [0-9a-f]{64}, got [0-9a-f]{64}", said)
    assert lab.ssh(FIRST, "ls /usr/local/bin") == ""
    (tmp_path / "k3s").write_bytes(good)

    flags = "--etcd-snapshot-name 'it is \"so\"' --disable traefik"
    settings = "INSTALL_K3S_VERSION=v1.33.5+k3s1 INSTALL_K3S_EXEC='server --tls-san=a.lan' K3S_TOKEN=\"it's\""
    said = install(settings, flags)
    assert "[INFO]  systemd: Starting k3s" in said
    assert lab.ssh(FIRST, "systemctl is-active k3s") == "active\n"
    unit = lab.ssh(FIRST, "cat /etc/systemd/system/k3s.service")
    assert (
        "k3s \\\n    server \\\n\t'--tls-san=a.lan' \\\n\t'--etcd-snapshot-name' \\\n\t'it is \"so\"'" in unit
    )
    assert lab.root(FIRST, "stat -c %a /etc/systemd/system/k3s.service.env") == "600\n"
    assert lab.root(FIRST, "cat /var/lib/rancher/k3s/server/token").strip().endswith("::server:it's")
    started = lab.ssh(FIRST, "systemctl show k3s --property MainPID")
    said = install(settings, flags)
    assert "[INFO]  Skipping binary downloaded, installed k3s matches hash" in said
    assert said.endswith("[INFO]  No change detected so skipping service start\n")
    assert lab.ssh(FIRST, "systemctl show k3s --property MainPID") == started
    assert "[INFO]  systemd: Starting k3s" in install(settings, "--disable servicelb")
    assert lab.ssh(FIRST, "systemctl show k3s --property MainPID") != started


def test_files_come_before_the_command_line(tmp_path: Path) -> None:
    main = tmp_path / "config.yaml"
    main.write_text("tls-san: [one]\nnode-name: file\nwrite-kubeconfig-mode: '0644'\n")
    drop_ins = tmp_path / "config.yaml.d"
    drop_ins.mkdir()
    (drop_ins / "10-a.yaml").write_text("tls-san+: [two]\ntoken: early\n")
    (drop_ins / "20-b.yaml").write_text("token: late\nnode-label: [a=b]\ncluster-init: true\nsurprise: 1\n")
    arguments = ["--config", str(main), "--node-name=Line", "--tls-san", "three,four", "--node-label=c=d"]
    chosen = config.load("server", arguments, {"K3S_TOKEN": "environment"})
    assert chosen.items("tls-san") == ["one", "two", "three", "four"]
    assert chosen.items("node-label") == ["a=b", "c=d"]
    assert (chosen.node_name, chosen.token(), chosen.switch("cluster-init")) == ("line", "late", True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "token must not be empty"),
        ("K10abc::server:secret", "invalid token CA hash length"),
        (f"K10{WRONG_HASH}::server", "invalid token format"),
    ],
)
def test_mangled_tokens_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(jointoken.TokenError, match=complaint):
        jointoken.parse(text)


def test_builds_are_alike_to_the_byte_and_versions_differ(tmp_path: Path) -> None:
    for name, version in (("a", "v1.33.5+k3s1"), ("b", "v1.33.5+k3s1"), ("c", "v1.33.4+k3s1")):
        build(tmp_path / name, version=version)
    sums = {name: (tmp_path / name / "sha256sum-amd64.txt").read_text() for name in "abc"}
    assert sums["a"] == sums["b"] != sums["c"]
    assert (tmp_path / "c" / "k3s").read_bytes()[:4] == b"\x7fELF"
    assert (tmp_path / "c" / "VERSION").read_text() == "v1.33.4+k3s1\n"
