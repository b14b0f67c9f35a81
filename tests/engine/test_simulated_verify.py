"""The proof: a formed cluster climbs every rung, and a dead server shows where it fell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from sugarkube_tui.cluster.advert import render_advert
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.climb import Subject
from sugarkube_tui.engine.ports import HERE, Login, WireLine, World
from sugarkube_tui.engine.proof import Check, Held, Proof, Rung, Verdict
from sugarkube_tui.engine.verify import Verifier, prove
from sugarkube_tui.simulator import Simulation
from sugarkube_tui.simulator.pi import NSSWITCH
from tests.engine.conftest import form, names, targets, token_of

DEV, PROD = Environment("dev"), Environment("prod")
HOSTS = tuple(f"{name}.local" for name in names(0, 1, 2))
VIRTUAL = "192.168.3.50"
FORMED = Subject(DEV, HOSTS, 3, targets(0, 1, 2, 3), registration_address=VIRTUAL)


@pytest.fixture
async def formed(simulation: Simulation) -> Simulation:
    choices = Choices(servers=3, registration_address=VIRTUAL)
    await form(simulation.world, targets(0, 1, 2, 3), choices)
    return simulation


@pytest.fixture
async def verifying() -> AsyncIterator[Callable[[World, Subject], Verifier]]:
    started: list[Verifier] = []

    def start(world: World, subject: Subject) -> Verifier:
        started.append(Verifier(world, subject))
        return started[-1]

    yield start
    for verifier in started:
        await verifier.close()


def held(proof: Proof, host: str) -> dict[Rung, Held]:
    (server,) = [server for server in proof.servers if server.host == host]
    return {check.rung: check.held for check in server.checks}


def verdicts(proof: Proof) -> dict[str, Verdict]:
    return {server.host.removesuffix(".local"): server.verdict for server in proof.servers}


async def test_every_rung_of_a_formed_cluster_holds(formed: Simulation) -> None:
    told: list[Check] = []
    proof = await prove(formed.world, FORMED, told.append)
    assert proof.ok
    assert (proof.seen, proof.must_be) == (3, 3)
    assert [server.host for server in proof.servers] == list(HOSTS)
    assert {check.held for server in proof.servers for check in server.checks} == {Held.YES}
    assert [check.rung for check in proof.servers[0].checks] == list(Rung)
    assert {(check.host, check.rung) for check in told} == {(host, rung) for host in HOSTS for rung in Rung}
    assert [(node.name, node.state) for node in proof.nodes] == [
        (name, "Ready") for name in names(0, 1, 2, 3)
    ]
    assert all(check.ms is not None and check.evidence for s in proof.servers for check in s.checks)
    assert proof.ms_elapsed is not None
    assert {vantage.name: vantage.heard for vantage in proof.vantages} == dict.fromkeys(
        names(0, 1, 2, 3), HOSTS
    )


async def test_the_nodes_are_named_where_they_are_vantages(formed: Simulation) -> None:
    proof = await prove(formed.world, FORMED)
    first = proof.servers[0]
    assert first.check(Rung.NODES_REACH).seen == "from sugarkube1, sugarkube2, sugarkube3"
    assert first.check(Rung.ETCD).seen == "from sugarkube1, sugarkube2"
    assert "sugarkube1 → 192.168.3.10:2379 open" in " ".join(first.check(Rung.ETCD).evidence)


async def test_a_server_that_loses_its_power_is_stale_at_the_next_look(
    formed: Simulation, verifying: Callable[[World, Subject], Verifier]
) -> None:
    verifier = verifying(formed.world, FORMED)
    assert (await verifier.look()).ok
    formed.power_off("sugarkube2")
    proof = await verifier.look()
    assert not proof.ok
    assert verdicts(proof)["sugarkube2"] is Verdict.STALE
    rungs = held(proof, HOSTS[2])
    assert rungs[Rung.ADVERT] is rungs[Rung.RESOLVES] is rungs[Rung.PORT] is Held.NO
    assert rungs[Rung.TXT] is rungs[Rung.TLS] is rungs[Rung.CA] is rungs[Rung.READY] is Held.UNKNOWN
    assert "heard by sugarkube0, sugarkube1, sugarkube3" in proof.servers[2].check(Rung.ADVERT).seen
    formed.power_on("sugarkube2")
    await formed.world.clock.sleep(300)
    again = await verifier.look()
    assert again.ok, [(c.rung, c.seen) for s in again.servers for c in s.checks if c.held is not Held.YES]


async def test_a_dead_server_that_was_never_seen_is_missing_or_stale_by_the_caches(
    formed: Simulation,
) -> None:
    del formed.pi("sugarkube2").files[DEV.advert_path]
    formed.power_off("sugarkube2")
    proof = await prove(formed.world, FORMED)
    assert verdicts(proof)["sugarkube2"] is Verdict.MISSING


async def test_a_server_that_only_kubernetes_knows_is_looked_at_too(formed: Simulation) -> None:
    del formed.pi("sugarkube1").files[DEV.advert_path]
    proof = await prove(formed.world, Subject(DEV, (), 0, targets(0, 1, 2, 3)))
    assert [server.host for server in proof.servers] == list(HOSTS)
    assert [rung for rung, value in held(proof, HOSTS[1]).items() if value is Held.NO] == [Rung.ADVERT]
    assert (proof.seen, proof.must_be, proof.ms_elapsed) == (2, 3, None)


async def test_nodes_that_only_kubernetes_names_are_logged_in_to(formed: Simulation) -> None:
    proof = await prove(formed.world, Subject(DEV, (), 0, targets(0), Login()))
    assert proof.ok
    assert [vantage.name for vantage in proof.vantages] == list(names(0, 1, 2, 3))


async def test_a_node_that_cannot_be_asked_leaves_rungs_open(formed: Simulation) -> None:
    proof = await prove(formed.world, Subject(DEV, HOSTS, 3, targets(0, 1, 2)))
    rungs = held(proof, HOSTS[0])
    assert rungs[Rung.NODES_RESOLVE] is rungs[Rung.NODES_REACH] is Held.UNKNOWN
    assert rungs[Rung.ETCD] is Held.YES
    assert "sugarkube3: not logged in to" in proof.servers[0].check(Rung.NODES_REACH).seen
    assert not proof.ok


async def test_a_node_that_cannot_resolve_the_others_is_named(formed: Simulation) -> None:
    pi = formed.pi("sugarkube3")
    pi.files[NSSWITCH] = pi.files[NSSWITCH].replace("mdns4_minimal ", "")
    proof = await prove(formed.world, FORMED)
    check = proof.servers[0].check(Rung.NODES_RESOLVE)
    assert (check.held, check.seen) == (Held.NO, "not from sugarkube3")
    assert "nsswitch" in check.remedy


async def test_without_quorum_no_node_list_comes(formed: Simulation) -> None:
    formed.power_off("sugarkube1")
    formed.power_off("sugarkube2")
    proof = await prove(formed.world, Subject(DEV, HOSTS[:1], 0, targets(0)))
    rungs = held(proof, HOSTS[0])
    assert rungs[Rung.PORT] is Held.YES
    assert rungs[Rung.READY] is Held.NO
    assert proof.nodes == ()


async def test_another_clusters_token_is_noticed(formed: Simulation) -> None:
    theirs = token_of(formed, "sugarkube7")
    proof = await prove(formed.world, Subject(DEV, HOSTS[:1], 0, targets(0), token=theirs))
    assert held(proof, HOSTS[0])[Rung.CA] is Held.NO
    assert verdicts(proof)["sugarkube0"] is Verdict.OTHER_CLUSTER


async def test_a_stranger_that_poses_as_a_server_is_shown_as_such(formed: Simulation) -> None:
    impostor = formed.pi("sugarkube7")
    impostor.write(DEV.advert_path, render_advert(DEV, impostor.name, impostor.address))
    await formed.world.clock.sleep(2)
    proof = await prove(formed.world, FORMED)
    assert verdicts(proof)["sugarkube7"] is Verdict.OTHER_CLUSTER
    (stranger,) = [server for server in proof.servers if not server.expected]
    assert stranger.host == "sugarkube7.local"
    assert all(server.ok for server in proof.expected)
    assert not proof.ok


async def test_a_left_over_advert_of_a_dead_stranger_does_not_spoil_the_proof(formed: Simulation) -> None:
    stranger = formed.pi("sugarkube5")
    stranger.write(DEV.advert_path, render_advert(DEV, stranger.name, stranger.address))
    await formed.world.clock.sleep(2)
    proof = await prove(formed.world, FORMED)
    assert verdicts(proof)["sugarkube5"] is Verdict.STALE
    assert proof.ok


async def test_fewer_servers_than_there_must_be_are_no_proof(formed: Simulation) -> None:
    proof = await prove(formed.world, Subject(DEV, (), 5, targets(0, 1, 2, 3)))
    assert (proof.seen, proof.must_be, proof.ok) == (3, 5, False)


async def test_the_other_environment_is_proved_by_itself(world: World) -> None:
    proof = await prove(world, Subject(PROD, login=Login()))
    assert proof.ok
    assert [server.host for server in proof.servers] == ["sugarkube7.local"]
    assert proof.servers[0].check(Rung.ETCD).seen == "there is no other node to ask"


async def test_without_a_login_the_upper_rungs_stay_open(world: World, simulation: Simulation) -> None:
    simulation.power_off("sugarkube5")
    proof = await prove(world, Subject(PROD, (), 0, targets(5)))
    rungs = held(proof, "sugarkube7.local")
    assert rungs[Rung.TLS] is Held.YES
    assert rungs[Rung.CA] is rungs[Rung.READY] is rungs[Rung.NODES_REACH] is Held.UNKNOWN
    assert "No answer" in proof.problem


async def test_nobody_there_is_said(world: World) -> None:
    proof = await prove(world, Subject(Environment("int")))
    assert not proof.ok
    assert proof.problem == "no server advertises sugar/int, and none was named"


async def test_packets_are_told_from_here_and_from_the_nodes(formed: Simulation) -> None:
    lines: list[WireLine] = []
    await prove(formed.world, FORMED, on_wire=lines.append)
    assert {line.vantage for line in lines} == {HERE, *names(0, 1, 2, 3)}
    assert any("PTR _k3s-sugar-dev._tcp" in line.text for line in lines if line.vantage == HERE)


async def test_two_proofs_at_once_do_not_disturb_each_other(formed: Simulation) -> None:
    proofs = await asyncio.gather(*(prove(formed.world, FORMED) for _ in range(2)))
    assert all(proof.ok for proof in proofs)
