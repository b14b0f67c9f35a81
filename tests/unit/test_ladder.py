"""The ladder's rungs: what was observed goes in, a decision with its evidence comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sugarkube_tui.cluster.advert import read_advert
from sugarkube_tui.cluster.queries import CaptureMdns, PeerView
from sugarkube_tui.cluster.token import JoinToken, ca_hash, parse_token
from sugarkube_tui.engine import ladder
from sugarkube_tui.engine.ladder import Listing, Observed, Others
from sugarkube_tui.engine.ports import KubeNode, ServerIdentity
from sugarkube_tui.engine.proof import Check, Held, Rung, Verdict, verdict
from sugarkube_tui.engine.vantage import NameView, PortView, Vantage, read_view

PEM = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
TXT = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": "server"}
HOST = "a.local"
ADVERT = read_advert("k3s-sugar-dev@a.local (server)", "_k3s-sugar-dev._tcp", HOST, 6443, ("10.0.0.1",), TXT)
IDENTITY = ServerIdentity(PEM, (HOST, "10.0.0.1"), ("issuer: CN=k3s-server-ca",))


def observed(**changes: object) -> Observed:
    whole = Observed(HOST, ADVERT, 42.0, ("10.0.0.1",), ("10.0.0.1",), 3.0, "", 1.0, IDENTITY, "", 9.0, ())
    return replace(whole, **changes)  # type: ignore[arg-type]


def token(pem: bytes = PEM) -> JoinToken:
    return parse_token(f"K10{ca_hash(pem)}::server:secret-password", "a")


def vantage(name: str, *, resolves: bool = True, is_open: bool = True) -> Vantage:
    ports = {("10.0.0.1", port): PortView(2.0, is_open) for port in (6443, 2379, 2380)}
    names = {HOST: NameView(4.0, ("10.0.0.1",) if resolves else ())}
    return Vantage(name, names=names, ports=ports)


BOTH = Others((vantage("b"), vantage("c")), known=True)
SERVERS = {"a", "b"}
ME = KubeNode("a", "Ready", version="v1", addresses=("10.0.0.1",))


def test_a_healthy_server_climbs_all_rungs() -> None:
    seen = observed()
    checks = [
        ladder.advert_rung(seen),
        ladder.txt_rung(seen),
        ladder.resolves_rung(seen),
        ladder.nodes_resolve_rung(seen, BOTH),
        ladder.port_rung(seen),
        ladder.nodes_reach_rung(seen, BOTH),
        ladder.etcd_rung(seen, BOTH.servers(SERVERS)),
        ladder.tls_rung(seen, "10.0.0.1"),
        ladder.ca_rung(seen, token(), ""),
        ladder.ready_rung(HOST, ME, Listing((ME,), 5.0)),
    ]
    assert [check.rung for check in checks] == list(Rung)
    assert {check.held for check in checks} == {Held.YES}
    assert all(check.ms is not None and check.evidence and not check.remedy for check in checks)
    assert verdict(checks, remembered=False) is Verdict.PROVED


@pytest.mark.parametrize(
    ("decide", "held", "word"),
    [
        (lambda: ladder.advert_rung(observed(advert=None)), Held.NO, "not heard here"),
        (
            lambda: ladder.advert_rung(observed(advert=None, heard_by=("b",))),
            Held.NO,
            "heard by b (or in its cache)",
        ),
        (lambda: ladder.txt_rung(observed(advert=None)), Held.UNKNOWN, "no advert"),
        (lambda: ladder.resolves_rung(observed(addresses=())), Held.NO, "nobody answers"),
        (lambda: ladder.port_rung(observed(addresses=(), known=())), Held.UNKNOWN, "no address"),
        (lambda: ladder.port_rung(observed(refused="refused")), Held.NO, "refused"),
        (lambda: ladder.tls_rung(observed(), "10.0.0.9"), Held.NO, "does not cover 10.0.0.9"),
        (lambda: ladder.tls_rung(observed(refused="x", identity=None), ""), Held.UNKNOWN, "does not open"),
        (
            lambda: ladder.tls_rung(observed(identity=None, identity_problem="no TLS"), ""),
            Held.NO,
            "no TLS",
        ),
        (lambda: ladder.ca_rung(observed(), token(PEM + b"x"), ""), Held.NO, "the token names"),
        (lambda: ladder.ca_rung(observed(), None, "no login"), Held.UNKNOWN, "no login"),
        (lambda: ladder.ca_rung(observed(identity=None), token(), ""), Held.UNKNOWN, "no CA"),
        (lambda: ladder.ready_rung(HOST, None, Listing((), 1.0, "refused", "look")), Held.NO, "refused"),
        (
            lambda: ladder.ready_rung(HOST, None, Listing(problem="no kubeconfig")),
            Held.UNKNOWN,
            "no kubeconfig",
        ),
        (
            lambda: ladder.ready_rung(HOST, KubeNode("a", "NotReady"), Listing((ME,), 1.0)),
            Held.NO,
            "NotReady",
        ),
        (lambda: ladder.ready_rung(HOST, None, Listing((ME,), 1.0)), Held.NO, "not list it"),
    ],
)
def test_a_rung_that_does_not_hold_says_why(decide: Callable[[], Check], held: Held, word: str) -> None:
    check = decide()
    assert (check.held, word in check.seen) == (held, True), check
    assert bool(check.remedy) == (held is Held.NO)


def test_a_name_that_leads_to_another_machine_is_told() -> None:
    own = frozenset({"10.0.0.1", "10.1.0.1", "fd00::1"})
    assert ladder.resolves_rung(observed(own=own, addresses=("10.1.0.1", "10.0.0.1"))).held is Held.YES
    forged = ladder.resolves_rung(observed(own=own, addresses=("10.0.0.66", "10.0.0.1")))
    assert (forged.held, forged.seen) == (Held.NO, "leads to 10.0.0.66, which a does not have")


def test_etcd_is_reached_at_the_address_that_kubernetes_knows() -> None:
    seen = observed(addresses=("10.1.0.1", "10.0.0.1"), internal="10.0.0.1")
    assert ladder.etcd_rung(seen, BOTH.servers(SERVERS)).held is Held.YES


def test_one_node_that_does_not_get_through_is_named() -> None:
    others = replace(BOTH, vantages=(vantage("b"), vantage("c", is_open=False, resolves=False)))
    assert ladder.nodes_reach_rung(observed(), others).seen == "not from c"
    assert ladder.nodes_resolve_rung(observed(), others).seen == "not from c"
    assert ladder.etcd_rung(observed(), others.servers(SERVERS)).held is Held.YES  # c is no server


@pytest.mark.parametrize(
    ("found", "held"),
    [
        (("10.0.0.1",), Held.YES),
        (("fe80::1", "10.0.0.1"), Held.YES),
        (("127.0.1.1",), Held.NO),
        (("fe80::1",), Held.NO),
        (("10.0.0.99",), Held.NO),
        (("fd00::1",), Held.YES),  # not to be compared: we look by IPv4
    ],
)
def test_a_name_has_to_lead_to_the_server_on_the_nodes_too(found: tuple[str, ...], held: Held) -> None:
    other = replace(vantage("b"), names={HOST: NameView(4.0, found)})
    assert ladder.nodes_resolve_rung(observed(), Others((other,), known=True)).held is held


def test_a_node_that_was_not_asked_leaves_the_rung_open() -> None:
    others = replace(BOTH, unasked=(("d", "no login"),))
    check = ladder.nodes_reach_rung(observed(), others)
    assert (check.held, check.seen) == (Held.UNKNOWN, "from b, c; d: no login")
    assert ladder.etcd_rung(observed(), others.servers(SERVERS)).held is Held.YES


def test_without_knowing_all_nodes_nothing_is_claimed() -> None:
    assert ladder.nodes_reach_rung(observed(), Others()).held is Held.UNKNOWN
    alone = ladder.nodes_reach_rung(observed(), Others(known=True))
    assert (alone.held, alone.seen) == (Held.YES, "there is no other node to ask")
    etcd = ladder.etcd_rung(observed(), BOTH.servers({"a"}))
    assert (etcd.held, etcd.seen) == (Held.YES, "there is no other server to ask")


def checks(**held: Held) -> list[Check]:
    """All rungs hold, but for these."""
    return [Check(HOST, rung, held.get(rung.name, Held.YES)) for rung in Rung]


@pytest.mark.parametrize(
    ("found", "remembered", "wanted"),
    [
        (checks(CA=Held.NO), False, Verdict.OTHER_CLUSTER),
        (checks(PORT=Held.NO), False, Verdict.STALE),
        (checks(ADVERT=Held.NO, PORT=Held.NO), True, Verdict.STALE),
        (checks(ADVERT=Held.NO, PORT=Held.UNKNOWN), False, Verdict.MISSING),
        (checks(ADVERT=Held.NO), False, Verdict.NOT_PROVED),
        (checks(READY=Held.UNKNOWN), False, Verdict.NOT_PROVED),
    ],
)
def test_verdicts(found: list[Check], remembered: bool, wanted: Verdict) -> None:
    assert verdict(found, remembered=remembered) is wanted


def test_a_view_is_read_back_and_garbage_passed_over() -> None:
    view = read_view(
        "own 10.0.0.2 fd00::2\nname 3 a.local 10.0.0.1,fd00::1\nname 3000 b.local \n"
        "port 2 10.0.0.1 6443 open\n"
        "port 3000 10.0.0.1 2379 closed\nname x y\nport 1 2\n\x1b[2Jname 1 c.local\n"
    )
    assert view.own == {"10.0.0.2", "fd00::2"}
    assert view.names == {
        "a.local": NameView(3.0, ("10.0.0.1", "fd00::1")),
        "b.local": NameView(3000.0, ()),
        "c.local": NameView(1.0, ()),
    }
    assert view.ports == {
        ("10.0.0.1", 6443): PortView(2.0, True),
        ("10.0.0.1", 2379): PortView(3000.0, False),
    }


def test_names_from_the_lan_are_quoted_in_what_nodes_run() -> None:
    script = PeerView(("a b; rm -rf /",), (("$(reboot)", 6443),)).script
    assert "'a b; rm -rf /'" in script
    assert "'$(reboot)'" in script
    assert CaptureMdns(4).script.count("timeout 4") == 1
