"""Who becomes what, from what runs already and what was chosen."""

from dataclasses import replace

import pytest

from sugarkube_tui.cluster.choices import Role
from sugarkube_tui.cluster.objections import fault_tolerance
from sugarkube_tui.cluster.plan import Concern
from sugarkube_tui.cluster.roles import assign_roles
from sugarkube_tui.cluster.standing import LiveServer, natural
from tests.unit.builders import CA, OTHER_CA, agent_k3s, choices, password, prepared, server_k3s, token


def roles_of(roles):
    return {name: assignment.goal.role for name, assignment in roles.assignments.items()}


def nodes(count):
    return {f"sugarkube{number}": prepared(number) for number in range(count)}


def blocking(roles):
    return [problem.what for problem in roles.problems if problem.blocking]


def test_three_servers_and_the_rest_agents():
    roles = assign_roles(nodes(4), (), choices(3))
    assert list(roles_of(roles).values()) == [Role.FIRST_SERVER, Role.SERVER, Role.SERVER, Role.AGENT]
    assert not blocking(roles)
    assert roles.assignments["sugarkube0"].goal.embedded_etcd
    joining = roles.assignments["sugarkube3"].goal.join
    assert joining is not None
    assert joining.url == "https://192.168.3.10:6443"


def test_one_server_uses_sqlite():
    roles = assign_roles(nodes(3), (), choices(1))
    assert list(roles_of(roles).values()) == [Role.FIRST_SERVER, Role.AGENT, Role.AGENT]
    assert not roles.assignments["sugarkube0"].goal.embedded_etcd


def test_the_first_server_is_the_first_by_number_not_by_letter():
    some = {f"sugarkube{number}": prepared(number) for number in (10, 2)}
    assert roles_of(assign_roles(some, (), choices(1)))["sugarkube2"] is Role.FIRST_SERVER
    assert natural("sugarkube2") < natural("sugarkube10")


@pytest.mark.parametrize(
    ("order", "servers"),
    [
        ((), ["sugarkube0", "sugarkube1", "sugarkube2"]),
        (("sugarkube3",), ["sugarkube3", "sugarkube0", "sugarkube1"]),
        (("sugarkube2", "sugarkube0"), ["sugarkube2", "sugarkube0", "sugarkube1"]),
        (("gone", "sugarkube3", "sugarkube3"), ["sugarkube3", "sugarkube0", "sugarkube1"]),
    ],
)
def test_new_servers_are_taken_in_the_order_that_was_chosen(order, servers):
    roles = assign_roles(nodes(4), (), choices(3, order=order))
    first = [name for name, role in roles_of(roles).items() if role is Role.FIRST_SERVER]
    others = {name for name, role in roles_of(roles).items() if role is Role.SERVER}
    assert first == servers[:1]
    assert others == set(servers[1:])


def test_only_who_was_moved_up_has_it_from_the_operator():
    roles = assign_roles(nodes(4), (), choices(3, order=("sugarkube3", "sugarkube0", "sugarkube1")))
    told = {name: "moved there by you" in one.reason for name, one in roles.assignments.items()}
    assert told == {"sugarkube0": False, "sugarkube1": False, "sugarkube2": False, "sugarkube3": True}


def test_a_live_server_stays_one_wherever_others_are_moved():
    some = nodes(4) | {"sugarkube3": prepared(3, k3s=server_k3s())}
    roles = assign_roles(some, (), choices(3, order=("sugarkube2",)), token())
    assert roles_of(roles)["sugarkube2"] is Role.SERVER
    assert roles_of(roles)["sugarkube1"] is Role.AGENT
    assert roles.assignments["sugarkube3"].goal.kept


def test_servers_are_tainted_only_beside_agents():
    assert assign_roles(nodes(4), (), choices(3)).assignments["sugarkube0"].goal.tainted
    assert not assign_roles(nodes(3), (), choices(3)).assignments["sugarkube0"].goal.tainted
    untainted = assign_roles(nodes(4), (), choices(3, taint_servers=False))
    assert not untainted.assignments["sugarkube0"].goal.tainted


