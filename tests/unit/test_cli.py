"""The command line, on the simulated LAN: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.main import main
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.typed import parse_host
from sugarkube_tui.engine.proof import Rung
from sugarkube_tui.wiring import demo_world

FOUR = [word for number in range(4) for word in ("--host", f"sugarkube{number}.local")]


@pytest.fixture
def terminal():
    """Both ends of a terminal: the one that people see, and the program's."""
    seen, program = os.openpty()
    termios.tcsetwinsize(program, (24, 80))
    yield seen, program
    for end in (program, seen):
        with suppress(OSError):
            os.close(end)


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    """Nothing of the caller's: no variables, no home."""
    for name in ("SUGARKUBE_ENV", "SUGARKUBE_CLUSTER", "SUGARKUBE_SERVERS", "SUGARKUBE_TOKEN", "K3S_CHANNEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SUGARKUBE_DEMO_SPEED", "inf")
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))


def export(monkeypatch, **variables):
    """Variables for the demo, which has none but its tour's."""

    def world(scenario, speed):
        made = demo_world(scenario, speed)
        return replace(made, tour=replace(made.tour, variables={**made.tour.variables, **variables}))

    monkeypatch.setattr("sugarkube_tui.cli.main.demo_world", world)


def run(capsys, *words):
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_scan_lists_hosts_and_adverts(capsys):
    status, out, _ = run(capsys, "scan", "--demo")
    assert status == exit_codes.OK
    assert "sugarkube0" in out
    assert "sugar/prod  sugarkube7.local:6443  server" in out


def events(out):
    return [json.loads(line) for line in out.splitlines()]


def test_scan_as_json_has_hosts_and_adverts_with_evidence(capsys):
    _, out, _ = run(capsys, "scan", "--demo", "--json")
    told = events(out)
    hosts = [event for event in told if event["event"] == "host"]
    assert len(hosts) == 8
    first = next(host for host in hosts if host["name"] == "sugarkube0.local")
    assert {piece["layer"] for piece in first["evidence"]} == {"adverts", "names", "ssh", "neighbours"}
    assert all(piece["first_ms"] <= piece["last_ms"] for piece in first["evidence"])
    assert {piece["interface"] for piece in first["evidence"]} == {"eth0"}
    assert first["pi"] == [f"MAC {first['macs'][0]} belongs to Raspberry Pi"]
    (advert,) = [event for event in told if event["event"] == "advert"]
    assert (advert["host"], advert["txt"]["role"], advert["api"]["answer"]) == (
        "sugarkube7.local",
        "server",
        "answers",
    )
    assert {event["layer"] for event in told if event["event"] == "layer"} == set(USUAL_LAYERS)
    assert [event["hearing"] for event in told if event["event"] == "hearing"] == ["everybody hears"]


def test_scan_by_chosen_means_only(capsys, tmp_path):
    file = tmp_path / "shelf.txt"
    file.write_text("# the shelf\npi@192.168.3.12  # its wired one\n\n")
    means = [word for layer in Layer if layer is not Layer.GIVEN for word in ("--without", layer)]
    _, out, _ = run(capsys, "scan", "--demo", "--json", "--hosts-file", str(file), *means)
    (host,) = [event for event in events(out) if event["event"] == "host"]
    assert host["addresses"] == ["192.168.3.12"]
    assert [piece["what"] for piece in host["evidence"]] == ["shelf.txt:2"]


def test_a_sweep_is_only_done_when_it_is_asked_for(capsys):
    _, out, _ = run(capsys, "scan", "--demo", "--json", "--sweep", "192.168.3.0/24")
    assert "sweep" in {event["layer"] for event in events(out) if event["event"] == "layer"}


def test_scan_says_which_advert_is_not_the_tokens(capsys, monkeypatch):
    export(monkeypatch, SUGARKUBE_ENV="prod", SUGARKUBE_TOKEN_PROD=f"K10{'0' * 64}::server:some-password")
    _, out, err = run(capsys, "scan", "--demo")
    assert "✖ sugarkube7.local: not the cluster that your sugar/prod token names" in out
    assert "some-password" not in out + err


