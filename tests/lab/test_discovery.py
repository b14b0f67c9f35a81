"""Discovery and its proof against real sockets: what is found, what is believed, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.forming import events_in, hosts, is_ready, kubernetes_nodes, login, token, up
from tests.lab.labtool import LabFactory, PiLab
from tests.lab.strangers import (
    SSH_BANNER,
    StrangerHost,
    Strangers,
    StrangerService,
    join_lock,
    k3s_advert,
)
from tests.lab.terminal import Terminal

SERVERS = ("sugarkube0", "sugarkube1", "sugarkube2")
FORGER = StrangerHost(
    b"sugarkube9.local", "10.77.0.109", (k3s_advert("sugarkube9", "10.77.0.109"),), SSH_BANNER, api=True
)


@pytest.fixture(scope="module")
def stock(module_lab_factory: LabFactory) -> PiLab:
    """Stock Pis with a name that nobody expects, which advertise nothing."""
    return module_lab_factory(2, name="stock", prefix="berry")


@pytest.fixture(scope="module")
def formed(module_lab_factory: LabFactory, k3s_dir: Path) -> PiLab:
    """Three servers of `dev`, and a Pi that is to join them later."""
    lab = module_lab_factory(4, name="proving", web=k3s_dir, memory_cgroup=True)
    told = up(lab, "dev", "--servers", "3", nodes=SERVERS)
    assert told.status == 0, told.text
    return lab


def scan(lab: PiLab, *options: str, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    done = lab.product("scan", "--json", *options, env=env, check=True)
    assert "\x1b" not in done.stdout
    return events_in(done.stdout)


def of(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in told if event["event"] == kind]


def verify(lab: PiLab, environment: str = "dev", *options: str) -> tuple[int, list[dict[str, Any]]]:
    done = lab.product("verify", environment, "--json", "--identity", lab.identity_file, *options)
    return done.returncode, events_in(done.stdout)


def rungs(told: list[dict[str, Any]], host: str) -> dict[str, dict[str, Any]]:
    return {event["rung"]: event for event in of(told, "check") if event["host"] == f"{host}.local"}


@contextmanager
def multicast_blocked(lab: PiLab) -> Iterator[None]:
    """The workstation's own firewall drops mDNS; what passes over the bridge is not its business."""
    rules = (
        "add table inet deaf; add chain inet deaf input { type filter hook input priority 0; }; "
        "add rule inet deaf input udp dport 5353 drop"
    )
    lab.exec(["nft", rules], check=True)
    try:
        yield
    finally:
        lab.exec(["nft", "delete table inet deaf"], check=True)


