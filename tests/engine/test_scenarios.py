"""The demo's scenarios: each shows what it promises, can be mended as it says, and then is so."""

from __future__ import annotations

import math

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.findings import Finding, Kind, findings
from sugarkube_tui.cluster.token import parse_token, token_from_variables
from sugarkube_tui.engine.events import ActionStarted, Waiting
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.subject import Subject
from sugarkube_tui.engine.survey import listen, look_at_apis, usual_interest
from sugarkube_tui.engine.verify import prove
from sugarkube_tui.simulator.stories import STORIES
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.wiring import demo_world
from tests.engine.conftest import Story, form, names, targets

DEV = Environment("dev")
ONE, THREE = Choices(), Choices(servers=3)
LINE = 72
"""Characters that a line of the tour's has on a small terminal."""


def start(scenario: str) -> Simulation:
    return Simulation(scenario)


async def found_on(world: World) -> tuple[Finding, ...]:
    survey = await listen(world.lan, usual_interest(DEV, "sugarkube"), 2.0, world.clock)
    looks = await look_at_apis(world.api, survey.adverts, world.clock)
    return findings(survey, looks, {}, 2000.0)


async def assert_nothing_is_left(world: World, numbers: tuple[int, ...], choices: Choices) -> None:
    """The plan is empty, a run changes nothing, and the cluster proves to be there."""
    formation = Formation(world, Request(targets(*numbers), choices))
    look = await formation.look()
    await formation.close()
    assert look.plan.empty, [node.name for node in look.plan.nodes if not node.empty]
    again = await form(world, targets(*numbers), choices)
    assert again.result is Result.OK
    assert again.actions() == []
    assert (await prove(world, Subject(DEV, targets=targets(*numbers)))).ok


@pytest.mark.parametrize("scenario", STORIES.values(), ids=list(STORIES))
def test_a_scenario_says_in_two_short_lines_what_it_shows_and_what_to_try(scenario) -> None:
    tour = demo_world(scenario.name, math.inf).tour
    assert tour is not None
    assert (tour.name, tour.shows) == (scenario.name, scenario.shows)
    assert len(tour.shows) <= LINE
    assert len(tour.hint) <= LINE


def test_an_unknown_scenario_is_refused_with_the_list() -> None:
    with pytest.raises(InvalidInput) as caught:
        demo_world("quiet", None)
    assert "fresh, busy, split-brain, lost-node, wrong-token, slow" in caught.value.remedy


async def test_fresh_pis_become_a_cluster_at_the_first_run() -> None:
    simulation = start("fresh")
    story = await form(simulation.world, targets(*range(6)), THREE)
    assert story.result is Result.CHANGED
    await assert_nothing_is_left(simulation.world, tuple(range(6)), THREE)


class TestBusy:
    async def test_the_lan_is_full_and_its_oddities_are_found(self) -> None:
        world = start("busy").world
        survey = await listen(world.lan, usual_interest(DEV, "sugarkube"), 2.0, world.clock)
        assert len(survey.hosts) >= 30
        assert len({advert.environment for advert in survey.adverts}) == 4
        kinds = {finding.kind for finding in await found_on(world)}
        assert kinds >= {
            Kind.SPLIT_BRAIN,
            Kind.STALE,
            Kind.WRONG_RECORDS,
            Kind.SEVERAL_ADVERTS,
            Kind.RENAMED,
            Kind.LONG_LABEL,
        }

    async def test_nothing_is_wrong_with_the_cluster_that_is_to_be_joined(self) -> None:
        found = await found_on(start("busy").world)
        assert [finding for finding in found if finding.environment == DEV] == []

    async def test_new_pis_join_it_as_agents(self) -> None:
        simulation = start("busy")
        story = await form(simulation.world, targets(*range(9)), ONE)
        assert story.result is Result.CHANGED
        assert story.actions("sugarkube0") == []
        cluster = simulation.pi("sugarkube0").cluster
        assert cluster is not None
        assert {member.name for member in cluster.members.values() if member.server} == set(names(0, 1, 2))
        await assert_nothing_is_left(simulation.world, tuple(range(9)), ONE)


