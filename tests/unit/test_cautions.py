"""What is to be thought of before the servers are settled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.belonging import strangers
from sugarkube_tui.cluster.cautions import cautions, likely_servers
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.fitness import Doubt, doubts, fittest_first, moved
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.plan import Concern
from sugarkube_tui.cluster.roles import assign_roles
from sugarkube_tui.cluster.standing import LiveServer, Standing
from tests.unit.builders import CA, access, agent_k3s, choices, prepared, server_k3s

DEV = Environment()


def nodes(count, *, cards=(), small=()):
    found = {}
    for number in range(count):
        changes = {"root_device": "/dev/mmcblk0p2"} if number in cards else {}
        changes |= {"memory_mb": 900} if number in small else {}
        found[f"sugarkube{number}"] = replace(prepared(number), access=access(number, **changes))
    return found


def told(some, wanted):
    return list(cautions(some, assign_roles(some, (), wanted), wanted))


def concerns(some, wanted):
    return [(caution.concern, caution.nodes) for caution in told(some, wanted)]


@pytest.mark.parametrize(
    ("some", "wanted", "expected"),
    [
        (nodes(3), choices(3), []),
        (nodes(4), choices(3), []),
        (nodes(4, cards=(1,)), choices(3), [(Concern.SD_CARD, ("sugarkube1",))]),
        (nodes(4, cards=(1, 2)), choices(3), [(Concern.SD_CARD, ("sugarkube1", "sugarkube2"))]),
        (nodes(4, cards=(3,)), choices(3), []),  # an agent may have a card
        (nodes(4, cards=(0,)), choices(1), []),  # SQLite is no etcd
        (nodes(1, small=(0,)), choices(1), [(Concern.LITTLE_MEMORY, ("sugarkube0",))]),
        (nodes(4), choices(2), [(Concern.EVEN, ())]),
        (
            nodes(3),
            choices(3, taint_servers=True),
            [(Concern.TAINTED_ALONE, ("sugarkube0", "sugarkube1", "sugarkube2"))],
        ),
        (
            nodes(2),
            choices(1, taint_servers=False),
            [(Concern.SHARED_WITH_WORKLOADS, ("sugarkube0",))],
        ),
        (nodes(2), choices(1, taint_servers=True), []),
    ],
)
def test_what_is_told_before(some, wanted, expected):
    assert concerns(some, wanted) == expected


def test_every_caution_says_what_why_and_what_to_do():
    some = nodes(4, cards=(0,), small=(1,))
    for caution in told(some, choices(4, taint_servers=True)):
        assert caution.what
        assert caution.why
        assert caution.remedy


def test_a_better_node_is_named_where_there_is_one():
    (caution,) = told(nodes(4, cards=(1,)), choices(3))
    assert "sugarkube3 would do better" in caution.remedy
    (caution,) = told(nodes(3, cards=(1,)), choices(3))
    assert "no other node" in caution.remedy


def test_what_stands_already_is_not_talked_about():
    some = nodes(3, cards=(0, 1, 2))
    some["sugarkube0"] = replace(some["sugarkube0"], k3s=server_k3s())
    assert concerns(some, choices(3)) == [(Concern.SD_CARD, ("sugarkube1", "sugarkube2"))]


def test_the_fittest_come_first_and_equals_keep_their_order():
    some = nodes(4, cards=(0, 2), small=(2,))
    assert fittest_first(some, some) == ("sugarkube1", "sugarkube3", "sugarkube0", "sugarkube2")
    assert doubts(some["sugarkube2"].access, embedded_etcd=True) == (Doubt.LITTLE_MEMORY, Doubt.SD_CARD)


@pytest.mark.parametrize(
    ("name", "by", "order"),
    [("a", 1, "bac"), ("a", -1, "abc"), ("c", -1, "acb"), ("c", 1, "abc"), ("b", -5, "bac")],
)
def test_a_name_is_moved_and_stops_at_the_ends(name, by, order):
    assert moved("abc", name, by) == tuple(order)


def live(*names):
    return [
        LiveServer(f"{name}.local", f"192.168.3.9{number}", CA) for number, name in enumerate(names, start=1)
    ]


@pytest.mark.parametrize(
    ("new", "elsewhere", "k3s", "likely"),
    [
        (0, (), None, 1),
        (1, (), None, 1),
        (2, (), None, 1),
        (3, (), None, 3),
        (7, (), None, 3),
        (4, ("x",), None, 1),  # its datastore cannot be told
        (2, (), server_k3s(datastore="sqlite"), 1),
        (2, (), server_k3s(), 3),
        (1, (), server_k3s(), 1),
        (1, ("x", "y"), None, 3),
        (0, ("x", "y"), None, 2),
        (2, ("x", "y", "z"), None, 3),
        (2, ("x", "y", "z", "w"), None, 5),
    ],
)
def test_the_likely_number_of_servers(new, elsewhere, k3s, likely):
    some = nodes(new)
    if k3s is not None:
        some["sugarkube9"] = replace(prepared(9), k3s=k3s)
    assert likely_servers(Standing.of(DEV, some, live(*elsewhere))) == likely


def test_nodes_of_another_environment_are_told_by_environment():
    some = {
        "sugarkube0": prepared(0),
        "sugarkube1": prepared(1, k3s=server_k3s(environment="sugar/prod")),
        "sugarkube2": prepared(2, k3s=agent_k3s(environment="sugar/prod")),
        "sugarkube3": prepared(3, k3s=server_k3s(environment="sugar/int")),
        "sugarkube4": prepared(4, k3s=server_k3s()),
    }
    first, second = strangers(DEV, (), some)
    assert first.what == "sugarkube1, sugarkube2 belong to sugar/prod already"
    assert "choose sugar/prod" in first.remedy
    assert second.what == "sugarkube3 belongs to sugar/int already"
    assert first.blocking


def test_what_a_host_advertises_is_believed_until_its_labels_are_read():
    prod = Environment("prod")
    told = Advert(prod, "sugarkube7.local", 6443, "server", (), {}, "k3s", prod.service_type)
    hosts = [Host("sugarkube7.local", adverts=(told,)), Host("a.local")]
    (problem,) = strangers(DEV, hosts, {})
    assert problem.what == "sugarkube7 belongs to sugar/prod already"
    assert strangers(DEV, hosts, {"sugarkube7": prepared(7, k3s=server_k3s())}) == ()