def test_servers_prints_one_host_on_a_line_and_nothing_else(capsys):
    assert run(capsys, "servers", "prod", "--demo") == (exit_codes.OK, "sugarkube7.local\n", "")
    assert run(capsys, "servers", "dev", "--demo") == (exit_codes.OK, "", "")


def test_plan_shows_every_change_and_changes_nothing(capsys):
    status, out, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--servers", "3")
    assert status == exit_codes.OK
    assert "sugarkube0: first server" in out
    assert "cgroup_memory=1 cgroup_enable=memory" in out
    assert "INSTALL_K3S_VERSION=v1.33.5+k3s1" in out
    assert "4 reboots" in out


def test_plan_says_which_choices_variables_made(capsys, monkeypatch):
    export(monkeypatch, SUGARKUBE_SERVERS="3", SUGARKUBE_ENV="prod", K3S_CHANNEL="latest")
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
    assert "✔ proved: sugar/dev, 3 of 3 servers seen, ms_elapsed=" in out
    assert "our own overhead" in out


def test_up_as_json_tells_one_event_per_line(capsys):
    status, out, _ = run(capsys, "up", "dev", "--demo", *FOUR, "--yes", "--json")
    assert status == exit_codes.OK
    kinds = [json.loads(line)["event"] for line in out.splitlines()]
    assert {"run_started", "step_finished", "node_finished", "run_finished", "check"} <= set(kinds)
    assert kinds[-1] == "proof"


def test_up_ends_in_order_when_whoever_reads_it_goes_away():
    words = ("--demo", "--speed", "1000", "up", "dev", *FOUR, "--yes", "--json")
    program = (sys.executable, "-m", "sugarkube_tui", *words)
    env = {name: value for name, value in os.environ.items() if name != "SUGARKUBE_DEMO_SPEED"}
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as up:
        assert up.stdout is not None
        assert up.stderr is not None
        while json.loads(up.stdout.readline())["event"] != "action_started":
            pass
        up.stdout.close()
        assert up.stderr.read() == ""
    assert up.returncode == exit_codes.STOPPED


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
    status, out, _ = run(capsys, "verify", "prod", "--demo", "--servers", "3")
    assert status == exit_codes.FAILED
    assert "✖ not proved: sugar/prod, 1 of 3 servers seen" in out


def test_verify_as_json_has_every_rung_every_vantage_and_the_verdict(capsys):
    _, out, _ = run(capsys, "verify", "prod", "--demo", "--json")
    told = events(out)
    assert [event["rung"] for event in told if event["event"] == "check"] == list(Rung)
    assert [event["heard"] for event in told if event["event"] == "vantage"] == [["sugarkube7.local"]]
    proof = told[-1]
    assert (proof["event"], proof["ok"], proof["seen"], proof["expected"]) == ("proof", True, 1, 1)
    assert proof["servers"] == {"sugarkube7.local": {"ok": True, "expected": True, "verdict": "proved"}}
    assert proof["ms_elapsed"] >= 0


def test_packets_are_shown_beside_the_proof_when_a_variable_says_so(capsys, monkeypatch):
    export(monkeypatch, SUGARKUBE_DEBUG_MDNS="1")
    status, out, err = run(capsys, "verify", "prod", "--demo")
    assert status == exit_codes.OK
    assert "PTR _k3s-sugar-prod._tcp" in err
    assert "this workstation" in err
    assert "PTR" not in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_wizard_ends_in_order_when_it_is_told_to_and_when_its_terminal_closes(terminal, number):
    seen, program = terminal
    words = (sys.executable, "-m", "sugarkube_tui", "--demo")
    with subprocess.Popen(words, stdin=program, stdout=program, stderr=program) as wizard:
        shown = b""
        while b"sugarkube0" not in shown:
            shown += os.read(seen, 65536)
        if number == signal.SIGHUP:
            os.close(program)
            os.close(seen)
        else:
            Thread(target=_read_on, args=(seen,), daemon=True).start()
        wizard.send_signal(number)
        assert wizard.wait(20) == exit_codes.STOPPED


def _read_on(end):
    with suppress(OSError):
        while os.read(end, 65536):
            pass