class TestSplitBrain:
    async def test_it_is_found_and_refused(self) -> None:
        simulation = start("split-brain")
        (finding,) = [one for one in await found_on(simulation.world) if one.kind is Kind.SPLIT_BRAIN]
        assert finding.hosts == ("sugarkube0.local", "sugarkube3.local")
        story = await form(simulation.world, targets(*range(6)), THREE)
        assert story.ended.what == "there are several clusters under the name sugar/dev"
        assert story.actions() == []

    async def test_without_the_second_one_the_others_join_the_first(self) -> None:
        simulation = start("split-brain")
        rest = (0, 1, 2, 4, 5)
        story = await form(simulation.world, targets(*rest), THREE)
        assert story.result is Result.CHANGED
        assert simulation.pi("sugarkube1").cluster is simulation.pi("sugarkube0").cluster
        again = await form(simulation.world, targets(*rest), THREE)
        assert (again.result, again.actions()) == (Result.OK, [])

    async def test_when_the_second_one_was_removed_as_the_remedy_says_it_joins_too(self) -> None:
        simulation = start("split-brain")
        simulation.pi("sugarkube3").uninstall_k3s()
        story = await form(simulation.world, targets(*range(6)), THREE)
        assert story.result is Result.CHANGED
        await assert_nothing_is_left(simulation.world, tuple(range(6)), THREE)


class TestLostNode:
    async def test_one_goes_on_in_the_same_run_and_the_other_in_the_next(self) -> None:
        simulation = start("lost-node")
        story = await form(simulation.world, targets(*range(6)), THREE)
        assert story.results == dict.fromkeys(names(0, 1, 2, 3, 5), Result.CHANGED) | {
            "sugarkube4": Result.FAILED
        }
        assert any("connection lost" in line for line in story.printed("sugarkube1"))
        evidence = story.node("sugarkube4").evidence
        assert evidence is not None
        assert "for the reboot, in vain" in evidence.what
        await simulation.world.clock.sleep(120)
        again = await form(simulation.world, targets(*range(6)), THREE)
        assert again.results["sugarkube4"] is Result.CHANGED
        await assert_nothing_is_left(simulation.world, tuple(range(6)), THREE)

    async def test_it_happens_whenever_the_run_begins(self) -> None:
        simulation = start("lost-node")
        await simulation.world.clock.sleep(3600)
        assert all(pi.is_up for pi in simulation.network.pis.values())
        story = await form(simulation.world, targets(1, 4), ONE)
        assert story.results["sugarkube4"] is Result.FAILED


class TestWrongToken:
    async def test_the_exported_token_is_refused_and_nothing_is_changed(self) -> None:
        tour = demo_world("wrong-token", math.inf).tour
        assert tour is not None
        token = token_from_variables(DEV, tour.variables)
        assert token is not None
        assert token.password.reveal() not in repr(tour)
        story = await form(start("wrong-token").world, targets(*range(6)), THREE, token=token)
        assert story.ended.what == "the token in SUGARKUBE_TOKEN_DEV is not for sugar/dev"
        assert story.ended.remedy.startswith("unset SUGARKUBE_TOKEN_DEV")
        assert story.actions() == []

    async def test_without_it_all_join_and_so_does_the_pi_that_was_refused(self) -> None:
        simulation = start("wrong-token")
        refused = simulation.pi("sugarkube3")
        assert refused.k3s.state == "activating"
        assert "token CA hash does not match" in refused.k3s.complaints[-1]
        story = await form(simulation.world, targets(*range(6)), THREE)
        assert story.result is Result.CHANGED
        assert refused.cluster is simulation.pi("sugarkube0").cluster
        await assert_nothing_is_left(simulation.world, tuple(range(6)), THREE)

    async def test_with_the_right_one_all_join_without_a_login_to_the_server(self) -> None:
        simulation = start("wrong-token")
        cluster = simulation.pi("sugarkube0").cluster
        assert cluster is not None
        right = parse_token(cluster.token, "SUGARKUBE_TOKEN_DEV")
        story = await form(simulation.world, targets(1, 3), ONE, token=right)
        assert story.result is Result.CHANGED
        assert set(cluster.members) == set(names(0, 1, 3))


async def test_slow_pis_take_minutes_and_every_long_action_tells_how_far_it_is() -> None:
    simulation = start("slow")
    slow = await form(simulation.world, targets(*range(4)), ONE)
    assert slow.result is Result.CHANGED
    quick = await form(start("fresh").world, targets(*range(4)), ONE)
    assert slow.ended.at > 2 * quick.ended.at
    assert download_progress(slow) == sorted(download_progress(slow))
    assert len(download_progress(slow)) > 20
    await assert_nothing_is_left(simulation.world, tuple(range(4)), ONE)


def download_progress(story: Story) -> list[float]:
    """How far the download on the first Pi was, each time that it was told."""
    began = next(event.at for event in story.of(ActionStarted, "sugarkube0") if "install k3s" in event.title)
    return [
        event.progress
        for event in story.of(Waiting, "sugarkube0")
        if event.at > began and "install k3s" in event.what and event.progress is not None
    ]
