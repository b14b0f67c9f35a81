"""The proof: a formed cluster climbs every rung, and a dead server shows where it fell."""

from __future__ import annotations

import asyncio

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.verify import Check, Credentials, Held, Rung, read_credentials, verify
from sugarkube_tui.simulator import Simulation
from tests.engine.conftest import form, names, targets

DEV, PROD = Environment("dev"), Environment("prod")
HOSTS = tuple(f"{name}.local" for name in names(0, 1, 2))
VIRTUAL = "192.168.3.50"


@pytest.fixture
async def formed(simulation: Simulation) -> Simulation:
    choices = Choices(servers=3, registration_address=VIRTUAL)
    await form(simulation.world, targets(0, 1, 2, 3), choices)
    return simulation


async def test_every_rung_of_a_formed_cluster_holds(formed: Simulation) -> None:
    world = formed.world
    credentials = await read_credentials(world, targets(0, 1, 2), None)
    told: list[Check] = []
    proof = await verify(world, DEV, HOSTS, credentials, VIRTUAL, told.append)
    assert proof.ok
    assert proof.seen == 3
    assert [server.host for server in proof.servers] == list(HOSTS)
    assert {check.held for server in proof.servers for check in server.checks} == {Held.YES}
    assert [check.rung for check in proof.servers[0].checks] == list(Rung)
    assert len(told) == 3 * len(Rung)
    assert [(node.name, node.state) for node in proof.nodes] == [
        (name, "Ready") for name in names(0, 1, 2, 3)
    ]
    assert all(check.ms is not None for server in proof.servers for check in server.checks)


async def test_a_dead_server_shows_where_it_fell(formed: Simulation) -> None:
    world = formed.world
    credentials = await read_credentials(world, targets(0), None)
    formed.power_off("sugarkube2")
    await world.clock.sleep(60)
    proof = await verify(world, DEV, HOSTS, credentials)
    assert not proof.ok
    assert [server.ok for server in proof.servers] == [True, True, False]
    held = {check.rung: check.held for check in proof.servers[2].checks}
    assert held[Rung.ADVERT] is Held.NO
    assert held[Rung.RESOLVES] is Held.NO
    assert all(held[rung] is Held.UNKNOWN for rung in (Rung.TXT, Rung.PORT, Rung.TLS, Rung.CA, Rung.READY))
    assert {node.name: node.state for node in proof.nodes}["sugarkube2"] == "NotReady"


async def test_a_server_that_only_kubernetes_knows_is_looked_at_too(formed: Simulation) -> None:
    credentials = await read_credentials(formed.world, targets(0), None)
    del formed.pi("sugarkube1").files[DEV.advert_path]
    proof = await verify(formed.world, DEV, (), credentials)
    assert [server.host for server in proof.servers] == [HOSTS[0], HOSTS[2], HOSTS[1]]
    fallen = [check.rung for check in proof.servers[2].checks if check.held is Held.NO]
    assert fallen == [Rung.ADVERT]


async def test_without_quorum_no_node_list_comes(formed: Simulation) -> None:
    credentials = await read_credentials(formed.world, targets(0), None)
    formed.power_off("sugarkube1")
    formed.power_off("sugarkube2")
    proof = await verify(formed.world, DEV, HOSTS[:1], credentials)
    held = {check.rung: check.held for check in proof.servers[0].checks}
    assert held[Rung.PORT] is Held.YES
    assert held[Rung.READY] is Held.NO
    assert proof.nodes == ()


async def test_another_clusters_token_is_noticed(formed: Simulation) -> None:
    theirs = await read_credentials(formed.world, targets(7), None)
    proof = await verify(formed.world, DEV, HOSTS[:1], theirs)
    held = {check.rung: check.held for check in proof.servers[0].checks}
    assert held[Rung.CA] is Held.NO
    assert held[Rung.READY] is Held.NO


async def test_the_other_environment_is_proved_by_itself(world: World) -> None:
    credentials = await read_credentials(world, targets(7), None)
    proof = await verify(world, PROD, (), credentials)
    assert proof.ok
    assert [server.host for server in proof.servers] == ["sugarkube7.local"]


async def test_without_a_login_the_upper_rungs_stay_open(world: World, simulation: Simulation) -> None:
    simulation.power_off("sugarkube5")
    credentials = await read_credentials(world, targets(5), None)
    assert credentials.token is None
    assert "No answer" in credentials.problem
    proof = await verify(world, PROD, (), Credentials(problem=credentials.problem))
    held = {check.rung: check.held for check in proof.servers[0].checks}
    assert held[Rung.TLS] is Held.YES
    assert held[Rung.CA] is held[Rung.READY] is Held.UNKNOWN


async def test_nobody_there_is_said(world: World) -> None:
    proof = await verify(world, Environment("int"), (), Credentials())
    assert not proof.ok
    assert proof.problem == "no server advertises sugar/int, and none was named"


async def test_two_proofs_at_once_do_not_disturb_each_other(formed: Simulation) -> None:
    credentials = await read_credentials(formed.world, targets(0), None)
    proofs = await asyncio.gather(*(verify(formed.world, DEV, HOSTS, credentials) for _ in range(2)))
    assert all(proof.ok for proof in proofs)