def start_on(program, **variables):
    """The wizard on a terminal, with these variables beside the others."""
    return subprocess.Popen(
        (sys.executable, "-m", "sugarkube_tui", "--demo"),
        stdin=program,
        stdout=program,
        stderr=program,
        env={**os.environ, **variables},
    )


def test_a_terminal_says_itself_how_large_it_is(terminal):
    seen, program = terminal
    with start_on(program, COLUMNS="20", LINES="5") as wizard:
        shown = b""
        while b"sugarkube0" not in shown and b"too small" not in shown:
            shown += os.read(seen, 65536)
        Thread(target=_read_on, args=(seen,), daemon=True).start()
        wizard.terminate()
    assert b"sugarkube0" in shown


def test_a_terminal_that_can_only_print_is_none_for_the_wizard(terminal):
    seen, program = terminal
    with start_on(program, TERM="dumb") as wizard:
        assert wizard.wait(20) == exit_codes.USAGE
    assert b"TERM says that this one is dumb" in os.read(seen, 65536)


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
        (["plan", "dev", *FOUR, "--identity", "/nowhere"], "there is no file /nowhere"),
        (["plan", "dev", "--host", "a host"], "is no host"),
        (["plan", "dev", "--host", "sugarkube0", "--host", "sugarkube0.local"], "given twice"),
        (["plan", "dev"], "no node was named"),
        (["plan", *FOUR], "plan: no environment was named"),
        (["up", *FOUR], "up: no environment was named"),
        (["up", "--plan", "/nowhere"], "/nowhere: this plan cannot be read"),
        (["plan", "dev", "--hosts-file", "/nowhere"], "the hosts file cannot be read"),
        (["scan", "--without", "telepathy"], "is no way to find hosts"),
        (["scan", "--sweep", "192.168.3"], "is no network"),
    ],
)
def test_bad_input_says_what_and_what_to_do(capsys, words, complaint):
    status, out, err = run(capsys, *words, "--demo")
    assert status == exit_codes.USAGE
    assert complaint in err
    assert "→" in err
    assert out == ""


PLAN = """
schema = 1
[choices]
environment = "int"
servers = 2
even_servers = true
[nodes.sugarkube0]
address = "192.168.3.10"
alias = "sugarkube0.local"
[nodes.sugarkube1]
address = "192.168.3.200"
alias = "sugarkube1.local"
"""


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "shelf.toml"
    path.write_text(PLAN)
    return str(path)


def test_a_saved_plan_has_nodes_and_choices(capsys, monkeypatch, saved):
    export(monkeypatch, SUGARKUBE_SERVERS="many")  # variables lose to it
    status, out, _ = run(capsys, "plan", "--demo", "--plan", saved)
    assert status == exit_codes.OK
    assert "sugar/int: 2 servers wanted, k3s v1.33.5+k3s1" in out
    assert "sugarkube1: server" in out
    assert "192.168.3.11" in out  # where the name is by now
    assert "SUGARKUBE_SERVERS" not in out


def test_arguments_come_before_a_saved_plan(capsys, saved):
    hosts = ["--host", "sugarkube2.local", "--host", "sugarkube3.local"]
    status, out, _ = run(capsys, "plan", "dev", "--demo", "--plan", saved, "--servers", "1", *hosts)
    assert status == exit_codes.OK
    assert "sugar/dev: 1 server wanted" in out
    assert "sugarkube2: first server" in out
    assert "sugarkube0" not in out


def test_an_even_number_is_agreed_to_anew(capsys, saved):
    status, out, _ = run(capsys, "plan", "--demo", "--plan", saved, "--servers", "2")
    assert status == exit_codes.FAILED
    assert "--even-servers" in out


