"""The command line, on the simulated LAN: what it prints, and its exit status."""

from __future__ import annotations

import json

import pytest

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.inputs import parse_host
from sugarkube_tui.cli.main import main
from sugarkube_tui.cluster.errors import InvalidInput

FOUR = [word for number in range(4) for word in ("--host", f"sugarkube{number}.local")]


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    """Nothing of the caller's: no variables, no home."""
    for name in ("SUGARKUBE_ENV", "SUGARKUBE_CLUSTER", "SUGARKUBE_SERVERS", "SUGARKUBE_TOKEN", "K3S_CHANNEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SUGARKUBE_DEMO_SPEED", "inf")
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))


def run(capsys, *words):
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_scan_lists_hosts_and_adverts(capsys):
    status, out, _ = run(capsys, "scan", "--demo")
    assert status == exit_codes.OK
    assert "sugarkube0" in out
    assert "sugar/prod  sugarkube7.local:6443  server" in out


def test_scan_as_json_has_a_host_per_line(capsys):
    _, out, _ = run(capsys, "scan", "--demo", "--json")
    hosts = [json.loads(line) for line in out.splitlines()]
    assert {host["event"] for host in hosts} == {"host"}
    assert all(host["evidence"] for host in hosts)


def test_plan_shows_every_change_and_changes_nothing(capsys):
    status, out, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--servers", "3")
    assert status == exit_codes.OK
    assert "sugarkube0: first server" in out
    assert "cgroup_memory=1 cgroup_enable=memory" in out
    assert "INSTALL_K3S_VERSION=v1.33.5+k3s1" in out
    assert "4 reboots" in out


def test_plan_says_which_choices_variables_made(capsys, monkeypatch):
    monkeypatch.setenv("SUGARKUBE_SERVERS", "3")
    monkeypatch.setenv("SUGARKUBE_ENV", "prod")
    monkeypatch.setenv("K3S_CHANNEL", "latest")
    _, out, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--channel", "stable")
    assert "servers: from SUGARKUBE_SERVERS=3" in out
    assert "K3S_CHANNEL" not in out
    assert "SUGARKUBE_ENV" not in out


def test_plan_check_says_by_its_status_that_something_would_change(capsys):
    status, _, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--check")
    assert status == exit_codes.WOULD_CHANGE


def test_plan_as_json_is_one_object(capsys):
    _, out, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--json")
    plan = json.loads(out)
    assert [node["node"] for node in plan["nodes"]] == [f"sugarkube{number}" for number in range(4)]
    assert plan["version"] == "v1.33.5+k3s1"


def test_up_forms_and_proves_a_cluster(capsys):
    status, out, _ = run(capsys, "up", "dev", "--demo", *FOUR, "--servers", "3", "--yes")
    assert status == exit_codes.OK
    assert "3 servers and 1 agent are Ready" in out
    assert "✔ proved: sugar/dev, 3 of 3 servers heard" in out
    assert "our own overhead" in out


def test_up_as_json_tells_one_event_per_line(capsys):
    status, out, _ = run(capsys, "up", "dev", "--demo", *FOUR, "--yes", "--json")
    assert status == exit_codes.OK
    kinds = [json.loads(line)["event"] for line in out.splitlines()]
    assert {"run_started", "step_finished", "node_finished", "run_finished", "check"} <= set(kinds)
    assert kinds[-1] == "proof"


def test_up_without_a_terminal_wants_consent(capsys):
    status, _, err = run(capsys, "up", "dev", "--demo", *FOUR)
    assert status == exit_codes.USAGE
    assert "--yes" in err


def test_verify_proves_the_live_cluster(capsys):
    status, out, _ = run(capsys, "verify", "prod", "--demo")
    assert status == exit_codes.OK
    assert "sugarkube7.local" in out


def test_verify_of_what_is_not_there_fails(capsys):
    status, out, _ = run(capsys, "verify", "dev", "--demo")
    assert status == exit_codes.FAILED
    assert "no server advertises sugar/dev" in out


def test_verify_counts_the_servers_that_there_must_be(capsys):
    status, _, err = run(capsys, "verify", "prod", "--demo", "--servers", "3")
    assert status == exit_codes.FAILED
    assert "1 of 3 servers" in err


def test_the_wizard_needs_a_terminal(capsys):
    status, _, err = run(capsys, "--demo")
    assert status == exit_codes.USAGE
    assert "--help" in err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["plan", "de v", *FOUR], "cannot be an environment's name"),
        (["plan", "dev", *FOUR, "--servers", "many"], "no number of servers"),
        (
            ["plan", "dev", *FOUR, "--registration-address", "https://vip"],
            "neither an IP address nor a DNS name",
        ),
        (["plan", "dev", *FOUR, "--channel", "a b"], "neither a k3s channel nor a version"),
        (["plan", "dev", *FOUR, "--airgap", "/nowhere"], "there is no install.sh"),
        (["plan", "dev", *FOUR, "--identity", "/nowhere"], "no such key file"),
        (["plan", "dev", "--host", "a host"], "is no host"),
        (["plan", "dev", "--host", "sugarkube0", "--host", "sugarkube0.local"], "given twice"),
        (["plan", "dev"], "no node was named"),
    ],
)
def test_bad_input_says_what_and_what_to_do(capsys, words, complaint):
    status, out, err = run(capsys, *words, "--demo")
    assert status == exit_codes.USAGE
    assert complaint in err
    assert "→" in err
    assert out == ""


def test_a_malformed_token_is_refused_by_its_variable(capsys, monkeypatch):
    monkeypatch.setenv("SUGARKUBE_TOKEN_DEV", "K10not-a-token")
    status, _, err = run(capsys, "plan", "dev", "--demo", *FOUR)
    assert status == exit_codes.USAGE
    assert "SUGARKUBE_TOKEN_DEV" in err
    assert "not-a-token" not in err


def test_an_unknown_option_has_the_same_status(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["plan", "dev", "--nonsense"])
    assert caught.value.code == exit_codes.USAGE


def test_an_unreachable_host_is_named_with_what_to_do(capsys):
    status, out, err = run(capsys, "up", "dev", "--demo", *FOUR, "--host", "10.9.9.9", "--yes")
    assert status == exit_codes.FAILED
    assert "10.9.9.9" in out
    assert "nothing was changed" in err


@pytest.mark.parametrize(
    ("text", "host", "user", "port"),
    [
        ("sugarkube0", "sugarkube0", "", 22),
        ("pi@SugarKube0.local.:2222", "sugarkube0.local", "pi", 2222),
        ("[fd00::5]:22", "fd00::5", "", 22),
        ("admin@10.0.0.1", "10.0.0.1", "admin", 22),
    ],
)
def test_hosts_as_they_are_typed(text, host, user, port):
    typed = parse_host(text)
    assert (typed.host, typed.user, typed.port) == (host, user, port)


@pytest.mark.parametrize("text", ["", "a b", "host:99999", "host:0", "-oProxyCommand=x@h", "fd00::5"])
def test_what_is_no_host(text):
    with pytest.raises(InvalidInput):
        parse_host(text)
