"""The proof: a formed cluster climbs every rung, and a dead server shows where it fell."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing
from dataclasses import replace

import pytest

from sugarkube_tui.cluster.advert import read_advert, render_advert
from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hearing import Hearing
from sugarkube_tui.cluster.queries import HeardServers, PeerView, Query
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.sightings import AdvertSeen, EchoHeard, Interface, Listening, Sighting
from sugarkube_tui.engine.climb import STRANGERS
from sugarkube_tui.engine.ports import (
    HERE,
    Interest,
    Lan,
    Login,
    Machine,
    Machines,
    Target,
    WireLine,
    World,
)
from sugarkube_tui.engine.proof import Check, Held, Proof, Rung, Verdict
from sugarkube_tui.engine.subject import Subject
from sugarkube_tui.engine.verify import Verifier, prove
from sugarkube_tui.simulator.pi import NSSWITCH
from sugarkube_tui.simulator.world import Simulation
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


class DeafLan:
    """Hears its own questions, and nobody else; names do not resolve."""

    def __init__(self, lan: Lan) -> None:
        self._lan = lan

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        yield Listening(await self._lan.interfaces(), layers=interest.layers)
        yield EchoHeard("eth0", 1.0)
        await asyncio.Event().wait()

    def packets(self, service_types: Collection[str]) -> AsyncGenerator[WireLine, None]:
        return self._lan.packets(service_types)

    async def interfaces(self) -> tuple[Interface, ...]:
        return await self._lan.interfaces()

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        return ()


class Flood(DeafLan):
    """Hears what there is, and so many servers that are not there."""

    def __init__(self, lan: Lan, number: int) -> None:
        super().__init__(lan)
        self._number = number

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        for number in range(self._number):
            host, address = f"evil{number}.local", f"192.168.3.{number % 100 + 100}"
            txt = {"k3s": "1", "role": "server"}
            advert = read_advert(f"evil{number}", DEV.service_type, host, 6443, (address,), txt)
            assert advert is not None
            yield AdvertSeen(advert, 1.0)
        async with aclosing(self._lan.watch(interest)) as sightings:
            async for sighting in sightings:
                yield sighting

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        return await self._lan.resolve(name, timeout, fresh=fresh)


class Counting:
    """Counts logins and their ends."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self.opened = self.closed = 0

    async def open(self, target: Target) -> Machine:
        machine = await self._machines.open(target)
        self.opened += 1
        close = machine.close

        async def closing() -> None:
            self.closed += 1
            await close()

        machine.close = closing  # type: ignore[method-assign]
        return machine


Change = Callable[[str, Query, str], str]
"""A node's name, what it was asked, and its answer → the answer that is given instead."""


class Changed:
    """Machines that answer otherwise."""

    def __init__(self, machines: Machines, change: Change) -> None:
        self._machines = machines
        self._change = change

    async def open(self, target: Target) -> Machine:
        machine = await self._machines.open(target)
        ask = machine.ask

        async def asking(query: Query, stdin: Secret | None = None) -> str:
            return self._change(target.name, query, await ask(query, stdin))

        machine.ask = asking  # type: ignore[method-assign]
        return machine


def only_own_advert(name: str, query: Query, answer: str) -> str:
    if not isinstance(query, HeardServers):
        return answer
    return "\n".join(line for line in answer.splitlines() if f";{name}.local;" in line)


def names_lead_to_loopback(name: str, query: Query, answer: str) -> str:
    if not isinstance(query, PeerView):
        return answer
    return re.sub(r"^(name \d+ \S+) .*$", r"\1 127.0.1.1", answer, flags=re.MULTILINE)


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
    evidence = first.check(Rung.ETCD).evidence
    assert evidence[0] == "sugarkube1$ bash -c 'exec 3<>/dev/tcp/192.168.3.10/2379'"
    assert evidence[1].startswith("  open")


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
    assert proof.servers[0].check(Rung.ETCD).seen == "there is no other server to ask"


async def test_without_a_login_the_upper_rungs_stay_open(world: World, simulation: Simulation) -> None:
    simulation.power_off("sugarkube5")
    proof = await prove(world, Subject(PROD, (), 0, targets(5)))
    rungs = held(proof, "sugarkube7.local")
    assert rungs[Rung.TLS] is Held.YES
    assert rungs[Rung.CA] is rungs[Rung.READY] is rungs[Rung.NODES_REACH] is Held.UNKNOWN
    assert "No answer" in proof.problem


async def test_what_all_nodes_refuse_alike_is_said_once(world: World) -> None:
    proof = await prove(world, Subject(DEV, ("sugarkube0.local",), 1, targets(0, 1, 2, 3, 4)))
    assert proof.problem.splitlines()[0] == (
        "could not read the kubeconfig (cat: /etc/rancher/k3s/k3s.yaml: No such file): "
        "sugarkube0, sugarkube1, sugarkube2 and 2 more"
    )