def test_a_formed_cluster_is_kept_as_it_is():
    some = nodes(4)
    for number in range(3):
        some[f"sugarkube{number}"] = prepared(number, k3s=server_k3s())
    some["sugarkube3"] = prepared(3, k3s=agent_k3s())
    roles = assign_roles(some, (), choices(3))
    assert all(assignment.goal.kept for assignment in roles.assignments.values())
    assert roles_of(roles)["sugarkube3"] is Role.AGENT
    assert roles.ca_hash == CA


def test_servers_that_live_elsewhere_count():
    live = (LiveServer("sugarkube7.local", "192.168.3.99", CA),)
    roles = assign_roles(nodes(3), live, choices(3), token())
    assert list(roles_of(roles).values()) == [Role.SERVER, Role.SERVER, Role.AGENT]
    goal = roles.assignments["sugarkube0"].goal
    assert goal.join is not None
    assert (goal.join.host, goal.join.ca_hash) == ("192.168.3.99", CA)


def test_when_enough_servers_live_new_nodes_become_agents():
    live = tuple(LiveServer(f"other{number}.local", "192.168.3.99", CA) for number in range(3))
    assert set(roles_of(assign_roles(nodes(2), live, choices(3), token())).values()) == {Role.AGENT}


@pytest.mark.parametrize(
    ("live", "servers", "reason"),
    [
        (0, 1, "there will be a server"),
        (0, 3, "there will be servers enough"),
        (1, 1, "there is a server already"),
        (3, 3, "there are servers enough already"),
    ],
)
def test_an_agent_says_whether_the_servers_are_there_yet(live, servers, reason):
    elsewhere = [
        LiveServer(f"other{number}.local", (f"192.168.3.{90 + number}",), CA) for number in range(live)
    ]
    roles = assign_roles(nodes(4), elsewhere, choices(servers), token())
    assert roles.assignments["sugarkube3"].reason == reason


def test_no_second_bootstrap_beside_a_live_cluster_without_its_token():
    roles = assign_roles(nodes(1), (LiveServer("sugarkube7.local", "192.168.3.99", CA),), choices(1))
    assert blocking(roles) == ["joining sugar/dev needs its token"]
    assert Role.FIRST_SERVER not in roles_of(roles).values()


def test_no_bootstrap_beside_a_server_that_only_sleeps():
    roles = assign_roles(
        nodes(1), (LiveServer("sugarkube7.local", "192.168.3.99", ""),), choices(1), password()
    )
    assert blocking(roles) == ["sugarkube7.local advertises sugar/dev, but its API does not answer"]


def test_a_chosen_nodes_own_advert_does_not_count_twice():
    some = {"sugarkube0": prepared(0, k3s=server_k3s()), "sugarkube1": prepared(1)}
    roles = assign_roles(
        some, (LiveServer("sugarkube0.local", "192.168.3.99", CA),), choices(2, even_servers=True)
    )
    assert roles_of(roles)["sugarkube1"] is Role.SERVER


def test_two_clusters_under_one_name_are_told_apart_before_anything_joins():
    live = (LiveServer("a.local", "192.168.3.99", CA), LiveServer("b.local", "192.168.3.98", OTHER_CA))
    for given in (None, password()):
        assert "there are several clusters under the name sugar/dev" in blocking(
            assign_roles(nodes(1), live, choices(3), given)
        )


def test_of_chosen_nodes_of_two_clusters_the_ones_to_leave_out_are_told_by_their_side():
    some = nodes(2) | {
        name: replace(prepared(number), k3s=server_k3s(ca_hash=ca))
        for number, (name, ca) in enumerate((("sugarkube2", CA), ("sugarkube3", OTHER_CA)), start=2)
    }
    (problem,) = (one for one in assign_roles(some, (), choices(3)).problems if one.blocking)
    assert problem.concern is Concern.SEVERAL_CLUSTERS
    assert "Leave the nodes of the others out" in problem.remedy
    assert {line.split(": ")[1] for line in problem.why.splitlines()} == {"sugarkube2", "sugarkube3"}


