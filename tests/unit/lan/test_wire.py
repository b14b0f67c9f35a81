"""Records to sightings; records are whatever someone on the LAN sends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.hosts import AdvertGone, AdvertSeen, HostGone, HostSeen
from sugarkube_tui.lan.wire import ServiceRecords, bare, goodbye_to, is_k3s_type, sighting_of

TXT = {b"k3s": b"1", b"cluster": b"sugar", b"env": b"dev", b"role": b"server"}


def test_ssh_service_is_evidence_for_a_host() -> None:
    seen = sighting_of(ServiceRecords("_ssh._tcp", "Pi", "Pi.local.", 22, ("10.0.0.5",)), 7.0)
    assert seen == HostSeen("pi.local", ("10.0.0.5",), "_ssh._tcp advert", 7.0)
    assert seen is not None
    assert goodbye_to(seen) == HostGone("pi.local", "_ssh._tcp advert")


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
    server = ServiceRecords("_https._tcp", "x", "pi.local.", 6443, (), TXT)
    assert isinstance(sighting_of(server, 0.0), AdvertSeen)
    assert sighting_of(replace(server, txt={b"k3s": None}), 0.0) is None
    assert sighting_of(replace(server, txt=None), 0.0) is None


@pytest.mark.parametrize("host", ["", "[/red].local.", "pi\x1b]0;owned\x07 x.local.", "a b.local."])
def test_hosts_with_unusable_names_are_dropped(host: str) -> None:
    assert sighting_of(ServiceRecords("_ssh._tcp", "x", host, 22), 0) is None


def test_types() -> None:
    assert bare("_K3S-Sugar-dev._tcp.local.") == "_k3s-sugar-dev._tcp"
    assert is_k3s_type("_k3s-sugar-staging._tcp.local.")
    assert not is_k3s_type("_k3s-join-lock._tcp.local.")
    assert not is_k3s_type("_k3s-[x]-dev._tcp.local.")
    assert not is_k3s_type("_https._tcp.local.")


_BYTES = st.one_of(st.binary(max_size=400), st.sampled_from([*TXT, *TXT.values(), b"\xff\xfe", b"[/b]"]))


@given(
    st.sampled_from(["_https._tcp", "_k3s-sugar-dev._tcp", "_ssh._tcp", "_workstation._tcp"]),
    st.text(max_size=300),
    st.text(max_size=300),
    st.dictionaries(_BYTES, st.one_of(st.none(), _BYTES)),
)
def test_no_record_is_too_odd(kind: str, instance: str, host: str, txt: dict[bytes, bytes | None]) -> None:
    seen = sighting_of(ServiceRecords(kind, instance, host, None, (), txt), 0.0)
    assert seen is None or "\x1b" not in repr(seen)