class TestFinding:
    @pytest.fixture
    def lab(self, stock: PiLab) -> PiLab:
        return stock

    def test_stock_pis_that_advertise_nothing_are_found_by_a_sweep(self, lab: PiLab) -> None:
        told = scan(lab, "--sweep")
        found = {host["name"]: host for host in of(told, "host")}
        assert set(found) == {"berry0.local", "berry1.local"}
        for name, host in found.items():
            short = name.removesuffix(".local")
            assert host["addresses"] == [lab.address(short)]
            assert host["macs"] == [lab.status(short).mac]
            assert host["pi"] == [f"MAC {host['macs'][0]} belongs to Raspberry Pi"]
            assert host["banner"].startswith("SSH-2.0-OpenSSH")
            own = lab.root(short, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
            assert host["host_keys"] == [own]
            layers = {piece["layer"] for piece in host["evidence"]}
            assert {"sweep", "ssh", "neighbours", "reverse"} <= layers
            assert all(piece["interface"] for piece in host["evidence"])
        (cost,) = [event for event in of(told, "layer") if event["layer"] == "sweep"]
        assert cost["sent"] >= 200

    def test_expected_names_need_no_sweep(self, lab: PiLab) -> None:
        told = scan(lab, "--without", "neighbours", env={"SUGARKUBE_NODE_PREFIX": "berry"})
        assert [host["name"] for host in of(told, "host")] == ["berry0.local", "berry1.local"]
        assert "sweep" not in {event["layer"] for event in of(told, "layer")}

    def test_the_own_echo_is_heard(self, lab: PiLab) -> None:
        assert all(event["echo"] for event in of(scan(lab), "interface"))

    def test_hostile_hosts_are_shown_as_text(self, lab: PiLab) -> None:
        hostile = (
            StrangerHost(
                b"\xff\xfe\x1b[2Jevil.local", "10.77.0.120", (), b"SSH-2.0-\x1b]0;title\x07[/red]\r\n"
            ),
            StrangerHost(
                b"sugarkube8.local",
                "10.77.0.121",
                (
                    StrangerService(
                        b"_k3s-sugar-dev._tcp",
                        b"[bold]\x1b[31m\xf0\x9f.%s{0}",
                        6443,
                        (b"k3s=1", b"role=server", *(b"x%03d=" % n + b"\x07" * 240 for n in range(30))),
                    ),
                    StrangerService(b"_workstation._tcp", b"x [zz:zz]", 9),
                ),
                b"A" * 100_000,
            ),
            StrangerHost(
                b"sugarkube7.local",
                "10.77.0.122",
                (StrangerService(b"_https._tcp", b"big", 443, tuple([b"y" * 255] * 250)),),
            ),
        )
        with Strangers.start(lab, hostile):
            told = scan(lab, "--sweep")
            text = lab.product("scan", "--sweep", check=True).stdout
        assert "\x1b" not in text
        assert "\x07" not in text
        (advert,) = of(told, "advert")
        assert advert["host"] == "sugarkube8.local"
        assert "[bold]" in advert["instance"]
        assert advert["api"]["answer"] == "silent"
        found = {host["addresses"][0]: host for host in of(told, "host")}
        assert len(found["10.77.0.121"]["banner"]) < 400
        assert "[/red]" in found["10.77.0.120"]["banner"]

    def test_two_environments_and_one_split_brain_are_told_apart(self, lab: PiLab) -> None:
        def server(number: int, environment: str) -> StrangerHost:
            name, address = f"sugarkube{number}", f"10.77.0.{110 + number}"
            return StrangerHost(
                f"{name}.local".encode(), address, (k3s_advert(name, address, env=environment),), api=True
            )

        locked = StrangerHost(b"sugarkube3.local", "10.77.0.113", (join_lock("sugarkube3"),))
        renamed = StrangerHost(b"raspberrypi-2.local", "10.77.0.114", (), SSH_BANNER)
        with (
            Strangers.start(lab, [server(0, "dev"), server(1, "int"), locked, renamed]),
            Strangers.start(lab, [server(2, "dev")]),
        ):
            told = scan(lab, "--sweep")
        adverts = {advert["host"]: advert for advert in of(told, "advert")}
        assert {host: advert["environment"] for host, advert in adverts.items()} == {
            "sugarkube0.local": "sugar/dev",
            "sugarkube1.local": "sugar/int",
            "sugarkube2.local": "sugar/dev",
        }
        found = {finding["kind"]: finding for finding in of(told, "finding")}
        assert found["split brain"]["environment"] == "sugar/dev"
        assert found["split brain"]["hosts"] == ["sugarkube0.local", "sugarkube2.local"]
        assert found["join lock"]["hosts"] == ["sugarkube3.local"]
        assert found["renamed host"]["hosts"] == ["raspberrypi-2.local"]

    def test_blocked_multicast_is_told_from_a_silent_lan(self, lab: PiLab) -> None:
        with multicast_blocked(lab):
            done = lab.product("scan", "--json", "--without", "neighbours")
        told = events_in(done.stdout)
        assert [event["echo"] for event in of(told, "interface")] == [False]
        (hearing,) = of(told, "hearing")
        assert hearing["hearing"] == "this workstation cannot hear"
        assert "its own questions did not come back" in hearing["what"]
        assert any("firewall" in cause for cause in hearing["causes"])


class TestProving:
    @pytest.fixture
    def lab(self, formed: PiLab) -> PiLab:
        return formed

    def test_every_rung_holds_and_names_its_evidence(self, lab: PiLab) -> None:
        status, told = verify(lab)
        assert status == 0
        checks = of(told, "check")
        assert len(checks) == 3 * 10
        assert all(check["held"] == "yes" and check["ms"] is not None for check in checks)
        ladder = rungs(told, "sugarkube0")
        assert ladder["nodes reach 6443"]["seen"] == "from sugarkube1, sugarkube2"
        assert ladder["etcd ports"]["seen"] == "from sugarkube1, sugarkube2"
        assert any("TXT role=server" in line for line in ladder["advert seen"]["evidence"])
        assert any("SHA-256" in line for line in ladder["certificate"]["evidence"])
        (proof,) = of(told, "proof")
        assert (proof["ok"], proof["seen"], proof["expected"]) == (True, 3, 3)
        assert 0 < proof["ms_elapsed"] < 1000
        heard = {vantage["name"]: vantage["heard"] for vantage in of(told, "vantage")}
        assert set(heard) == set(SERVERS)
        assert all(hosts == [f"{name}.local" for name in SERVERS] for hosts in heard.values())

    def test_servers_are_listed_one_on_a_line(self, lab: PiLab) -> None:
        done = lab.product("servers", "dev", check=True)
        assert done.stdout == "sugarkube0.local\nsugarkube1.local\nsugarkube2.local\n"

    def test_packets_are_seen_here_and_on_the_nodes(self, lab: PiLab) -> None:
        done = lab.product(
            "verify", "dev", "--json", "--identity", lab.identity_file, env={"SUGARKUBE_DEBUG_MDNS": "1"}
        )
        packets = of(events_in(done.stdout), "packet")
        for vantage in ("this workstation", *SERVERS):
            texts = [packet["text"] for packet in packets if packet["vantage"] == vantage]
            assert any("_k3s-sugar-dev._tcp" in text for text in texts), (vantage, texts)

    def test_a_forged_advert_is_shown_as_such_and_gets_no_token(self, lab: PiLab) -> None:
        secret = token(lab, "sugarkube0")
        with Strangers.start(lab, [FORGER]) as forger:
            status, told = verify(lab)
            assert status == 1
            (proof,) = of(told, "proof")
            forged = proof["servers"].pop("sugarkube9.local")
            assert (forged["verdict"], forged["expected"]) == ("another cluster", False)
            assert all(server["ok"] for server in proof["servers"].values())
            assert rungs(told, "sugarkube9")["CA is the token's"]["held"] == "no"

            found = scan(lab, env={"SUGARKUBE_TOKEN_DEV": secret})
            kinds = {finding["kind"]: finding["hosts"] for finding in of(found, "finding")}
            assert kinds["not the token's cluster"] == ["sugarkube9.local"]
            assert "split brain" in kinds

            joined = up(lab, "dev", "--servers", "3")
            assert joined.result("sugarkube3") == "changed", joined.text
            assert "sugarkube9.local poses as a server of sugar/dev" in joined.text
        assert is_ready(kubernetes_nodes(lab, "sugarkube0")["sugarkube3"])
        sent = [request.sent for request in forger.api_requests()]
        assert sent
        assert {request.split(" ")[1] for request in sent if request} == {"/cacerts"}
        assert not any("authorization" in request.lower() for request in sent)
        password = secret.rsplit(":", 1)[1]
        assert not any(password in request for request in sent)

    def test_multicast_blocked_here_alone_is_diagnosed_as_that(self, lab: PiLab) -> None:
        with multicast_blocked(lab):
            status, told = verify(lab, "dev", *hosts(lab))
        assert status == 1
        (proof,) = of(told, "proof")
        assert proof["hearing"]["hearing"] == "this workstation cannot hear"
        ladder = rungs(told, "sugarkube0")
        assert ladder["advert seen"]["held"] == "no"
        assert "heard by sugarkube1, sugarkube2, sugarkube3" in ladder["advert seen"]["seen"]
        assert ladder["nodes reach 6443"]["held"] == ladder["6443 opens"]["held"] == "yes"

    def test_a_pi_that_is_cut_off_shows_which_rungs_fell_and_from_where(self, lab: PiLab) -> None:
        lab.cut("sugarkube1", silent=True)
        try:
            status, told = verify(lab)
        finally:
            lab.heal("sugarkube1")
        assert status == 1
        ladder = rungs(told, "sugarkube1")
        fell = {rung for rung, check in ladder.items() if check["held"] == "no"}
        assert {"advert seen", "6443 opens", "nodes reach 6443"} <= fell
        assert ladder["nodes reach 6443"]["seen"].startswith("not from sugarkube0, sugarkube2, sugarkube3")
        assert rungs(told, "sugarkube0")["6443 opens"]["held"] == "yes"

    def test_a_server_without_power_is_stale_while_its_advert_is_still_cached(self, lab: PiLab) -> None:
        status, told = verify(lab)
        assert status == 0, json.dumps(of(told, "proof"))
        lab.off("sugarkube1")
        try:
            status, told = verify(lab, "dev", *login(lab))
        finally:
            lab.on("sugarkube1")
        assert status == 1
        (proof,) = of(told, "proof")
        assert proof["servers"]["sugarkube1.local"]["verdict"] == "stale"
        assert (proof["seen"], proof["expected"]) == (2, 3)
        caches = {vantage["name"]: vantage["heard"] for vantage in of(told, "vantage")}
        assert "sugarkube1.local" in caches["sugarkube0"]

    def test_the_verify_screen_marks_what_changed_within_one_look(self, lab: PiLab) -> None:
        lab.wait(*SERVERS)
        variables = {"SUGARKUBE_SERVERS": "3"}
        terminal = Terminal(lab, "--user", "pi", "--identity", str(lab.identity_file), env=variables)
        try:
            for shown in (
                "4 hosts selected",
                "How do we log in?",
                "4 of 4 in",
                "Which environment",
                "How many servers",
                "Registration address",
                "0 reboots",
            ):
                terminal.wait_for(shown, timeout=60)
                terminal.press("Enter")
            terminal.wait_for("Enter verifies", timeout=120)
            terminal.press("Enter")
            terminal.wait_for("3 of 3 servers seen, 4 of 4 nodes Ready", timeout=60)
            lab.off("sugarkube2")
            screen = terminal.wait_for("✖ stale", timeout=60)
            assert "is not proved: 2 of 3 servers seen" in screen
            assert "»✖" in screen
            lab.on("sugarkube2")
            terminal.wait_for("3 of 3 servers seen, 4 of 4 nodes Ready", timeout=120)
            terminal.press("w")
            terminal.wait_for("_k3s-sugar-dev._tcp", timeout=30)
        finally:
            terminal.close()