async def test_nobody_there_is_said(world: World) -> None:
    proof = await prove(world, Subject(Environment("int")))
    assert not proof.ok
    assert proof.problem == "no server advertises sugar/int, and none was named"


async def test_hosts_that_could_not_be_logged_in_to_are_told_beside_the_silence(world: World) -> None:
    who = Target("sugarkube0", "192.168.3.10", Login(user="bob"))
    proof = await prove(world, Subject(Environment("int"), (), 0, (who,)))
    assert proof.problem.splitlines() == [
        "sugarkube0: The SSH server does not let bob in",
        "no server advertises sugar/int",
    ]


async def test_a_node_that_is_given_by_name_is_logged_in_to_once(formed: Simulation) -> None:
    opened = Counting(formed.world.machines)
    world = replace(formed.world, machines=opened)
    given = tuple(replace(target, host=f"{target.name}.local") for target in targets(0, 1, 2, 3))
    verifier = Verifier(world, Subject(DEV, HOSTS, 3, given, Login()))
    for _ in range(3):
        assert (await verifier.look()).ok
    await verifier.close()
    assert (opened.opened, opened.closed) == (4, 4)


async def test_nodes_that_hear_only_themselves_do_not_hear(formed: Simulation) -> None:
    deaf = replace(
        formed.world, lan=DeafLan(formed.world.lan), machines=Changed(formed.world.machines, only_own_advert)
    )
    assert (await prove(deaf, FORMED)).diagnosis.hearing is Hearing.LAN_DEAF
    hearing = replace(formed.world, lan=DeafLan(formed.world.lan))
    proof = await prove(hearing, FORMED)
    assert proof.diagnosis.hearing is Hearing.WORKSTATION_DEAF
    rungs = held(proof, HOSTS[0])
    assert rungs[Rung.ADVERT] is rungs[Rung.RESOLVES] is Held.NO
    assert rungs[Rung.PORT] is rungs[Rung.TLS] is rungs[Rung.READY] is rungs[Rung.NODES_REACH] is Held.YES


async def test_a_node_without_avahi_utils_was_not_asked_what_it_hears(formed: Simulation) -> None:
    for name in names(0, 1, 2, 3):
        formed.pi(name).packages.discard("avahi-utils")
    proof = await prove(formed.world, FORMED)
    assert proof.ok
    assert {vantage.problem for vantage in proof.vantages} == {"avahi-browse is not installed here"}
    deaf = await prove(replace(formed.world, lan=DeafLan(formed.world.lan)), FORMED)
    assert deaf.diagnosis.hearing is Hearing.UNKNOWN


async def test_kubernetes_may_call_a_server_by_another_name(formed: Simulation) -> None:
    cluster = formed.pi("sugarkube0").cluster
    assert cluster is not None
    cluster.members["sugarkube0"].name = "sugarkube0.lan"
    proof = await prove(formed.world, FORMED)
    assert proof.ok
    assert [server.host for server in proof.servers] == list(HOSTS)
    assert "sugarkube0.lan" in {vantage.name for vantage in proof.vantages}


async def test_a_name_that_leads_elsewhere_on_a_node_does_not_resolve(formed: Simulation) -> None:
    world = replace(formed.world, machines=Changed(formed.world.machines, names_lead_to_loopback))
    check = (await prove(world, FORMED)).servers[0].check(Rung.NODES_RESOLVE)
    assert (check.held, check.seen) == (Held.NO, "not from sugarkube1, sugarkube2, sugarkube3")


async def test_a_flood_of_adverts_is_bounded(formed: Simulation) -> None:
    flood = Flood(formed.world.lan, 200)
    proof = await prove(replace(formed.world, lan=flood), FORMED)
    assert len(proof.servers) == 3 + STRANGERS
    assert all(server.ok for server in proof.expected)
    assert f"{200 - STRANGERS} more servers are advertised" in proof.problem


async def test_where_nobody_can_listen_the_rest_is_still_looked_at(formed: Simulation) -> None:
    class NoInterface(DeafLan):
        async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
            raise SugarkubeError("this computer has no network interface to search on")
            yield

    proof = await prove(replace(formed.world, lan=NoInterface(formed.world.lan)), FORMED)
    assert "no network interface" in proof.problem
    assert held(proof, HOSTS[0])[Rung.NODES_REACH] is Held.YES


async def test_packets_are_told_from_here_and_from_the_nodes(formed: Simulation) -> None:
    lines: list[WireLine] = []
    await prove(formed.world, FORMED, on_wire=lines.append)
    assert {line.vantage for line in lines} == {HERE, *names(0, 1, 2, 3)}
    assert any("PTR _k3s-sugar-dev._tcp" in line.text for line in lines if line.vantage == HERE)


async def test_two_proofs_at_once_do_not_disturb_each_other(formed: Simulation) -> None:
    proofs = await asyncio.gather(*(prove(formed.world, FORMED) for _ in range(2)))
    assert all(proof.ok for proof in proofs)
