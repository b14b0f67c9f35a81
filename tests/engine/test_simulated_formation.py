"""Forming clusters on the simulated LAN: what comes out, in which order, and what is told."""

from __future__ import annotations

import asyncio
import json

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import (
    ActionFinished,
    ActionStarted,
    Answer,
    Asked,
    Event,
    NodeConnected,
    RoleAssigned,
    Spent,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
    as_json,
)
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.log import Kind
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login, World
from sugarkube_tui.engine.survey import LISTEN_S
from sugarkube_tui.simulator.pi import CMDLINE
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.steps.catalog import STEPS
from sugarkube_tui.steps.config import JOIN_FILE
from tests.engine.conftest import Story, form, names, targets, token_of

VIRTUAL = "192.168.3.50"
NOWHERE = "10.99.0.5"
THREE = Choices(servers=3)


class TestThreeServersAndAnAgent:
    async def test_all_become_ready_with_one_reboot_each(self, world: World) -> None:
        story = await form(world, targets(0, 1, 2, 3), THREE)
        assert story.result is Result.CHANGED
        assert story.ended.what == "3 servers and 1 agent are Ready"
        roles = {event.node: event.role for event in story.of(RoleAssigned)}
        assert roles == dict(
            zip(names(0, 1, 2, 3), ("first server", "server", "server", "agent"), strict=True)
        )
        assert story.results == dict.fromkeys(names(0, 1, 2, 3), Result.CHANGED)
        assert [story.node(name).reboots for name in names(0, 1, 2, 3)] == [1, 1, 1, 1]

    async def test_the_cluster_has_what_was_asked_for(self, simulation: Simulation) -> None:
        await form(simulation.world, targets(0, 1, 2, 3), THREE)
        clusters = {id(simulation.pi(name).cluster) for name in names(0, 1, 2, 3)}
        assert len(clusters) == 1
        cluster = simulation.pi("sugarkube0").cluster
        assert cluster is not None
        assert cluster.datastore == "etcd"
        assert {name: (m.server, m.voter) for name, m in cluster.members.items()} == {
            "sugarkube0": (True, True),
            "sugarkube1": (True, True),
            "sugarkube2": (True, True),
            "sugarkube3": (False, None),
        }

    async def test_the_second_run_changes_nothing(self, world: World) -> None:
        await form(world, targets(0, 1, 2, 3), THREE)
        again = await form(world, targets(0, 1, 2, 3), THREE)
        assert again.result is Result.OK
        assert again.actions() == []
        assert again.of(Warned) == []
        assert again.ended.what == "3 servers and 1 agent are Ready; nothing had to be changed"
        formation = Formation(world, Request(targets(0, 1, 2, 3), THREE))
        look = await formation.look()
        await formation.close()
        assert look.plan.empty
        assert not look.plan.blocked
        assert [server.host for server in look.live] == [f"{name}.local" for name in names(0, 1, 2)]
        assert len({server.ca_hash for server in look.live} - {""}) == 1

    async def test_a_seventh_node_joins_later_through_the_running_server(self, world: World) -> None:
        await form(world, targets(0), Choices())
        later = await form(world, targets(0, 5), Choices())
        assert later.results == {"sugarkube0": Result.OK, "sugarkube5": Result.CHANGED}
        assert later.actions("sugarkube0") == []

    async def test_looking_changes_nothing(self, simulation: Simulation) -> None:
        before = {name: dict(simulation.pi(name).files) for name in names(0, 1)}
        formation = Formation(simulation.world, Request(targets(0, 1), Choices()))
        read: list[str] = []
        first, second = await formation.look(read.append), await formation.look()
        await formation.close()
        assert first == second
        assert sorted(read) == list(names(0, 1))
        assert not first.plan.empty
        assert first.version == "v1.33.5+k3s1"
        assert {name: simulation.pi(name).files for name in names(0, 1)} == before

    async def test_the_same_choices_tell_the_same_story(self, world: World) -> None:
        first = await form(world, targets(0, 1), Choices())
        other = await form(Simulation().world, targets(0, 1), Choices())
        assert [as_json(event) for event in first.events] == [as_json(event) for event in other.events]