def test_of_two_clusters_without_a_chosen_node_the_meant_one_is_asked_for():
    live = (LiveServer("a.local", "192.168.3.99", CA), LiveServer("b.local", "192.168.3.98", OTHER_CA))
    first = assign_roles(nodes(1), live, choices(3)).problems[0]
    assert "choose one of its servers, too, or export its token as SUGARKUBE_TOKEN_DEV" in first.remedy


def test_a_full_token_says_which_of_two_clusters_is_meant():
    live = (LiveServer("b.local", "192.168.3.98", OTHER_CA), LiveServer("a.local", "192.168.3.99", CA))
    roles = assign_roles(nodes(1), live, choices(3), token())
    assert blocking(roles) == []
    assert (roles.ca_hash, roles.direct) == (CA, "192.168.3.99")
    assert "b.local poses as a server of sugar/dev, and is none of this cluster" in [
        problem.what for problem in roles.problems
    ]


def test_a_chosen_server_says_which_cluster_is_meant():
    some = {"sugarkube0": prepared(0, k3s=server_k3s()), "sugarkube1": prepared(1)}
    forged = LiveServer("evil.local", "192.168.3.98", OTHER_CA)
    roles = assign_roles(some, (LiveServer("sugarkube0.local", "192.168.3.10", CA), forged), choices(1))
    assert blocking(roles) == []
    assert roles_of(roles)["sugarkube1"] is Role.AGENT
    assert roles.direct != "192.168.3.98"


def test_a_left_over_advert_does_not_stop_a_cluster_that_lives():
    some = {"sugarkube0": prepared(0, k3s=server_k3s()), "sugarkube1": prepared(1)}
    roles = assign_roles(some, (LiveServer("old.local", "192.168.3.98", ""),), choices(1))
    assert blocking(roles) == []
    assert "old.local advertises sugar/dev, but its API does not answer" in [
        problem.what for problem in roles.problems
    ]


def test_a_token_of_another_cluster_is_refused():
    roles = assign_roles(
        nodes(1),
        (LiveServer("a.local", "192.168.3.99", CA),),
        choices(3),
        token("SUGARKUBE_TOKEN_DEV", OTHER_CA),
    )
    assert "the token in SUGARKUBE_TOKEN_DEV is not for sugar/dev" in blocking(roles)


def test_a_token_is_no_consent_to_bootstrap():
    roles = assign_roles(nodes(3), (), choices(3), token("SUGARKUBE_TOKEN_DEV"))
    assert blocking(roles) == ["SUGARKUBE_TOKEN_DEV holds the token of a cluster that was not found"]


def test_a_password_of_the_operators_goes_to_the_first_server():
    roles = assign_roles(nodes(1), (), choices(1), password())
    assert roles.assignments["sugarkube0"].goal.token == password()


def test_an_even_number_needs_consent():
    assert blocking(assign_roles(nodes(2), (), choices(2)))
    assert not blocking(assign_roles(nodes(2), (), choices(2, even_servers=True)))


def test_an_even_number_below_what_is_there_needs_none():
    live = tuple(LiveServer(f"other{number}.local", f"192.168.3.{90 + number}", CA) for number in range(3))
    assert not blocking(assign_roles(nodes(2), live, choices(2), token()))


def test_too_few_nodes_are_a_warning():
    problems = assign_roles(nodes(2), (), choices(3)).problems
    assert [problem.what for problem in problems] == ["only 2 of 3 servers are there"]
    assert not problems[0].blocking


def test_a_sqlite_server_takes_no_further_servers():
    some = {"sugarkube0": prepared(0, k3s=server_k3s(datastore="sqlite")), "sugarkube1": prepared(1)}
    assert any("SQLite" in what for what in blocking(assign_roles(some, (), choices(3))))


