"""The plan for several nodes."""

import pytest

from sugarkube_tui.cluster.plan import Severity
from sugarkube_tui.steps.base import ProbeIncomplete, parse_probe
from sugarkube_tui.steps.catalog import PROBED, STEPS, read_facts
from sugarkube_tui.steps.planner import make_plan
from tests.unit import builders
from tests.unit.builders import agent_k3s, choices, fresh, prepared, server_k3s


def test_fresh_pis_are_rebooted_once_and_nothing_blocks():
    plan = make_plan({f"sugarkube{n}": fresh(n) for n in range(4)}, (), choices(3), None, builders.VERSION)
    assert not plan.blocked
    assert all(node.reboots for node in plan.nodes)
    assert [node.name for node in plan.nodes][:3] == ["sugarkube0", "sugarkube1", "sugarkube2"]


def test_a_formed_cluster_has_an_empty_plan():
    advert = {"/etc/avahi/services/k3s-sugar-dev.service": "_k3s-sugar-dev._tcp <x>role=server<"}
    from sugarkube_tui.cluster.facts import AdvertFacts

    nodes = {f"sugarkube{n}": prepared(n, k3s=server_k3s(), advert=AdvertFacts(advert)) for n in range(3)}
    nodes["sugarkube3"] = prepared(3, k3s=agent_k3s())
    plan = make_plan(nodes, (), choices(3), None, builders.VERSION)
    assert plan.empty
    assert not plan.blocked


@pytest.mark.parametrize("field", ["hostname", "machine_id", "host_key"])
def test_cloned_cards_are_refused(field):
    same = {field: "raspberrypi"}
    nodes = {f"n{n}": fresh(n, access=builders.access(n, **same)) for n in range(2)}
    plan = make_plan(nodes, (), choices(1), None, None)
    assert plan.blocked
    for node in plan.nodes:
        (problem,) = [p for p in node.problems if p.severity is Severity.BLOCKING]
        assert "the same" in problem.what
        assert "sudo" in problem.remedy


def test_a_node_chosen_twice_is_named_as_that():
    nodes = {"sugarkube0": fresh(0), "192.168.3.10": fresh(0)}
    plan = make_plan(nodes, (), choices(1), None, None)
    assert all("this is the same node" in node.problems[0].what for node in plan.nodes)


def test_all_facts_have_defaults():
    assert read_facts({}).access.hostname == ""
    assert {step.id for step in PROBED} <= {step.id for step in STEPS}
    assert len({step.id for step in STEPS}) == len(STEPS)


def test_a_cut_off_probe_is_noticed():
    whole = "access\thostname\tc3VnYXI=\naccess\t.\t\nboot\tactive\teWVz\n"
    assert parse_probe(whole, ["access"])["access"] == {"hostname": "sugar"}
    with pytest.raises(ProbeIncomplete, match="boot"):
        parse_probe(whole, ["access", "boot"])


def test_rubbish_between_answers_is_ignored():
    output = "Last login: today\naccess\tbad\t!!!\naccess\thostname\tc3VnYXI=\naccess\t.\t\n"
    assert parse_probe(output, ["access"])["access"] == {"hostname": "sugar"}
