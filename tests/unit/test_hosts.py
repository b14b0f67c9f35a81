"""Folding sightings into hosts."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.advert import Advert, read_advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hosts import HostEvidence, Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    EchoHeard,
    HostGone,
    HostSeen,
    Interface,
    LayerTold,
    Listening,
    LockGone,
    LockSeen,
    Platform,
    Sighting,
)

DEV = Environment()
SSH = "_ssh._tcp advert"
ANSWERS = "answers to its name"
TYPED = "added by hand"
_LAYERS = {SSH: Layer.ADVERTS, ANSWERS: Layer.NAMES, TYPED: Layer.GIVEN}


def fold(*sightings: Sighting) -> Survey:
    return reduce(Survey.fold, sightings, Survey())


def seen(name: str, *addresses: str, evidence: str = SSH, at: float = 1.0, mac: str = "") -> HostSeen:
    return HostSeen(name, addresses, _LAYERS[evidence], evidence, at, mac=mac)


def gone(name: str, evidence: str) -> HostGone:
    return HostGone(name, _LAYERS[evidence], evidence)


def words(survey: Survey) -> list[tuple[str, ...]]:
    return [tuple(evidence.what for evidence in host.evidence) for host in survey.hosts]


def advert(
    host: str = "sugarkube0.local", role: str = "server", kind: str = DEV.service_type, *addresses: str
) -> Advert:
    txt = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": role}
    made = read_advert(f"k3s-sugar-dev@{host} ({role})", kind, host, 6443, addresses, txt)
    assert made is not None
    return made


def test_evidence_for_one_name_is_collected_in_the_order_it_came() -> None:
    (host,) = fold(
        seen("sugarkube0.local", "10.0.0.5", evidence=ANSWERS, at=6.0),
        seen("Sugarkube0.local.", "10.0.0.5", at=120.0, mac="2c:cf:67:00:00:01"),
    ).hosts
    assert host.name == "sugarkube0.local"
    assert host.evidence == (
        HostEvidence(Layer.NAMES, ANSWERS, "", "IPv4", 6.0, 6.0),
        HostEvidence(Layer.ADVERTS, SSH, "", "IPv4", 120.0, 120.0),
    )
    assert (host.seen_ms, host.last_ms) == (6.0, 120.0)
    assert (host.macs, host.addresses) == (("2c:cf:67:00:00:01",), ("10.0.0.5",))


def test_evidence_seen_again_keeps_when_it_was_first_seen() -> None:
    (host,) = fold(seen("a.local", "10.0.0.5", at=6.0), seen("a.local", "10.0.0.5", at=900.0)).hosts
    assert [(one.first_ms, one.last_ms) for one in host.evidence] == [(6.0, 900.0)]


def test_interface_and_family_are_part_of_the_evidence() -> None:
    (host,) = fold(
        replace(seen("a.local", "10.0.0.5", "fd00::5"), interface="eth0"),
        replace(seen("a.local", "10.1.0.5"), interface="wlan0"),
    ).hosts
    assert [(one.interface, one.family) for one in host.evidence] == [
        ("eth0", "IPv4 IPv6"),
        ("wlan0", "IPv4"),
    ]
    assert host.addresses == ("10.0.0.5", "10.1.0.5", "fd00::5")


def test_address_added_by_hand_takes_the_name_that_has_it() -> None:
    survey = fold(seen("10.0.0.5", "10.0.0.5", evidence=TYPED), seen("sugarkube0.local", "10.0.0.5"))
    (host,) = survey.hosts
    assert host.name == "sugarkube0.local"
    assert survey.host("10.0.0.5") is host


def test_two_hosts_that_prove_to_be_one_become_one() -> None:
    (host,) = fold(
        seen("sugarkube0.local", at=3.0),
        seen("10.0.0.5", "10.0.0.5", evidence=TYPED, at=1.0),
        seen("sugarkube0.local", "10.0.0.5", evidence=ANSWERS, at=9.0),
    ).hosts
    assert (host.name, host.seen_ms) == ("sugarkube0.local", 1.0)
    assert [evidence.what for evidence in host.evidence] == [TYPED, SSH, ANSWERS]


def test_name_after_a_conflict_is_another_host() -> None:
    survey = fold(seen("sugarkube0.local", "10.0.0.5"), seen("sugarkube0-2.local", "10.0.0.6"))
    assert [host.name for host in survey.hosts] == ["sugarkube0-2.local", "sugarkube0.local"]


def test_hosts_without_addresses_stay_apart() -> None:
    assert len(fold(seen("a.example"), seen("b.example")).hosts) == 2


def test_host_goes_with_its_last_evidence() -> None:
    both = fold(seen("sugarkube0.local", "10.0.0.5"), seen("sugarkube0.local", evidence=ANSWERS))
    one = both.fold(gone("sugarkube0.local", SSH))
    assert words(one) == [(ANSWERS,)]
    assert one.fold(gone("sugarkube0.local", ANSWERS)).hosts == ()


def test_goodbye_to_another_name_of_the_host_counts() -> None:
    survey = fold(seen("sugarkube0.local", "10.0.0.5"), seen("api.local", "10.0.0.5", evidence=ANSWERS))
    assert words(survey) == [(SSH, ANSWERS)]
    assert words(survey.fold(gone("api.local", ANSWERS))) == [(SSH,)]


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
    after = survey.fold(AdvertGone(advert().instance, DEV.service_type))
    assert after.adverts == ()
    assert words(after) == [(SSH,)]


def test_goodbye_to_an_unknown_host_changes_nothing() -> None:
    survey = fold(seen("sugarkube0.local"))
    assert survey.fold(gone("other.local", SSH)) == survey
    assert survey.fold(AdvertGone("other", DEV.service_type)) == survey


def test_ipv4_is_preferred_and_link_local_never_dialled() -> None:
    assert fold(seen("a.local", "fe80::1", "10.0.0.5")).hosts[0].address == "10.0.0.5"
    assert fold(seen("a.local", "fe80::1")).hosts[0].address == "a.local"


def greeted(address: str, key: str = "SHA256:k", banner: str = "SSH-2.0-x") -> HostSeen:
    return HostSeen("", (address,), Layer.SSH, f"SSH server: {banner}", 5.0, host_key=key, banner=banner)


def neighbour(address: str, mac: str) -> HostSeen:
    return HostSeen("", (address,), Layer.NEIGHBOURS, f"MAC {mac}", 5.0, mac=mac)


PI_MAC, OTHER_MAC = "2c:cf:67:00:00:01", "00:1b:63:00:00:01"


def test_a_pi_on_cable_and_wifi_is_one_host_by_its_host_key() -> None:
    (host,) = fold(greeted("10.0.0.5"), greeted("10.0.0.6"), seen("a.local", "10.0.0.5")).hosts
    assert host.addresses == ("10.0.0.5", "10.0.0.6")
    assert (host.name, host.host_keys, host.banner) == ("a.local", ("SHA256:k",), "SSH-2.0-x")


def test_two_addresses_of_one_mac_are_one_host() -> None:
    (host,) = fold(neighbour("10.0.0.5", PI_MAC), neighbour("10.0.0.9", PI_MAC)).hosts
    assert host.addresses == ("10.0.0.5", "10.0.0.9")


def test_cloned_cards_with_names_of_their_own_stay_two_hosts() -> None:
    survey = fold(
        greeted("10.0.0.5"), greeted("10.0.0.6"), seen("a.local", "10.0.0.5"), seen("b.local", "10.0.0.6")
    )
    assert [(host.name, host.host_keys) for host in survey.hosts] == [
        ("a.local", ("SHA256:k",)),
        ("b.local", ("SHA256:k",)),
    ]


def test_a_router_that_answers_for_others_does_not_make_them_one() -> None:
    survey = fold(
        seen("a.local", "10.0.0.5"),
        seen("b.local", "10.0.0.6"),
        neighbour("10.0.0.5", OTHER_MAC),
        neighbour("10.0.0.6", OTHER_MAC),
    )
    assert [host.name for host in survey.hosts] == ["a.local", "b.local"]


def test_a_virtual_address_that_moved_does_not_make_two_servers_one() -> None:
    survey = fold(
        seen("a.local", "10.0.0.5", "10.0.0.50"),
        seen("b.local", "10.0.0.6", "10.0.0.50"),
        greeted("10.0.0.5", "SHA256:k"),
        greeted("10.0.0.6", "SHA256:l"),
        greeted("10.0.0.50", "SHA256:l"),
    )
    assert [(host.name, host.host_keys) for host in survey.hosts] == [
        ("a.local", ("SHA256:k",)),
        ("b.local", ("SHA256:l",)),
    ]


def test_an_alias_with_some_of_the_addresses_is_the_same_machine() -> None:
    (host,) = fold(seen("a.local", "10.0.0.5", "10.1.0.5"), seen("api.local", "10.1.0.5")).hosts
    assert (host.name, host.aliases) == ("a.local", ("api.local",))


def test_two_machines_behind_one_name_show_two_keys() -> None:
    (host,) = fold(
        seen("a.local", "10.0.0.5", "10.0.0.6"),
        greeted("10.0.0.5", "SHA256:k"),
        greeted("10.0.0.6", "SHA256:l"),
    ).hosts
    assert host.host_keys == ("SHA256:k", "SHA256:l")


def test_the_neighbour_table_alone_speaks_for_pis_only() -> None:
    survey = fold(neighbour("10.0.0.5", PI_MAC), neighbour("10.0.0.6", OTHER_MAC))
    assert [host.name for host in survey.hosts] == ["10.0.0.5"]
    assert survey.hosts[0].pi_reasons == (f"MAC {PI_MAC} belongs to Raspberry Pi",)
    other = survey.fold(greeted("10.0.0.6")).host("10.0.0.6")
    assert other is not None
    assert (other.macs, other.pi_reasons) == ((OTHER_MAC,), ())


def test_banner_and_image_name_speak_for_a_pi() -> None:
    banner = "SSH-2.0-OpenSSH_8.4p1 Raspbian-5"
    (host,) = fold(seen("raspberrypi-2.local", "10.0.0.5"), greeted("10.0.0.5", banner=banner)).hosts
    assert len(host.pi_reasons) == 2
    assert fold(seen("sugarkube0.local", "10.0.0.5")).hosts[0].pi_reasons == ()


def test_an_alias_of_the_ssh_configuration_is_kept() -> None:
    alias = HostSeen("node1", ("10.0.0.5",), Layer.GIVEN, "~/.ssh/config", 0.0, ssh_alias="node1")
    (host,) = fold(alias, seen("a.local", "10.0.0.5")).hosts
    assert (host.name, host.ssh_alias, host.aliases) == ("a.local", "node1", ("node1",))


def test_a_join_lock_is_as_old_as_we_have_heard_it() -> None:
    name = "k3s join lock sugar/dev"
    survey = fold(LockSeen(name, "a.local", 10.0), LockSeen(name, "a.local", 500.0))
    assert [(lock.holder, lock.first_ms) for lock in survey.locks] == [("a.local", 10.0)]
    taken = survey.fold(LockSeen(name, "b.local", 900.0))
    assert [(lock.holder, lock.first_ms) for lock in taken.locks] == [("b.local", 900.0)]
    assert taken.fold(LockGone(name)).locks == ()


def test_interfaces_echoes_and_costs_are_kept() -> None:
    eth0 = Interface("eth0", "10.0.0.1", "10.0.0.0/24")
    survey = fold(
        Listening((eth0,), Platform.LINUX),
        EchoHeard("eth0", 3.0),
        LayerTold(Layer.NAMES, 11, "questions"),
        LayerTold(Layer.NAMES, 22, "questions", 900.0),
    )
    assert (survey.interfaces, survey.platform, survey.echoes) == ((eth0,), Platform.LINUX, {"eth0"})
    assert survey.layers == {Layer.NAMES: LayerTold(Layer.NAMES, 22, "questions", 900.0)}


_NAMES = st.sampled_from(["a.local", "b.local", "a-2.local", "10.0.0.1", "c.example", ""])
_ADDRESSES = st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]), max_size=2).map(tuple)
_SEEN = st.builds(
    HostSeen,
    _NAMES,
    _ADDRESSES,
    st.sampled_from(list(Layer)),
    st.sampled_from([SSH, TYPED]),
    st.floats(0, 9),
    mac=st.sampled_from(["", PI_MAC, OTHER_MAC]),
    host_key=st.sampled_from(["", "SHA256:k", "SHA256:l"]),
)
_SIGHTINGS = st.one_of(
    _SEEN,
    st.builds(HostGone, _NAMES, st.sampled_from(list(Layer)), st.sampled_from([SSH, TYPED])),
    st.builds(AdvertSeen, st.builds(advert, st.sampled_from(["a.local", "b.local"])), st.floats(0, 9)),
    st.builds(AdvertGone, st.just(advert("a.local").instance), st.just(DEV.service_type)),
)


@given(st.lists(_SIGHTINGS, max_size=12))
def test_no_name_belongs_to_two_hosts_and_an_address_only_where_names_differ(
    sightings: list[Sighting],
) -> None:
    hosts = fold(*sightings).hosts
    names = [name for host in hosts for name in (host.name, *host.aliases)]
    assert len(set(names)) == len(names)
    assert all(host.evidence for host in hosts)
    for address in {address for host in hosts for address in host.addresses}:
        sharing = [host.name for host in hosts if address in host.addresses]
        assert len(sharing) == 1 or sum(name.endswith(".local") for name in sharing) >= 2


def test_of_two_addresses_at_the_same_moment_it_is_always_the_same_that_names_a_host() -> None:
    seen = [
        HostSeen("", (address,), Layer.NAMES, SSH, 0.0, host_key="SHA256:k")
        for address in ("10.0.0.2", "10.0.0.1")
    ]
    for told in (seen, seen[::-1]):
        (host,) = fold(*told).hosts
        assert host.name == "10.0.0.1"


@given(st.lists(_SEEN, max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_sightings_does_not_matter(sightings: list[HostSeen], dice: Random) -> None:
    # The same evidence twice is told in order: the later one counts.
    unique = list({(s.name or "".join(s.addresses[:1]), s.layer, s.what): s for s in sightings}.values())
    shuffled = list(unique)
    dice.shuffle(shuffled)

    def machines(told: list[HostSeen]) -> set[tuple[frozenset[str], frozenset[str]]]:
        hosts = fold(*told).hosts
        return {(frozenset((host.name, *host.aliases)), frozenset(host.addresses)) for host in hosts}

    assert machines(unique) == machines(shuffled)