class TestOrder:
    @pytest.fixture
    async def story(self, world: World) -> Story:
        return await form(world, targets(0, 1, 2, 3, 4), THREE)

    async def test_nobody_joins_before_the_first_server_gave_its_token(self, story: Story) -> None:
        given = story.done("sugarkube0", "token")
        for name in names(1, 2, 3, 4):
            assert story.began(name, "gates") >= given

    async def test_preparation_runs_on_all_nodes_at_once(self, story: Story) -> None:
        latest_start = max(story.began(name, "boot") for name in names(0, 1, 2, 3, 4))
        assert latest_start < min(story.done(name, "boot") for name in names(0, 1, 2, 3, 4))

    async def test_servers_join_one_at_a_time(self, story: Story) -> None:
        turns = sorted((story.began(name, "gates"), story.node(name).at) for name in names(1, 2))
        (_, first_end), (second_begin, _) = turns
        assert second_begin >= first_end

    async def test_agents_join_together_after_the_last_server(self, story: Story) -> None:
        servers_done = max(story.node(name).at for name in names(0, 1, 2))
        begins = [story.began(name, "gates") for name in names(3, 4)]
        assert min(begins) >= servers_done
        assert max(begins) < min(story.node(name).at for name in names(3, 4))


class TestRegistrationAddress:
    async def test_joins_go_through_it(self, simulation: Simulation) -> None:
        choices = Choices(servers=3, registration_address=VIRTUAL)
        story = await form(simulation.world, targets(0, 1, 2, 3), choices)
        assert story.result is Result.CHANGED
        for name in names(1, 2):
            assert f'server: "https://{VIRTUAL}:6443"' in simulation.pi(name).files[JOIN_FILE]
        assert simulation.pi("sugarkube3").k3s.url == f"https://{VIRTUAL}:6443"

    async def test_one_server_with_two_agents_keeps_its_data_in_sqlite(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 1, 2), Choices(registration_address=VIRTUAL))
        assert story.ended.what == "1 server and 2 agents are Ready"
        cluster = simulation.pi("sugarkube0").cluster
        assert cluster is not None
        assert cluster.datastore == "sqlite"
        assert simulation.pi("sugarkube1").k3s.url == f"https://{VIRTUAL}:6443"

    async def test_one_that_does_not_answer_is_asked_about_once_for_all(self, simulation: Simulation) -> None:
        questions: list[Asked] = []

        async def ask(question: Asked) -> Answer:
            questions.append(question)
            return Answer.DIRECT

        choices = Choices(registration_address=NOWHERE)
        story = await form(simulation.world, targets(0, 1, 2), choices, ask=ask)
        assert len(questions) == 1
        assert NOWHERE in questions[0].evidence.what
        assert "Failed to connect" in questions[0].evidence.why
        assert story.result is Result.CHANGED
        for name in names(1, 2):
            assert simulation.pi(name).k3s.url == "https://192.168.3.10:6443"
        assert any(NOWHERE in event.what for event in story.of(Waiting, "sugarkube1"))

    async def test_a_server_joins_directly_when_told_so(self, simulation: Simulation) -> None:
        async def ask(question: Asked) -> Answer:
            return Answer.DIRECT

        choices = Choices(servers=3, registration_address=NOWHERE)
        story = await form(simulation.world, targets(0, 1, 2), choices, ask=ask)
        assert story.result is Result.CHANGED
        for name in names(1, 2):
            assert 'server: "https://192.168.3.10:6443"' in simulation.pi(name).files[JOIN_FILE]

    async def test_it_is_checked_again_when_told_so(self, simulation: Simulation) -> None:
        answers = [Answer.RETRY, Answer.DIRECT]

        async def ask(question: Asked) -> Answer:
            return answers.pop(0)

        choices = Choices(registration_address=NOWHERE)
        story = await form(simulation.world, targets(0, 1), choices, ask=ask)
        assert story.result is Result.CHANGED
        assert answers == []

    async def test_giving_up_fails_the_joiners_only(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 1, 2), Choices(registration_address=NOWHERE))
        assert story.result is Result.FAILED
        assert story.results["sugarkube0"] is Result.CHANGED
        assert {story.results[name] for name in names(1, 2)} == {Result.FAILED}
        for name in names(1, 2):
            evidence = story.node(name).evidence
            assert evidence is not None
            assert evidence.what == f"{NOWHERE} does not answer from here"
            assert "Failed to connect" in evidence.why
            assert evidence.remedy
            assert simulation.pi(name).cluster is None
        assert "sugarkube1, sugarkube2" in story.ended.what


