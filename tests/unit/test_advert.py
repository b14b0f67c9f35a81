"""Reading adverts as they come, and writing them as they should be (contract §5)."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.advert import (
    API_PORT,
    HTTPS_TYPE,
    normal_host,
    read_advert,
    render_advert,
    usable_host,
)
from sugarkube_tui.cluster.environment import Environment

DEV = Environment()
INSTANCE = "k3s-sugar-dev@sugarkube0.local (server)"
TXT = {
    "k3s": "1",
    "cluster": "sugar",
    "env": "dev",
    "role": "server",
    "phase": "server",
    "leader": "sugarkube0.local",
    "host": "sugarkube0.local",
    "ip4": "10.0.0.5",
}


def test_whole_advert() -> None:
    advert = read_advert(INSTANCE, "_k3s-sugar-dev._tcp", "SugarKube0.local.", 6443, ("10.0.0.5",), TXT)
    assert advert is not None
    assert (advert.environment, advert.host, advert.port, advert.role) == (
        DEV,
        "sugarkube0.local",
        6443,
        "server",
    )
    assert advert.problems == ()


def test_values_are_compared_without_case_and_blanks() -> None:
    txt = {"K3S": "1", "Cluster": " Sugar ", "ENV": "DEV", "role": "Server"}
    advert = read_advert(INSTANCE, HTTPS_TYPE, "a.local", 6443, (), txt)
    assert advert is not None
    assert (advert.environment, advert.role, advert.problems) == (DEV, "server", ())


def test_type_alone_names_the_environment_split_at_its_last_dash() -> None:
    advert = read_advert("x", "_k3s-beet-field-dev._tcp.local.", "a.local", None, (), {})
    assert advert is not None
    assert advert.environment == Environment("dev", "beet-field")
    assert advert.port == API_PORT
    assert len(advert.problems) == 4


def test_instance_name_stands_in_for_records_that_never_came() -> None:
    advert = read_advert(INSTANCE, "_k3s-sugar-dev._tcp", "", None, (), {})
    assert advert is not None
    assert (advert.host, advert.role) == ("sugarkube0.local", "server")
    advert = read_advert("k3s-a-b-dev@pi.local (bootstrap) #2", HTTPS_TYPE, "", None, (), {"k3s": "1"})
    assert advert is not None
    assert (advert.environment, advert.role) == (Environment("dev", "a-b"), "bootstrap")


def test_leader_stands_in_for_a_missing_host() -> None:
    advert = read_advert("x", HTTPS_TYPE, "", 6443, (), TXT | {"leader": "pi.local.local."})
    assert advert is not None
    assert advert.host == "pi.local"


def test_environment_with_its_key_inside_is_understood() -> None:
    txt = TXT | {"env": "env=dev"}
    advert = read_advert("x", HTTPS_TYPE, "sugarkube0.local", 6443, (), txt)
    assert advert is not None
    assert advert.environment == DEV
    assert advert.problems == ("env=env=dev, expected dev",)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"phase": "bootstrap"}, "phase=bootstrap, but role=server"),
        ({"leader": "b.local"}, "leader=b.local, but sugarkube0.local announces it"),
        ({"host": "b.local"}, "host=b.local, but sugarkube0.local announces it"),
    ],
)
def test_newer_keys_may_be_absent_but_must_not_lie(changed: dict[str, str], problem: str) -> None:
    told = TXT | changed
    advert = read_advert(INSTANCE, DEV.service_type, "sugarkube0.local", 6443, (), told)
    assert advert is not None
    assert advert.problems == (problem,)
    absent = {key: value for key, value in TXT.items() if key not in changed}
    advert = read_advert(INSTANCE, DEV.service_type, "sugarkube0.local", 6443, (), absent)
    assert advert is not None
    assert advert.problems == ()


def test_a_mangled_type_is_understood_and_told() -> None:
    advert = read_advert("x", "_k3s-sugar-env=dev._tcp", "a.local", 6443, (), {})
    assert advert is not None
    assert (advert.environment, advert.mangled) == (DEV, True)
    whole = read_advert(INSTANCE, DEV.service_type, "a.local", 6443, (), TXT)
    assert whole is not None
    assert not whole.mangled


def test_ipv4_comes_first() -> None:
    advert = read_advert("x", HTTPS_TYPE, "a.local", 6443, ("fd00::5", "10.0.0.5"), TXT)
    assert advert is not None
    assert advert.addresses == ("10.0.0.5", "fd00::5")


@pytest.mark.parametrize(
    ("kind", "txt"),
    [
        (HTTPS_TYPE, {}),
        (HTTPS_TYPE, {"k3s": None, "cluster": "sugar", "env": "dev"}),
        ("_printer._tcp", {"cluster": "sugar", "env": "dev"}),
        ("_k3s-join-lock._tcp", {"k3s": "1"}),
        (HTTPS_TYPE, {"k3s": "1", "cluster": "[/b]", "env": "dev"}),
        (HTTPS_TYPE, {"k3s": "1", "cluster": "sugar", "env": "de\x1b[2Jv!"}),
    ],
)
def test_what_is_no_advert_of_ours(kind: str, txt: dict[str, str | None]) -> None:
    assert read_advert("instance", kind, "a.local", 6443, (), txt) is None


@pytest.mark.parametrize(
    "name", ["[red]pi.local", "pi local", "-oProxyCommand.local", "pi..local", "a/b", ""]
)
def test_unusable_host_names(name: str) -> None:
    assert usable_host(name) == ""


def test_host_names_lose_what_could_move_the_cursor() -> None:
    assert normal_host("Pi\x1b[2J\x00.local.local.") == "pi.local"


_TEXT = st.text(max_size=300)
_TYPES = st.one_of(
    _TEXT, st.sampled_from([HTTPS_TYPE, DEV.service_type, "_k3s--._tcp", "_k3s-x-y._tcp.local."])
)
_RECORDS = st.dictionaries(
    st.one_of(_TEXT, st.sampled_from([*TXT])), st.one_of(st.none(), _TEXT, st.sampled_from([*TXT.values()]))
)


@given(_TEXT, _TYPES, _TEXT, st.one_of(st.none(), st.integers(0, 65535)), _RECORDS)
def test_no_record_is_too_odd(
    instance: str, kind: str, host: str, port: int | None, txt: dict[str, str | None]
) -> None:
    advert = read_advert(instance, kind, host, port, (), txt)
    if advert is not None:
        shown = [
            advert.instance,
            advert.host,
            advert.role,
            *advert.txt,
            *advert.txt.values(),
            *advert.problems,
        ]
        assert not [c for text in shown for c in text if unicodedata.category(c) in ("Cc", "Cs")]
        assert not set("[]\\$;'\" ") & set(advert.host)


def test_huge_records_are_cut() -> None:
    txt: dict[str, str | None] = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": "x" * 65_536}
    txt |= {f"key{number}": "" for number in range(5_000)}
    advert = read_advert("i" * 65_536, HTTPS_TYPE, "h" * 65_536, 6443, (), txt)
    assert advert is not None
    assert len(advert.txt) <= 64
    assert max(map(len, [advert.instance, advert.host, *advert.txt.values()])) < 400


_ENVIRONMENTS = st.builds(
    Environment,
    st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True),
)


@given(_ENVIRONMENTS, st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True))
def test_published_file_says_what_the_contract_wants_and_reads_back(
    environment: Environment, hostname: str
) -> None:
    text = render_advert(environment, hostname, "10.0.0.5")
    assert text.startswith('<?xml version="1.0" standalone="no"?>')
    assert '<!DOCTYPE service-group SYSTEM "avahi-service.dtd">' in text
    group = ET.fromstring(text)
    assert group.tag == "service-group"
    name = group.find("name")
    assert name is not None
    assert name.attrib == {"replace-wildcards": "yes"}
    assert name.text == f"k3s-{environment.cluster}-{environment.name}@{hostname}.local (server)"
    services = group.findall("service")
    assert [service.findtext("type") for service in services] == [environment.service_type, HTTPS_TYPE]
    for service in services:
        assert service.findtext("port") == "6443"
        records = [record.text or "" for record in service.findall("txt-record")]
        assert records == [
            "k3s=1",
            f"cluster={environment.cluster}",
            f"env={environment.name}",
            "role=server",
            "phase=server",
            f"leader={hostname}.local",
            f"host={hostname}.local",
            "ip4=10.0.0.5",
        ]
        txt = dict(record.split("=", 1) for record in records)
        kind = service.findtext("type") or ""
        advert = read_advert(name.text or "", kind, f"{hostname}.local", 6443, ("10.0.0.5",), txt)
        assert advert is not None
        assert (advert.environment, advert.problems) == (environment, ())
