"""Findings: what an operator should know of before anything joins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import pytest

from sugarkube_tui.cluster.advert import Advert, read_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.findings import Answering, ApiLook, Finding, Kind, findings
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import AdvertSeen, HostSeen, LockSeen, Sighting

DEV = Environment()
OURS, THEIRS = "a" * 64, "b" * 64


def advert(
    host: str, env: str = "dev", role: str = "server", kind: str = "", txt: Mapping[str, str] | None = None
) -> Advert:
    records = txt if txt is not None else {"k3s": "1", "cluster": "sugar", "env": env, "role": role}
    made = read_advert(f"x@{host} ({role}) {kind}", kind or f"_k3s-sugar-{env}._tcp", host, 6443, (), records)
    assert made is not None
    return made


def survey(*sightings: Sighting | Advert) -> Survey:
    told = [AdvertSeen(s, 1.0) if isinstance(s, Advert) else s for s in sightings]
    return reduce(Survey.fold, told, Survey())


def found(
    seen: Survey, served: Mapping[str, str] | None = None, expected: str = "", now_ms: float = 0.0
) -> dict[Kind, Finding]:
    """By kind.

    Args:
        served: CA hash by host; empty: silent.
    """
    apis = {
        (host, 6443): ApiLook(Answering.ANSWERS, "10.0.0.1", value)
        if value
        else ApiLook(Answering.SILENT, why="refused")
        for host, value in (served or {}).items()
    }
    hashes = {DEV: expected} if expected else {}
    return {finding.kind: finding for finding in findings(seen, apis, hashes, now_ms)}


def test_a_healthy_lan_has_no_findings() -> None:
    seen = survey(advert("a.local"), advert("b.local"), advert("c.local", "int"))
    served = {"a.local": OURS, "b.local": OURS, "c.local": THEIRS}
    assert found(seen, served, OURS) == {}


def test_two_cas_under_one_name_are_a_split_brain() -> None:
    finding = found(survey(advert("a.local"), advert("b.local")), {"a.local": OURS, "b.local": THEIRS})[
        Kind.SPLIT_BRAIN
    ]
    assert finding.serious
    assert finding.hosts == ("a.local", "b.local")
    assert "aaaaaaaa…" in finding.what
    assert "bbbbbbbb…" in finding.what


def test_a_server_that_is_not_the_tokens_is_named_even_alone() -> None:
    kinds = found(survey(advert("a.local")), {"a.local": THEIRS}, OURS)
    assert list(kinds) == [Kind.NOT_THE_TOKENS]
    assert kinds[Kind.NOT_THE_TOKENS].hosts == ("a.local",)


def test_an_advert_that_nobody_answers_for_is_stale() -> None:
    finding = found(survey(advert("a.local")), {"a.local": ""})[Kind.STALE]
    assert not finding.serious
    assert "refused" in finding.what
    assert found(survey(advert("a.local"))) == {}  # nobody has looked yet


def test_left_over_adverts_of_one_host() -> None:
    two = found(survey(advert("a.local"), advert("a.local", "int")))[Kind.SEVERAL_ADVERTS]
    assert "sugar/dev (server), sugar/int (server)" in two.what
    both = found(survey(advert("a.local"), advert("a.local", role="bootstrap")))[Kind.SEVERAL_ADVERTS]
    assert "sugar/dev (bootstrap), sugar/dev (server)" in both.what


def test_one_server_under_both_types_is_no_finding() -> None:
    assert found(survey(advert("a.local"), advert("a.local", kind="_https._tcp"))) == {}


def test_records_that_contradict_themselves() -> None:
    txt = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": "server", "host": "b.local"}
    assert "host=b.local" in found(survey(advert("a.local", txt=txt)))[Kind.WRONG_RECORDS].what


def test_a_mangled_environment() -> None:
    seen = survey(advert("a.local", kind="_k3s-sugar-env=dev._tcp", txt={"role": "server"}))
    assert Kind.MANGLED in found(seen)


def test_a_long_label_is_told_and_not_serious() -> None:
    finding = found(survey(advert("a.local", "staging")))[Kind.LONG_LABEL]
    assert "_k3s-sugar-staging" in finding.what
    assert not finding.serious


@pytest.mark.parametrize(
    ("name", "renamed"),
    [("raspberrypi-2.local", True), ("raspberrypi.local", False), ("raspberrypi-1.local", False)],
)
def test_a_host_that_avahi_renamed(name: str, renamed: bool) -> None:
    seen = survey(HostSeen(name, ("10.0.0.5",), Layer.NAMES, "answers to its name", 1.0))
    assert (Kind.RENAMED in found(seen)) == renamed


def test_cloned_cards_and_shared_names() -> None:
    def greeted(name: str, address: str, key: str) -> list[Sighting]:
        return [
            HostSeen(name, (address,), Layer.NAMES, f"answers to its name at {address}", 1.0),
            HostSeen("", (address,), Layer.SSH, "SSH server", 1.0, host_key=key),
        ]

    clones = survey(*greeted("a.local", "10.0.0.1", "SHA256:k"), *greeted("b.local", "10.0.0.2", "SHA256:k"))
    assert found(clones)[Kind.CLONED].hosts == ("a.local", "b.local")
    shared = survey(*greeted("a.local", "10.0.0.1", "SHA256:k"), *greeted("a.local", "10.0.0.2", "SHA256:l"))
    assert found(shared)[Kind.SHARED_NAME].hosts == ("a.local",)


def test_a_join_lock_tells_holder_and_age() -> None:
    finding = found(survey(LockSeen("k3s join lock sugar/dev", "a.local", 1_000.0)), now_ms=43_000.0)
    assert "a.local holds “k3s join lock sugar/dev”, for 42 s at least" in finding[Kind.JOIN_LOCK].what


def test_serious_findings_come_first() -> None:
    seen = survey(advert("a.local"), advert("b.local"), advert("c.local", "staging"))
    kinds = list(found(seen, {"a.local": OURS, "b.local": THEIRS, "c.local": ""}))
    assert kinds[0] is Kind.SPLIT_BRAIN