def test_up_forms_what_a_saved_plan_says(capsys, saved, tmp_path):
    status, out, _ = run(capsys, "--plan", saved, "up", "--demo", "--yes")
    assert status == exit_codes.OK
    assert "✔ proved: sugar/int, 2 of 2 servers seen" in out
    assert {path.name for path in tmp_path.iterdir()} == {"shelf.toml"}  # the demo keeps nothing


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("servers = 2", "severs = 2", "choices.severs: there is no key 'severs'"),
        ("schema = 1", "schema = 7", "schema number 7"),
        (
            "[nodes.sugarkube0]",
            '[nodes.sugarkube0]\nidentity = "/no"',
            "sugarkube0.identity: there is no file /no",
        ),
        ("servers = 2", 'airgap = "/nowhere"', "there is no install.sh"),
    ],
)
def test_a_saved_plan_that_cannot_be_used_says_where(capsys, saved, before, after, complaint):
    Path(saved).write_text(PLAN.replace(before, after))
    status, out, err = run(capsys, "up", "--demo", "--plan", saved, "--yes")
    assert status == exit_codes.USAGE
    assert complaint in err
    assert "→" in err
    assert out == ""


def test_a_malformed_token_is_refused_by_its_variable(capsys, monkeypatch):
    export(monkeypatch, SUGARKUBE_TOKEN_DEV="K10not-a-token")
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
        ("Jürgen.K@lab@sugarkube0", "sugarkube0", "Jürgen.K@lab", 22),
    ],
)
def test_hosts_as_they_are_typed(text, host, user, port):
    typed = parse_host(text, "--host")
    assert (typed.host, typed.user, typed.port) == (host, user, port)


@pytest.mark.parametrize(
    "text", ["", "a b", "host:99999", "host:0", "-oProxyCommand=x@h", "fd00::5", "@h", "a;b@h"]
)
def test_what_is_no_host(text):
    with pytest.raises(InvalidInput):
        parse_host(text, "--host")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--demo", "servers", "prod"), "sugarkube7.local"),
        (("servers", "prod", "--demo"), "sugarkube7.local"),
        (("servers", "--demo", "prod"), "sugarkube7.local"),
        (("--demo=split-brain", "servers", "dev"), "sugarkube0.local sugarkube3.local"),
        (("servers", "--demo=split-brain", "dev"), "sugarkube0.local sugarkube3.local"),
        (("servers", "dev", "--demo=split-brain", "--speed", "inf"), "sugarkube0.local sugarkube3.local"),
        (("--demo", "servers", "dev", "--demo=split-brain"), "sugarkube0.local sugarkube3.local"),
    ],
)
def test_the_demos_scenario_never_takes_the_command_for_its_own(capsys, words, found):
    status, out, _ = run(capsys, *words)
    assert (status, out.split()) == (exit_codes.OK, found.split())


@pytest.mark.parametrize("name", ["quiet", ""])
def test_an_unknown_scenario_is_refused_with_the_list(capsys, name):
    status, out, err = run(capsys, "scan", f"--demo={name}")
    assert (status, out) == (exit_codes.USAGE, "")
    assert "fresh, busy, split-brain, lost-node, wrong-token, slow" in err


@pytest.mark.parametrize(
    "words", [("--speed", "4"), ("--demo", "--speed", "0"), ("--demo", "--speed", "fast")]
)
def test_a_speed_is_a_positive_number_and_for_the_demo_only(capsys, words):
    with pytest.raises(SystemExit) as caught:
        main([*words, "scan"])
    assert caught.value.code == exit_codes.USAGE
    assert "--speed" in capsys.readouterr().err