def test_an_interrupted_bootstrap_is_resumed_as_such():
    begun = server_k3s(state="inactive", api="", node_state="")
    some = {"sugarkube0": prepared(0), "sugarkube1": prepared(1, k3s=begun)}
    roles = assign_roles(some, (), choices(3))
    assert roles_of(roles) == {"sugarkube0": Role.SERVER, "sugarkube1": Role.FIRST_SERVER}
    assert not roles.assignments["sugarkube1"].goal.kept


def test_an_interrupted_join_is_resumed_as_such():
    begun = server_k3s(state="activating", api="", node_state="", joined=True)
    some = {"sugarkube0": prepared(0, k3s=server_k3s()), "sugarkube1": prepared(1, k3s=begun)}
    assert roles_of(assign_roles(some, (), choices(3)))["sugarkube1"] is Role.SERVER


def test_nodes_join_a_server_that_runs_and_never_themselves():
    begun = server_k3s(state="activating", api="", node_state="", joined=True)
    some = {
        "sugarkube0": prepared(0, k3s=begun),
        "sugarkube1": prepared(1, k3s=server_k3s()),
        "sugarkube2": prepared(2),
    }
    roles = assign_roles(some, (), choices(3))
    for name in ("sugarkube0", "sugarkube2"):
        join = roles.assignments[name].goal.join
        assert join is not None
        assert join.host == "192.168.3.11"


def test_completing_one_node_alone_needs_the_token_of_the_servers_elsewhere():
    live = (LiveServer("sugarkube0.local", "192.168.3.99", CA),)
    for begun in (
        agent_k3s(state="activating", node_state=""),
        server_k3s(state="activating", api="", node_state="", joined=True),
    ):
        some = {"sugarkube3": prepared(3, k3s=begun)}
        assert blocking(assign_roles(some, live, choices(3))) == ["joining sugar/dev needs its token"]
        assert not blocking(assign_roles(some, live, choices(3), token()))


def test_new_nodes_get_the_version_that_the_servers_have():
    some = {"sugarkube0": prepared(0, k3s=server_k3s(version="v1.32.1+k3s1")), "sugarkube1": prepared(1)}
    assigned = assign_roles(some, (), choices(1), version="v1.34.0+k3s1").assignments
    assert assigned["sugarkube1"].goal.version == "v1.32.1+k3s1"


def test_a_begun_node_keeps_its_version():
    begun = server_k3s(state="activating", api="", node_state="", version="v1.32.1+k3s1")
    assigned = assign_roles(
        {"sugarkube0": prepared(0, k3s=begun)}, (), choices(1), version="v1.34.0+k3s1"
    ).assignments
    assert assigned["sugarkube0"].goal.version == "v1.32.1+k3s1"


def test_a_node_prepared_as_agent_goes_on_as_agent():
    some = nodes(3)
    some["sugarkube0"] = prepared(0, k3s=agent_k3s(ca_hash="", state="inactive", node_state=""))
    roles = roles_of(assign_roles(some, (), choices(1)))
    assert roles == {"sugarkube0": Role.AGENT, "sugarkube1": Role.FIRST_SERVER, "sugarkube2": Role.AGENT}


def test_an_agent_whose_servers_are_gone_is_no_reason_for_a_second_cluster():
    some = nodes(2) | {"sugarkube1": prepared(1, k3s=agent_k3s())}
    (problem,) = blocking(assign_roles(some, (), choices(1)))
    assert problem == "sugarkube1 belongs to a cluster sugar/dev of which no server was found"


def test_the_registration_address_is_where_all_join():
    roles = assign_roles(nodes(2), (), choices(1, registration_address="10.99.0.5"))
    join = roles.assignments["sugarkube1"].goal.join
    assert join is not None
    assert join.url == "https://10.99.0.5:6443"
    assert roles.assignments["sugarkube0"].goal.join is None


@pytest.mark.parametrize(("servers", "failures"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2)])
def test_quorum_arithmetic(servers, failures):
    assert fault_tolerance(servers) == failures
