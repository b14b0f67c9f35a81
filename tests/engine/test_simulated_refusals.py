"""What must not happen: a second cluster of the same name, a foreign node, a foreign token."""

from __future__ import annotations

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.token import parse_token
from sugarkube_tui.engine.events import RoleAssigned
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.world import Simulation
from tests.engine.conftest import form, names, targets, token_of

DEV, INT, PROD = Environment("dev"), Environment("int"), Environment("prod")


class TestSeveralEnvironments:
    async def test_a_second_one_forms_beside_the_first(self, simulation: Simulation) -> None:
        await form(simulation.world, targets(0, 1), Choices(DEV))
        story = await form(simulation.world, targets(2, 3), Choices(INT))
        assert story.result is Result.CHANGED
        (first,) = [event for event in story.of(RoleAssigned) if event.role == "first server"]
        assert first.node == "sugarkube2"
        dev, internal, prod = (simulation.pi(name).cluster for name in names(0, 2, 7))
        assert dev is not None
        assert internal is not None
        assert prod is not None
        assert len({dev.ca_pem, internal.ca_pem, prod.ca_pem}) == 3
        assert set(dev.members) == set(names(0, 1))
        assert set(internal.members) == set(names(2, 3))
        assert set(prod.members) == set(names(7))

    async def test_a_node_of_another_one_is_refused_and_left_as_it_was(self, simulation: Simulation) -> None:
        await form(simulation.world, targets(0), Choices(DEV))
        before = dict(simulation.pi("sugarkube0").files)
        story = await form(simulation.world, targets(0), Choices(INT))
        assert story.results == {"sugarkube0": Result.FAILED}
        evidence = story.node("sugarkube0").evidence
        assert evidence is not None
        assert evidence.what == "this node belongs to sugar/dev, not to sugar/int"
        assert "k3s-uninstall.sh" in evidence.remedy
        assert story.actions("sugarkube0") == []
        assert simulation.pi("sugarkube0").files == before

    async def test_who_depends_on_a_refused_node_is_skipped(self, simulation: Simulation) -> None:
        await form(simulation.world, targets(0), Choices(DEV))
        story = await form(simulation.world, targets(0, 1), Choices(INT))
        assert story.results == {"sugarkube0": Result.FAILED, "sugarkube1": Result.SKIPPED}
        evidence = story.node("sugarkube1").evidence
        assert evidence is not None
        assert "sugarkube0" in evidence.what
        assert simulation.pi("sugarkube1").cluster is None


class TestALiveClusterElsewhere:
    async def test_no_second_one_is_bootstrapped(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 1), Choices(PROD))
        assert story.result is Result.FAILED
        assert story.ended.what == "joining sugar/prod needs its token"
        assert "sugarkube7.local" in story.ended.remedy
        assert "SUGARKUBE_TOKEN_PROD" in story.ended.remedy
        assert story.results == dict.fromkeys(names(0, 1), Result.SKIPPED)
        assert story.actions() == []

    async def test_it_is_joined_with_its_token(self, simulation: Simulation) -> None:
        token = token_of(simulation, "sugarkube7")
        story = await form(simulation.world, targets(0), Choices(PROD), token=token)
        assert story.results == {"sugarkube0": Result.CHANGED}
        assert simulation.pi("sugarkube0").cluster is simulation.pi("sugarkube7").cluster
        assert simulation.pi("sugarkube0").k3s.url == "https://192.168.3.17:6443"

    async def test_its_token_is_read_when_its_server_is_chosen_too(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 7), Choices(PROD))
        assert story.results == {"sugarkube0": Result.CHANGED, "sugarkube7": Result.OK}
        assert story.actions("sugarkube7") == []

    async def test_a_token_of_another_ca_is_refused(self, simulation: Simulation) -> None:
        stranger = parse_token(Cluster("another", "etcd").token, "SUGARKUBE_TOKEN_PROD")
        story = await form(simulation.world, targets(0), Choices(PROD), token=stranger)
        assert story.result is Result.FAILED
        assert story.ended.what == "the token in SUGARKUBE_TOKEN_PROD is not for sugar/prod"
        assert story.actions() == []

    async def test_a_wrong_password_is_refused_before_k3s_starts(self, simulation: Simulation) -> None:
        right = token_of(simulation, "sugarkube7").secret.reveal()
        wrong = parse_token(f"{right.rpartition(':')[0]}:{'0' * 32}", "SUGARKUBE_TOKEN_PROD")
        story = await form(simulation.world, targets(0), Choices(PROD), token=wrong)
        evidence = story.node("sugarkube0").evidence
        assert evidence is not None
        assert evidence.what == "the cluster refuses the token from SUGARKUBE_TOKEN_PROD"
        assert simulation.pi("sugarkube0").k3s.state == "inactive"

    async def test_a_full_token_without_any_cluster_is_refused(self, simulation: Simulation) -> None:
        lost = parse_token(Cluster("another", "etcd").token, "SUGARKUBE_TOKEN")
        story = await form(simulation.world, targets(0), Choices(DEV), token=lost)
        assert story.ended.what == "SUGARKUBE_TOKEN holds the token of a cluster that was not found"
        assert story.actions() == []

    async def test_a_stale_advert_is_no_reason_to_split_the_cluster(self, simulation: Simulation) -> None:
        simulation.pi("sugarkube7").k3s.kill()
        story = await form(simulation.world, targets(0), Choices(PROD))
        assert story.ended.what == "sugarkube7.local advertises sugar/prod, but its API does not answer"
        assert story.actions() == []


async def test_an_operators_own_password_becomes_the_clusters(simulation: Simulation) -> None:
    own = parse_token("quite-a-long-password", "SUGARKUBE_TOKEN")
    story = await form(simulation.world, targets(0, 1), Choices(), token=own)
    assert story.result is Result.CHANGED
    assert token_of(simulation, "sugarkube0").password.reveal() == "quite-a-long-password"


async def test_an_unreachable_node_stops_the_run_before_it_begins(simulation: Simulation) -> None:
    simulation.power_off("sugarkube1")
    story = await form(simulation.world, targets(0, 1), Choices())
    assert story.results == {"sugarkube0": Result.SKIPPED, "sugarkube1": Result.FAILED}
    assert story.ended.what == "sugarkube1 cannot be logged in to; nothing was changed"
    assert story.actions() == []