class TestSecrets:
    async def test_no_event_ever_holds_one(self, simulation: Simulation) -> None:
        password = "correct-horse-battery"
        chatty = simulation.pi("sugarkube1")
        # What a node shows of a secret must not be passed on: in a diff, and in its journal.
        chatty.files[CMDLINE] = chatty.files[CMDLINE].strip() + f" note={password}\n"
        shown: list[str] = []

        def leak(event: Event) -> None:
            if isinstance(event, ActionStarted) and event.step == "start" and event.node == chatty.name:
                token = token_of(simulation, "sugarkube0")
                shown.extend((token.secret.reveal(), token.password.reveal()))
                for text in shown:
                    asyncio.get_running_loop().call_soon(chatty.journal, "k3s", f"my token is {text}")

        login = Login(password=Secret(password))
        story = await form(simulation.world, targets(0, 1, 2, login=login), THREE, sinks=[leak])
        assert story.result is Result.CHANGED
        assert len(shown) == 4
        assert any("my token is" in line for line in story.printed(chatty.name))
        told = json.dumps([as_json(event) for event in story.events], ensure_ascii=False)
        for secret in (*shown, password):
            assert secret not in told

    async def test_the_token_file_is_shown_as_a_secret(self, world: World) -> None:
        story = await form(world, targets(0, 1), Choices())
        (writing,) = [e for e in story.of(ActionStarted) if e.title.endswith("sugarkube-token")]
        assert writing.details == ("•••• (secret, mode 0600)",)


class TestWhereTheTimeWent:
    async def test_it_adds_up_and_little_of_it_is_ours(self, world: World) -> None:
        story = await form(world, targets(0, 1, 2, 3), THREE)
        for name in names(0, 1, 2, 3):
            finished = story.node(name)
            assert sum(finished.spent.values()) == pytest.approx(finished.at, abs=0.01)
            assert finished.spent[Spent.OVERHEAD] < 0.03 * finished.at
            assert 25 < finished.spent[Spent.REBOOT] < 60
        assert story.node("sugarkube0").spent[Spent.WAITING] <= LISTEN_S
        assert story.node("sugarkube3").spent[Spent.WAITING] > 40

    async def test_waiting_for_others_is_not_remote_work(self, world: World) -> None:
        story = await form(world, targets(0, 1, 2, 3), THREE)
        agent = story.node("sugarkube3")
        prepared, joining = story.done("sugarkube3", "install"), story.began("sugarkube3", "gates")
        assert 0 <= agent.spent[Spent.WAITING] - (joining - prepared) <= LISTEN_S


class TestBoard:
    async def test_it_folds_a_whole_run(self, world: World) -> None:
        story = await form(world, targets(0, 1, 2, 3), THREE)
        board = Board()
        for event in story.events:
            board.fold(event)
        assert board.environment == str(Environment())
        assert board.finished == story.ended
        assert list(board.nodes) == list(names(0, 1, 2, 3))
        for name, node in board.nodes.items():
            finished = story.node(name)
            (connected,) = story.of(NodeConnected, name)
            assert (node.hostname, node.model, node.address) == (
                connected.hostname,
                connected.model,
                connected.address,
            )
            assert node.result is finished.result
            assert node.finished_at == finished.at
            assert node.actions == finished.actions == len(story.of(ActionFinished, name))
            assert node.reboots == finished.reboots
            assert node.step_number == node.steps == len(story.of(StepStarted, name))
            assert len(node.history) == len(story.of(StepFinished, name)) == node.steps
            assert node.warnings == story.of(Warned, name)
            assert node.waiting is None
            assert node.action == ""
            assert node.log.total == len(node.log)
            lines = [entry.text for entry in node.log if entry.kind is Kind.OUTPUT]
            assert lines == story.printed(name)

    async def test_it_folds_a_failure(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 1), Choices(registration_address=NOWHERE))
        board = Board()
        for event in story.events:
            board.fold(event)
        failed = board.nodes["sugarkube1"]
        assert failed.result is Result.FAILED
        assert failed.evidence == story.node("sugarkube1").evidence
        assert any("✖" in entry.text for entry in failed.log if entry.kind is Kind.ERROR)


async def test_every_step_of_the_catalogue_is_passed_by_every_node(world: World) -> None:
    story = await form(world, targets(0, 1), Choices())
    for name in names(0, 1):
        passed = {event.step for event in story.of(StepFinished, name)}
        assert passed >= {step.id for step in STEPS}


async def test_every_action_that_began_has_ended(world: World) -> None:
    story = await form(world, targets(0, 1, 2, 3, 4, 5), THREE)
    assert story.result is Result.CHANGED
    began = [(event.node, event.title) for event in story.of(ActionStarted)]
    ended = [(event.node, event.title) for event in story.of(ActionFinished)]
    assert sorted(began) == sorted(ended)
    times = [event.at for event in story.events]
    assert times == sorted(times)
