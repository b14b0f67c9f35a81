"""Three servers and an agent, from fresh Pis, by one command; and the same command again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.forming import (
    Told,
    is_ready,
    is_server,
    kubernetes_nodes,
    plan,
    texts_below,
    token,
    up,
    watching_arguments,
)
from tests.lab.labtool import LabFactory, PiLab

SERVERS = ("sugarkube0", "sugarkube1", "sugarkube2")
AGENT = "sugarkube3"


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory, k3s_dir: Path) -> PiLab:
    return module_lab_factory(4, name="first", web=k3s_dir)


@pytest.fixture(scope="module")
def formed(lab: PiLab) -> tuple[Told, set[str]]:
    with watching_arguments() as arguments:
        told = up(lab, "dev", "--servers", "3")
    return told, arguments


def test_it_ends_well(formed: tuple[Told, set[str]]) -> None:
    told, _ = formed
    assert told.status == 0, told.text
    assert {event["node"]: event["result"] for event in told.of("node_finished")} == dict.fromkeys(
        (*SERVERS, AGENT), "changed"
    )


def test_kubernetes_lists_three_ready_servers_and_a_ready_agent(
    lab: PiLab, formed: tuple[Told, set[str]]
) -> None:
    for server in SERVERS:
        nodes = kubernetes_nodes(lab, server)
        assert sorted(nodes) == [*SERVERS, AGENT]
        assert all(is_ready(node) for node in nodes.values())
        assert {name for name, node in nodes.items() if is_server(node)} == set(SERVERS)
        labels = nodes[AGENT]["metadata"]["labels"]
        assert (labels["sugarkube.cluster"], labels["sugarkube.env"]) == ("sugar", "dev")


def test_k3s_starts_at_boot_everywhere(lab: PiLab, formed: tuple[Told, set[str]]) -> None:
    for name in SERVERS:
        assert lab.root(name, "systemctl is-enabled k3s").strip() == "enabled"
    assert lab.root(AGENT, "systemctl is-enabled k3s-agent").strip() == "enabled"


def test_every_pi_was_restarted_exactly_once(lab: PiLab, formed: tuple[Told, set[str]]) -> None:
    told, _ = formed
    assert {status.name: status.boots for status in lab.statuses()} == dict.fromkeys((*SERVERS, AGENT), 2)
    assert {event["node"]: event["reboots"] for event in told.of("node_finished")} == dict.fromkeys(
        (*SERVERS, AGENT), 1
    )


def test_the_token_is_in_no_argument_event_log_or_file_for_others(
    lab: PiLab, formed: tuple[Told, set[str]]
) -> None:
    told, arguments = formed
    secret = token(lab, "sugarkube0")
    password = secret.rsplit(":", 1)[1]
    assert len(arguments) > 100
    assert any("sh -c" in argument for argument in arguments)  # the Pis' processes are among them
    for text in (*arguments, told.text, texts_below(lab.home), plan(lab, "dev", "--servers", "3").stdout):
        assert password not in text
    for name in (*SERVERS, AGENT):
        readable = lab.root(
            name, f"grep -rlF {password} /etc /run /tmp /var/log 2>/dev/null | xargs -r stat -c '%a %n'"
        )
        assert all(line.startswith("600 ") for line in readable.splitlines()), readable
        assert password not in lab.journal(name)


def test_servers_joined_one_at_a_time_and_the_agent_last(formed: tuple[Told, set[str]]) -> None:
    told, _ = formed

    def span(node: str) -> tuple[float, float]:
        [began] = [e["at"] for e in told.of("step_started", node) if e["step"] == "gates"]
        [ended] = [e["at"] for e in told.of("node_finished", node)]
        return began, ended

    one, other = sorted(span(name) for name in SERVERS[1:])
    [token_read] = [e["at"] for e in told.of("step_finished", "sugarkube0") if e["step"] == "token"]
    assert token_read <= one[0]
    assert one[1] <= other[0]
    assert other[1] <= span(AGENT)[0]


def test_little_of_the_time_is_our_own(formed: tuple[Told, set[str]]) -> None:
    told, _ = formed
    for event in told.of("node_finished"):
        assert event["spent"]["our own overhead"] < 0.1 * event["at"], event


def test_the_cluster_is_proved(formed: tuple[Told, set[str]]) -> None:
    told, _ = formed
    [proof] = told.of("proof")
    assert proof["ok"]
    assert sorted(proof["servers"]) == [f"{name}.local" for name in SERVERS]
    checks = told.of("check")
    assert len(checks) == 3 * 10
    assert all(check["held"] == "yes" and check["ms"] is not None for check in checks)


def test_the_same_command_again_changes_nothing(lab: PiLab, formed: tuple[Told, set[str]]) -> None:
    again = up(lab, "dev", "--servers", "3")
    assert again.status == 0, again.text
    assert again.actions == []
    assert plan(lab, "dev", "--servers", "3", "--check").returncode == 0
    assert {status.boots for status in lab.statuses()} == {2}


def test_verify_notices_a_server_that_lost_its_power(lab: PiLab, formed: tuple[Told, set[str]]) -> None:
    options = ("--identity", lab.identity_file)
    good = lab.product("verify", "dev", *options)
    assert good.returncode == 0, good.stdout
    lab.off("sugarkube2")
    bad = lab.product("verify", "dev", *options, "--servers", "3")
    assert bad.returncode == 1
    assert "sugarkube2.local" in bad.stdout
    assert "not heard" in bad.stdout
    lab.on("sugarkube2")
