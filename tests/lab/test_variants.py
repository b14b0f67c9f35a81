"""One server with agents, a registration address, a second environment, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.forming import hosts, is_ready, is_server, kubernetes_nodes, login, plan, up
from tests.lab.labtool import PI_PASSWORD, LabFactory, PiLab

DEV = ("sugarkube0", "sugarkube1", "sugarkube2")
INT = ("sugarkube3",)
ADDRESS = "10.77.0.50"


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory, k3s_dir: Path) -> PiLab:
    """`sugar/dev` with one server, two agents and a registration address; a fourth Pi is fresh."""
    lab = module_lab_factory(4, name="variants", web=k3s_dir, memory_cgroup=True)
    lab.root("sugarkube0", f"ip address add {ADDRESS}/24 dev eth0")
    told = up(lab, "dev", "--servers", "1", "--registration-address", ADDRESS, nodes=DEV)
    assert told.status == 0, told.text
    return lab


def state(lab: PiLab, name: str) -> str:
    """All that this program could have changed on a node."""
    return lab.root(
        name,
        "sha256sum /etc/nsswitch.conf /boot/firmware/cmdline.txt /etc/avahi/services/* "
        "/etc/systemd/system/k3s* $(find /etc/rancher -type f) 2>/dev/null; "
        "cat /proc/sys/kernel/random/boot_id; "
        "systemctl show -p ActiveEnterTimestampMonotonic,NRestarts k3s k3s-agent; "
        "dpkg-query -W | sha256sum",
        check=False,
    )


def test_one_server_on_sqlite_and_two_agents(lab: PiLab) -> None:
    nodes = kubernetes_nodes(lab, "sugarkube0")
    assert sorted(nodes) == list(DEV)
    assert all(is_ready(node) for node in nodes.values())
    assert [name for name in DEV if is_server(nodes[name])] == ["sugarkube0"]
    assert lab.root("sugarkube0", "ls /var/lib/rancher/k3s/server/db").split()[0].startswith("state.db")


def test_agents_join_through_the_registration_address(lab: PiLab) -> None:
    for name in DEV[1:]:
        unit = lab.root(name, "cat /etc/systemd/system/k3s-agent.service.env")
        assert f"K3S_URL='https://{ADDRESS}:6443'" in unit or f"K3S_URL=https://{ADDRESS}:6443" in unit
    assert f'"{ADDRESS}"' in lab.root(
        "sugarkube0", "cat /etc/rancher/k3s/config.yaml.d/10-sugarkube-tls.yaml"
    )
    proof = lab.product("verify", "dev", "--registration-address", ADDRESS, "--identity", lab.identity_file)
    assert proof.returncode == 0, proof.stdout
    assert f"covers sugarkube0.local, {ADDRESS}" in proof.stdout


def test_a_registration_address_that_serves_nothing_is_told_from_the_joining_node(lab: PiLab) -> None:
    told = up(
        lab,
        "dev",
        "--servers",
        "1",
        "--registration-address",
        "10.77.0.51",
        nodes=("sugarkube0", "sugarkube3"),
    )
    assert told.status == 1
    [evidence] = [event["evidence"] for event in told.of("node_finished", "sugarkube3")]
    assert "10.77.0.51 does not answer from here" in evidence["what"]
    assert evidence["remedy"]
    lab.root("sugarkube3", "/usr/local/bin/k3s-agent-uninstall.sh")


def test_a_second_environment_lives_beside_the_first(lab: PiLab) -> None:
    before = {name: state(lab, name) for name in DEV}
    told = up(lab, "int", "--servers", "1", nodes=INT)
    assert told.status == 0, told.text
    assert list(kubernetes_nodes(lab, "sugarkube3")) == ["sugarkube3"]
    assert {name: state(lab, name) for name in DEV} == before
    for environment in ("dev", "int"):
        proof = lab.product("verify", environment, "--identity", lab.identity_file)
        assert proof.returncode == 0, proof.stdout


def test_a_node_of_another_cluster_is_refused_and_left_alone(lab: PiLab) -> None:
    before = {name: state(lab, name) for name in (*DEV, *INT)}
    told = up(lab, "dev", "--servers", "1", nodes=("sugarkube0", "sugarkube3"))
    assert told.status == 1
    assert "belongs to sugar/int, not to sugar/dev" in told.text
    assert "uninstall.sh" in told.text
    assert told.actions == []
    assert {name: state(lab, name) for name in (*DEV, *INT)} == before


def test_a_second_bootstrap_is_refused(lab: PiLab, lab_factory: LabFactory) -> None:
    """Without its server among the chosen nodes and without its token, a live cluster is not joined, and
    no other is founded beside it."""
    lab.root("sugarkube2", "/usr/local/bin/k3s-agent-uninstall.sh")
    done = plan(lab, "dev", "--servers", "1", nodes=("sugarkube2",))
    assert done.returncode == 1
    assert "joining sugar/dev needs its token" in done.stdout
    assert "SUGARKUBE_TOKEN_DEV" in done.stdout


def test_a_token_from_a_variable_joins_where_no_server_can_be_logged_in_to(lab: PiLab) -> None:
    token = lab.root("sugarkube0", "cat /var/lib/rancher/k3s/server/token").strip()
    wrong = token[:3] + "0" * 64 + token[67:]
    refused = up(lab, "dev", nodes=("sugarkube2",), env={"SUGARKUBE_TOKEN_DEV": wrong})
    assert refused.status == 1
    assert "is not for sugar/dev" in refused.text
    stale = token[:-4] + "beef"
    refused = up(lab, "dev", nodes=("sugarkube2",), env={"SUGARKUBE_TOKEN_DEV": stale})
    assert refused.status == 1
    assert "refuses the token from SUGARKUBE_TOKEN_DEV" in refused.text
    joined = up(lab, "dev", nodes=("sugarkube2",), env={"SUGARKUBE_TOKEN_DEV": token})
    assert joined.status in (0, 1), joined.text  # the proof needs a login to a server
    assert joined.result("sugarkube2") == "changed"
    assert is_ready(kubernetes_nodes(lab, "sugarkube0")["sugarkube2"])
    assert token.rsplit(":", 1)[1] not in refused.text + joined.text


@pytest.fixture(scope="module")
def closed(module_lab_factory: LabFactory) -> PiLab:
    """Two Pis whose sudo wants a password."""
    return module_lab_factory(2, name="access", sudo_password=True)


class TestAccess:
    def plan(self, lab: PiLab, *options: str | Path, text: str | None = None) -> tuple[int, str]:
        done = lab.product("plan", "dev", *hosts(lab), *options, input=text)
        return done.returncode, done.stdout + done.stderr

    def test_a_wrong_user_is_told_what_was_tried(self, closed: PiLab) -> None:
        status, text = self.plan(closed, "--user", "nobody", "--identity", closed.identity_file)
        assert status == 1
        assert "→" in text

    def test_sudo_without_its_password_is_told_how_to_give_it(self, closed: PiLab) -> None:
        status, text = self.plan(closed, *login(closed))
        assert status == 1
        assert "--ask-sudo-password" in text

    def test_a_wrong_sudo_password_is_sent_once(self, closed: PiLab) -> None:
        status, text = self.plan(closed, *login(closed), "--ask-sudo-password", text="wrong-password\n")
        assert status == 1
        assert "wrong-password" not in text
        assert closed.journal("sugarkube0").count("authentication failure") == 1

    def test_password_login_and_sudo_work_with_one_password(self, closed: PiLab) -> None:
        status, text = self.plan(closed, "--user", "pi", "--ask-password", text=f"{PI_PASSWORD}\n")
        assert status == 0, text
        assert PI_PASSWORD not in text

    def test_a_changed_host_key_is_refused_with_both_fingerprints(self, closed: PiLab) -> None:
        closed.root(
            "sugarkube1",
            "rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh",
        )
        status, text = self.plan(closed, *login(closed), "--ask-sudo-password", text=f"{PI_PASSWORD}\n")
        assert status == 1
        assert text.count("SHA256:") >= 2
        assert "known_hosts" in text

    def test_a_host_that_is_not_there(self, closed: PiLab) -> None:
        done = closed.product("plan", "dev", "--host", "10.77.0.99", *login(closed))
        assert done.returncode == 1
        assert "10.77.0.99" in done.stdout


def test_cards_cloned_with_one_name_are_refused(lab_factory: LabFactory) -> None:
    lab = lab_factory(2, name="clones", hostname="raspberrypi")
    done = plan(lab, "dev", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    problems = [p["what"] for node in told["nodes"] for step in node["steps"] for p in step["problems"]]
    assert sum("the same host name" in what for what in problems) == 2


def test_a_wrong_clock_warns_or_stops(lab_factory: LabFactory) -> None:
    lab = lab_factory(1, name="clock", memory_cgroup=True)
    lab.clock("sugarkube0", 4)
    lab.root(
        "sugarkube0",
        "for second in $(seq 30); do "
        "chronyc -c tracking | awk -F, '{exit !($5 > 1 || $5 < -1)}' && exit; sleep 1; done; exit 1",
        timeout=40,
    )
    warned = plan(lab, "dev")
    assert warned.returncode == 0
    assert "the clock is off" in warned.stdout
    command = ("plan", "dev", *hosts(lab), *login(lab))
    strict = lab.product(*command, env={"SUGARKUBE_STRICT_TIME": "1"})
    assert strict.returncode == 1
    assert "✖ the clock is off" in strict.stdout
