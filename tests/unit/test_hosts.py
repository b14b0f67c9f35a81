"""Folding sightings into hosts."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.advert import Advert, read_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hosts import AdvertGone, AdvertSeen, HostGone, HostSeen, Sighting, Survey

DEV = Environment()
SSH = "_ssh._tcp advert"


def fold(*sightings: Sighting) -> Survey:
    return reduce(Survey.fold, sightings, Survey())


def seen(name: str, *addresses: str, evidence: str = SSH, at: float = 1.0, mac: str = "") -> HostSeen:
    return HostSeen(name, addresses, evidence, at, mac)


def advert(
    host: str = "sugarkube0.local", role: str = "server", kind: str = DEV.service_type, *addresses: str
) -> Advert:
    txt = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": role}
    made = read_advert(f"k3s-sugar-dev@{host} ({role})", kind, host, 6443, addresses, txt)
    assert made is not None
    return made


def test_evidence_for_one_name_is_collected_in_the_order_it_came() -> None:
    (host,) = fold(
        seen("sugarkube0.local", "10.0.0.5", evidence="answers to its name", at=6.0),
        seen("Sugarkube0.local.", "10.0.0.5", at=120.0, mac="2c:cf:67:00:00:01"),
    ).hosts
    assert host.name == "sugarkube0.local"
    assert host.evidence == ("answers to its name", SSH)
    assert (host.seen_ms, host.mac, host.addresses) == (6.0, "2c:cf:67:00:00:01", ("10.0.0.5",))


def test_address_added_by_hand_takes_the_name_that_has_it() -> None:
    survey = fold(
        seen("10.0.0.5", "10.0.0.5", evidence="added by hand"), seen("sugarkube0.local", "10.0.0.5")
    )
    (host,) = survey.hosts
    assert host.name == "sugarkube0.local"
    assert survey.host("10.0.0.5") is host


def test_two_hosts_that_prove_to_be_one_become_one() -> None:
    (host,) = fold(
        seen("sugarkube0.local", at=3.0),
        seen("10.0.0.5", "10.0.0.5", evidence="added by hand", at=1.0),
        seen("sugarkube0.local", "10.0.0.5", evidence="answers to its name", at=9.0),
    ).hosts
    assert (host.name, host.seen_ms) == ("sugarkube0.local", 1.0)
    assert host.evidence == ("added by hand", SSH, "answers to its name")


def test_name_after_a_conflict_is_another_host() -> None:
    survey = fold(seen("sugarkube0.local", "10.0.0.5"), seen("sugarkube0-2.local", "10.0.0.6"))
    assert [host.name for host in survey.hosts] == ["sugarkube0-2.local", "sugarkube0.local"]


def test_hosts_without_addresses_stay_apart() -> None:
    assert len(fold(seen("a.example"), seen("b.example")).hosts) == 2


def test_host_goes_with_its_last_evidence() -> None:
    both = fold(
        seen("sugarkube0.local", "10.0.0.5"), seen("sugarkube0.local", evidence="answers to its name")
    )
    one = both.fold(HostGone("sugarkube0.local", SSH))
    assert one.hosts[0].evidence == ("answers to its name",)
    assert one.fold(HostGone("sugarkube0.local", "answers to its name")).hosts == ()


def test_goodbye_to_another_name_of_the_host_counts() -> None:
    survey = fold(
        seen("sugarkube0.local", "10.0.0.5"), seen("api.local", "10.0.0.5", evidence="answers to its name")
    )
    assert survey.hosts[0].evidence == (SSH, "answers to its name")
    assert survey.fold(HostGone("api.local", "answers to its name")).hosts[0].evidence == (SSH,)


def test_advert_reaches_a_host_that_is_known_by_another_name() -> None:
    survey = fold(
        seen("raspberrypi.local", "10.0.0.5"),
        AdvertSeen(advert("sugarkube0.local", "server", DEV.service_type, "10.0.0.5"), 2.0),
    )
    assert len(survey.hosts) == 1
    assert survey.servers_of(DEV)


def test_changed_advert_replaces_the_old_one() -> None:
    survey = fold(AdvertSeen(advert(), 1.0), AdvertSeen(advert(), 2.0))
    changed = survey.fold(AdvertSeen(replace(advert(), role="bootstrap"), 3.0))
    assert [a.role for a in changed.adverts] == ["bootstrap"]
    assert changed.servers_of(DEV) == ()


def test_one_server_heard_by_two_types_is_one_server() -> None:
    survey = fold(AdvertSeen(advert(), 1.0), AdvertSeen(advert(kind="_https._tcp"), 1.0))
    assert len(survey.hosts[0].adverts) == 2
    assert len(survey.servers_of(DEV)) == 1


def test_withdrawn_advert_takes_its_evidence_along() -> None:
    survey = fold(seen("sugarkube0.local", "10.0.0.5"), AdvertSeen(advert(), 2.0))
    gone = survey.fold(AdvertGone(advert().instance, DEV.service_type))
    assert gone.adverts == ()
    assert gone.hosts[0].evidence == (SSH,)


def test_goodbye_to_an_unknown_host_changes_nothing() -> None:
    survey = fold(seen("sugarkube0.local"))
    assert survey.fold(HostGone("other.local", SSH)) == survey
    assert survey.fold(AdvertGone("other", DEV.service_type)) == survey


def test_ipv4_is_preferred_and_link_local_never_dialled() -> None:
    assert fold(seen("a.local", "fe80::1", "10.0.0.5")).hosts[0].address == "10.0.0.5"
    assert fold(seen("a.local", "fe80::1")).hosts[0].address == "a.local"


_NAMES = st.sampled_from(["a.local", "b.local", "a-2.local", "10.0.0.1", "c.example"])
_ADDRESSES = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]), max_size=2).map(tuple)
_SIGHTINGS = st.one_of(
    st.builds(HostSeen, _NAMES, _ADDRESSES, st.sampled_from([SSH, "added by hand"]), st.floats(0, 9)),
    st.builds(HostGone, _NAMES, st.sampled_from([SSH, "added by hand"])),
    st.builds(AdvertSeen, st.builds(advert, st.sampled_from(["a.local", "b.local"])), st.floats(0, 9)),
    st.builds(AdvertGone, st.just(advert("a.local").instance), st.just(DEV.service_type)),
)


@given(st.lists(_SIGHTINGS, max_size=12))
def test_no_name_and_no_address_belongs_to_two_hosts(sightings: list[Sighting]) -> None:
    hosts = fold(*sightings).hosts
    names = [name for host in hosts for name in (host.name, *host.aliases)]
    addresses = [address for host in hosts for address in host.addresses]
    assert len(set(names)) == len(names)
    assert len(set(addresses)) == len(addresses)
    assert all(host.evidence for host in hosts)
