"""What the screens say of a proof and of a plan."""

from __future__ import annotations

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.hearing import Diagnosis, Hearing
from sugarkube_tui.cluster.plan import Plan, Problem
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.estimate import Experience
from sugarkube_tui.engine.events import Waiting
from sugarkube_tui.engine.formation import Look
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.engine.proof import Check, Held, Proof, Rung, ServerProof, Verdict
from sugarkube_tui.steps.planner import make_plan
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.texts import node_words
from sugarkube_tui.tui.texts.ladder import cell
from sugarkube_tui.tui.texts.plan import cluster_parts, node_parts
from sugarkube_tui.tui.texts.proof import trouble_in, verdict
from tests.unit.builders import CA, fresh

DEV = Environment()
SEEN = Check("pi.local", Rung.ADVERT, Held.YES)


def server(host: str, proved: Verdict, *checks: Check, expected: bool = True) -> ServerProof:
    return ServerProof(host, checks, expected, proved)


PROVED = server("pi.local", Verdict.PROVED, SEEN)
FOREIGN = server(
    "evil.local", Verdict.OTHER_CLUSTER, Check("evil.local", Rung.CA, Held.NO, remedy="pull its plug")
)


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (None, "▶ sugar/dev: looking afresh, from outside …"),
        (
            Proof(DEV, (PROVED,), (KubeNode("pi", "Ready"),)),
            "✔ sugar/dev is there: 1 of 1 server seen, 1 of 1 node Ready",
        ),
        (
            Proof(DEV, (PROVED,), (KubeNode("pi", "Ready"), KubeNode("worker", "NotReady")), wanted=3),
            "✖ sugar/dev is not proved: 1 of 3 servers seen, 1 of 2 nodes Ready",
        ),
    ],
)
def test_the_verdict_is_one_line(proof: Proof | None, said: str) -> None:
    assert verdict(DEV, proof).plain == said


@pytest.mark.parametrize(
    ("proof", "trouble"),
    [
        (Proof(DEV, (PROVED,)), None),
        (Proof(DEV, (FOREIGN,), problem="no token\nnobody told it"), Evidence("no token", "nobody told it")),
        (
            Proof(
                DEV,
                (FOREIGN,),
                diagnosis=Diagnosis(Hearing.UNKNOWN, "nothing is heard", ("a firewall", "Wi-Fi")),
            ),
            Evidence("nothing is heard", remedy="a firewall"),
        ),
        (
            Proof(DEV, (PROVED, FOREIGN)),
            Evidence("evil.local says it serves sugar/dev, and is another cluster", remedy="pull its plug"),
        ),
    ],
)
def test_one_trouble_is_told_what_spoils_the_look_first(proof: Proof, trouble: Evidence | None) -> None:
    assert trouble_in(proof) == trouble


def plain(parts: list[object]) -> str:
    return "\n".join(map(str, parts))


def test_the_cluster_is_told_with_its_problems_first() -> None:
    choices = Choices(servers=1)
    facts = {f"sugarkube{number}": fresh(number) for number in range(2)}
    whole = make_plan(facts, (), choices, None, None)
    found = Look(whole, (), failures={"sugarkube5": Evidence("no route")}, version="v1.34.1+k3s1")
    said = plain([*cluster_parts(found, choices, Experience(), "o leaves it out")])
    assert said.startswith("✖ no access: sugarkube5")
    for told in ("1 of these nodes, 1 wanted", "v1.34.1+k3s1", "sugarkube0, sugarkube1", "a new cluster"):
        assert told in said
    live = Look(
        Plan((), (Problem("a token is needed", "export one"),)), (LiveServer("pi.local", "10.0.0.1", CA),)
    )
    said = plain([*cluster_parts(live, choices, Experience(), "o leaves it out")])
    assert said.startswith("✖ a token is needed")
    assert "o leaves it out" in said
    assert "Servers of it on the LAN now" in said
    assert "Duration" not in said


def test_a_nodes_actions_are_numbered_and_a_reboot_stands_out() -> None:
    (node,) = make_plan({"sugarkube0": fresh(0)}, (), Choices(servers=1), None, None).nodes
    said = plain([*node_parts(node)])
    titles = [action.title for action in node.actions]
    assert all(f"{number:>3}  " in said for number in range(1, len(titles) + 1))
    assert said.count("↻ ") == node.reboots


@pytest.mark.parametrize(("changed", "mark", "coloured_from"), [(True, "»", 0), (False, " ", 1)])
def test_the_place_for_a_mark_has_a_colour_only_with_the_mark(
    changed: bool, mark: str, coloured_from: int
) -> None:
    drawn = cell(SEEN, 10, changed=changed, looking=False)
    assert drawn.plain[0] == mark
    assert min(span.start for span in drawn.spans) == coloured_from


def test_a_wait_says_until_when_and_what_was_seen_where_80_columns_have_room_for_it() -> None:
    wait = Waiting(
        10.0, "pi", "waiting for the k3s server's API to be ready", 300.0, "k3s is activating", 0.05
    )
    node = NodeBoard("pi", step="Start k3s", step_number=11, steps=14, heard_at=10.0, waiting=wait)
    assert node_words.short(node, 16.0) == "284 s left: the k3s server's API to be ready"
    assert node_words.head(node, 16.0).plain == "11/14 Start k3s   00:16   284 s left"
    doing = node_words.doing(node, Phase.RUNNING, 16.0, 76)
    assert doing.plain.endswith("  5%  the k3s server's API to be ready: k3s is activating")
    assert doing.cell_length <= 76


def test_who_waits_for_others_waits_without_bound_and_without_a_word() -> None:
    wait = Waiting(10.0, "pi", "waiting for the first server", None, "", others=("pi0",))
    node = NodeBoard("pi", step="Join", heard_at=10.0, waiting=wait)
    assert node_words.short(node, 16.0) == "the first server"
    assert node_words.head(node, 600.0).plain == "0/0 Join   10:00"
    node.waiting = None
    assert node_words.head(node, 600.0).plain == "0/0 Join   10:00   quiet for 590 s"
