"""Who founds, who is let in by whom, and where the token comes from."""

from __future__ import annotations

from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.engine.order import Order, order_of
from sugarkube_tui.steps.planner import make_plan
from tests.unit.builders import CA, VERSION, agent_k3s, choices, prepared, server_k3s, token

ELSEWHERE = LiveServer("sugarkube9.local", "192.168.3.19", CA)


def order(nodes: dict[str, NodeFacts], *live: LiveServer, servers: int = 3) -> Order:
    given = token("SUGARKUBE_TOKEN_DEV") if live else None
    return order_of(make_plan(nodes, live, choices(servers), given, VERSION), live, nodes)


def fresh_nodes(number: int) -> dict[str, NodeFacts]:
    return {f"sugarkube{n}": prepared(n) for n in range(number)}


def test_the_first_server_founds_and_tells_the_token_and_all_others_are_let_in() -> None:
    found = order(fresh_nodes(4))
    assert found.founder == found.source == "sugarkube0"
    assert found.joiners == {"sugarkube1", "sugarkube2", "sugarkube3"}
    assert set(found.servers) == {"sugarkube0", "sugarkube1", "sugarkube2"}
    assert found.direct == "192.168.3.10"


def test_a_member_tells_the_token_and_only_new_nodes_are_let_in() -> None:
    nodes = {
        "sugarkube0": prepared(0),
        "sugarkube1": prepared(1, k3s=server_k3s()),
        "sugarkube2": prepared(2),
    }
    found = order(nodes, servers=1)
    assert found.founder == ""
    assert found.source == "sugarkube1"
    assert found.joiners == {"sugarkube0", "sugarkube2"}
    assert found.servers == ()


def test_with_servers_elsewhere_alone_the_token_must_be_given() -> None:
    found = order(fresh_nodes(2), ELSEWHERE, servers=1)
    assert (found.founder, found.source) == ("", "")
    assert found.joiners == {"sugarkube0", "sugarkube1"}


def test_servers_that_are_all_down_wake_up_together() -> None:
    down = {f"sugarkube{n}": prepared(n, k3s=server_k3s(state="inactive", api="")) for n in range(3)}
    down["sugarkube3"] = prepared(3, k3s=agent_k3s(state="inactive"))
    found = order(down)
    assert found.founder == ""
    assert found.joiners.isdisjoint({"sugarkube0", "sugarkube1", "sugarkube2"})
    assert found.source == "sugarkube0"
