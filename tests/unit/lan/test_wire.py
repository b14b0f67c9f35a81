"""Records to sightings; records are whatever someone on the LAN sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import AdvertGone, AdvertSeen, HostGone, HostSeen, LockGone, LockSeen
from sugarkube_tui.lan.wire import (
    TXT_LIMIT,
    ServiceRecords,
    bare,
    goodbye_to,
    is_k3s_type,
    read_txt,
    sighting_of,
)


def txt(*texts: bytes) -> bytes:
    return b"".join(bytes([len(text)]) + text for text in texts)


TXT = txt(b"k3s=1", b"cluster=sugar", b"env=dev", b"role=server")


def test_ssh_service_is_evidence_for_a_host() -> None:
    seen = sighting_of(ServiceRecords("_ssh._tcp", "Pi", "Pi.local.", 22, ("10.0.0.5",), "eth0"), 7.0)
    assert seen == HostSeen("pi.local", ("10.0.0.5",), Layer.ADVERTS, "_ssh._tcp advert", 7.0, "eth0")
    assert seen is not None
    assert goodbye_to(seen) == HostGone("pi.local", Layer.ADVERTS, "_ssh._tcp advert")


def test_workstation_tells_the_mac() -> None:
    seen = sighting_of(ServiceRecords("_workstation._tcp", "pi [2C:CF:67:00:00:01]", "pi.local."), 7.0)
    assert isinstance(seen, HostSeen)
    assert seen.mac == "2c:cf:67:00:00:01"


def test_k3s_service_is_an_advert_even_without_its_records() -> None:
    instance = "k3s-sugar-dev@pi.local (server)"
    seen = sighting_of(ServiceRecords("_k3s-sugar-dev._tcp", instance), 7.0)
    assert isinstance(seen, AdvertSeen)
    assert (seen.advert.host, seen.advert.role) == ("pi.local", "server")
    assert goodbye_to(seen) == AdvertGone(instance, "_k3s-sugar-dev._tcp")


def test_https_is_an_advert_only_when_it_says_k3s() -> None:
    server = ServiceRecords("_https._tcp", "x", "pi.local.", 6443, txt=TXT)
    assert isinstance(sighting_of(server, 0.0), AdvertSeen)
    assert sighting_of(replace(server, txt=txt(b"k3s")), 0.0) is None
    assert sighting_of(replace(server, txt=b""), 0.0) is None


@pytest.mark.parametrize(
    ("said", "host", "holder"),
    [
        (b"host=Pi8.local", "pi7.local.", "pi8.local"),
        (b"owner=x", "Pi7.local.", "pi7.local"),
        (b"host=[/red]", "pi7.local.", "pi7.local"),
        (b"host=\x1b[2J[b]", "", ""),
    ],
)
def test_a_join_lock_has_a_holder(said: bytes, host: str, holder: str) -> None:
    records = ServiceRecords(
        "_k3s-join-lock._tcp", "k3s join lock \x1b[1msugar/dev", host, 50_000, txt=txt(said)
    )
    seen = sighting_of(records, 7.0)
    assert seen == LockSeen("k3s join lock sugar/dev", holder, 7.0)
    assert isinstance(seen, LockSeen)
    assert goodbye_to(seen) == LockGone("k3s join lock sugar/dev")


def test_txt_records() -> None:
    assert read_txt(txt(b"a=1", b"flag", b"", b"=x", b"b==", b"a=2", b"\xff=\xfe")) == {
        "a": "1",
        "flag": None,
        "b": "=",
        "\ufffd": "\ufffd",
    }
    assert read_txt(b"\xffcut short") == {"cut short": None}
    assert len(read_txt(txt(*(b"key%d=x" % number for number in range(9_000))))) == TXT_LIMIT


@pytest.mark.parametrize("host", ["", "[/red].local.", "pi\x1b]0;owned\x07 x.local.", "a b.local."])
def test_hosts_with_unusable_names_are_dropped(host: str) -> None:
    assert sighting_of(ServiceRecords("_ssh._tcp", "x", host, 22), 0) is None


def test_types() -> None:
    assert bare("_K3S-Sugar-dev._tcp.local.") == "_k3s-sugar-dev._tcp"
    assert is_k3s_type("_k3s-sugar-staging._tcp.local.")
    assert is_k3s_type("_k3s-sugar-env=dev._tcp.local.")
    assert not is_k3s_type("_k3s-join-lock._tcp.local.")
    assert not is_k3s_type("_k3s-[x]-dev._tcp.local.")
    assert not is_k3s_type("_https._tcp.local.")


_TEXT = st.one_of(
    st.binary(max_size=255),
    st.sampled_from([b"k3s=1", b"cluster=sugar", b"env=dev", b"role=\xff\xfe", b"host=[/b]", b"k3s"]),
)


@given(
    st.sampled_from(
        ["_https._tcp", "_k3s-sugar-dev._tcp", "_ssh._tcp", "_workstation._tcp", "_k3s-join-lock._tcp"]
    ),
    st.text(max_size=300),
    st.text(max_size=300),
    st.one_of(st.binary(max_size=400), st.lists(_TEXT, max_size=8).map(lambda texts: txt(*texts))),
)
def test_no_record_is_too_odd(kind: str, instance: str, host: str, data: bytes) -> None:
    seen = sighting_of(ServiceRecords(kind, instance, host, txt=data), 0.0)
    assert seen is None or "\x1b" not in repr(seen)