def test_help_names_the_scenarios_with_what_they_show(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert "  fresh        six fresh Pis\n" in out
    assert "  split-brain  two clusters under one name\n" in out


def test_the_demo_knows_nothing_of_what_is_meant_for_real_clusters(capsys, monkeypatch, tmp_path):
    for name, value in (
        ("SUGARKUBE_TOKEN_DEV", f"K10{'0' * 64}::server:some-password"),
        ("SUGARKUBE_TOKEN", "K10not-a-token"),
        ("SUGARKUBE_SERVERS", "many"),
        ("SUGARKUBE_API_REGADDR", "10.99.0.5"),
        ("SUGARKUBE_NODE_PREFIX", "elsewhere"),
        ("K3S_CHANNEL", "latest"),
        ("KUBECONFIG", "/nowhere/config"),
        ("SSH_AUTH_SOCK", "/nowhere/agent"),
    ):
        monkeypatch.setenv(name, value)
    settings = tmp_path / "CONFIG" / "sugarkube-tui" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('user = "alice"\n')
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  User bob\n")
    status, out, err = run(capsys, "plan", "dev", "--demo", *FOUR)
    assert status == exit_codes.OK
    assert "1 server wanted, k3s v1.33.5+k3s1" in out
    assert not re.search(r"some-password|10\.99\.0\.5|alice|bob|nowhere", out + err)


def test_what_the_tour_exports_can_be_unset_as_its_remedy_says(capsys, monkeypatch):
    status, out, _ = run(capsys, "plan", "dev", "--demo=wrong-token", *FOUR)
    assert status == exit_codes.FAILED
    assert "unset SUGARKUBE_TOKEN_DEV" in out
    monkeypatch.setenv("SUGARKUBE_TOKEN_DEV", "")
    status, _, _ = run(capsys, "plan", "dev", "--demo=wrong-token", *FOUR)
    assert status == exit_codes.OK


def test_paths_are_told_and_nothing_is_created(capsys, tmp_path):
    status, out, _ = run(capsys, "paths", "--json")
    told = {line["name"]: line for line in events(out)}
    assert status == exit_codes.OK
    assert told["settings"]["path"] == str(tmp_path / "CONFIG" / "sugarkube-tui" / "settings.toml")
    assert {"config", "state", "pins", "consents", "runs", "cache"} <= set(told)
    assert not any(line["exists"] for line in told.values())
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_settings_stops_every_command_but_paths(capsys, tmp_path):
    file = tmp_path / "CONFIG" / "sugarkube-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text('thme = "dark"\n')
    status, _, err = run(capsys, "servers", "dev", "--demo")
    assert status == exit_codes.USAGE
    assert err.splitlines() == [f"✖ {file}: there is no setting 'thme'", "  → did you mean 'theme'?"]
    status, out, _ = run(capsys, "paths")
    assert status == exit_codes.OK
    assert f"settings  {file}\n" in out


def test_the_settings_say_whom_to_log_in_as(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sugarkube_tui.cli.main.real_world", lambda paths: demo_world("fresh", None))
    file = tmp_path / "CONFIG" / "sugarkube-tui" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text('user = "zero"\n')
    status, out, err = run(capsys, "plan", "dev", *FOUR)
    assert status == exit_codes.FAILED
    assert "zero" in out + err


def test_a_refused_login_names_the_options_that_settle_it(capsys):
    status, out, _ = run(capsys, "plan", "dev", "--demo", *FOUR, "--user", "nobody")
    assert status == exit_codes.FAILED
    assert out.count("→ Check the user name, or give the password. (--user, --ask-password)") == 4


def test_what_an_error_quotes_does_nothing_to_the_terminal(capsys, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'schema = 1\n[choices]\nairgap = "/\\u001b]0;evil\\u0007nowhere"\n[nodes.sugarkube0]\naddress = "a"\n'
    )
    status, _, told = run(capsys, "plan", "--demo", "--plan", str(plan))
    assert status == exit_codes.USAGE
    assert told.startswith("✖ /nowhere: there is no install.sh")
    assert told.replace("\n", "").isprintable()


def start_with(redirections, *words):
    """What a start prints and returns with such redirections of the shell."""
    line = f'exec "{sys.executable}" -m sugarkube_tui "$@" {redirections}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *words], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("redirections", ["</dev/null", "<&-", "<&- >&-"])
def test_the_wizard_says_which_stream_is_no_terminal(redirections):
    status, told = start_with(redirections)
    assert status == exit_codes.USAGE
    assert "the wizard needs a terminal" in told
    assert "standard input is none" in told


def test_commands_do_without_a_standard_input():
    status, told = start_with("<&-", "up", "dev", "--demo", *FOUR[:2], "--ask-password")
    assert status == exit_codes.USAGE
    assert "the password is empty" in told
    status, told = start_with("<&-", "up", "dev", "--demo", *FOUR[:2])
    assert status == exit_codes.USAGE
    assert "nobody can be asked" in told


def test_a_full_disk_behind_standard_output_is_told():
    status, told = start_with(">/dev/full", "paths")
    assert status == exit_codes.FAILED
    assert told.splitlines()[:2] == ["✖ standard output cannot be written", "  No space left on device"]
