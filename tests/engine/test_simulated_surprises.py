"""What happens between the steps: restarts, lost connections, pauses, names."""

from __future__ import annotations

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import (
    Answer,
    Asked,
    Event,
    NodeFinished,
    RunStarted,
    Spent,
    StepFinished,
    Waiting,
    Warned,
)
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Target, World
from sugarkube_tui.engine.subject import Subject
from sugarkube_tui.engine.verify import prove
from sugarkube_tui.simulator.world import Simulation
from tests.engine.conftest import Story, form, targets

THREE = Choices(servers=3)


def board_of(story: Story) -> Board:
    board = Board()
    for event in story.events:
        board.fold(event)
    return board


async def test_a_prepared_server_that_restarts_founds_no_cluster_of_its_own(simulation: Simulation) -> None:
    restarted: list[Event] = []

    def restart(event: Event) -> None:
        installed = isinstance(event, StepFinished) and (event.node, event.step) == ("sugarkube1", "install")
        if installed and not restarted:
            restarted.append(event)
            simulation.power_off("sugarkube1")
            simulation.power_on("sugarkube1")

    await form(simulation.world, targets(0, 1, 2), THREE, sinks=[restart])
    assert restarted
    await simulation.world.clock.sleep(200)
    again = await form(simulation.world, targets(0, 1, 2), THREE)
    assert again.result in (Result.OK, Result.CHANGED), again.ended


async def test_a_connection_lost_while_waiting_for_others_is_made_again(simulation: Simulation) -> None:
    restarted: list[Event] = []

    def restart(event: Event) -> None:
        waits = isinstance(event, Waiting) and event.node == "sugarkube1" and "first server" in event.what
        if waits and not restarted:
            restarted.append(event)
            simulation.power_off("sugarkube1")
            simulation.power_on("sugarkube1")

    story = await form(simulation.world, targets(0, 1), Choices(), sinks=[restart])
    assert restarted
    assert story.result is Result.CHANGED, story.node("sugarkube1")


async def test_time_spent_reading_the_review_is_not_the_runs(world: World) -> None:
    events: list[Event] = []
    formation = Formation(world, Request(targets(0), Choices()))
    await formation.look()
    await world.clock.sleep(300)
    await formation.run([events.append])
    await formation.close()
    assert next(event for event in events if isinstance(event, RunStarted)).at == 0
    finished = next(event for event in events if isinstance(event, NodeFinished))
    assert finished.spent[Spent.OVERHEAD] < 10


async def test_step_numbers_stay_within_the_steps_when_the_join_point_changes(world: World) -> None:
    async def direct(question: Asked) -> Answer:
        return Answer.DIRECT

    story = await form(world, targets(0, 1), Choices(registration_address="10.99.0.5"), ask=direct)
    assert all(node.step_number <= node.steps for node in board_of(story).nodes.values())


async def test_an_expected_server_does_not_hide_the_adverts_of_others(world: World) -> None:
    await form(world, targets(0, 1, 2), THREE)
    proof = await prove(world, Subject(Environment("dev"), ("sugarkube0.local",), 0, targets(0, 1, 2)))
    assert proof.ok
    assert len(proof.servers) == 3


async def test_a_node_given_by_its_address_has_one_name_from_the_first_event_on(world: World) -> None:
    story = await form(world, (Target("192.168.3.10", "192.168.3.10"),), Choices())
    board = board_of(story)
    assert list(board.nodes) == ["sugarkube0"]
    assert board.nodes["sugarkube0"].result is Result.CHANGED


async def test_a_warning_is_told_once_however_often_the_step_looks(simulation: Simulation) -> None:
    foreign = "/etc/rancher/k3s/config.yaml.d/50-own.yaml"
    simulation.pi("sugarkube0").files[foreign] = 'node-label:\n  - "a=b"\n'
    story = await form(simulation.world, targets(0), Choices())
    assert sum(foreign in event.what for event in story.of(Warned)) == 1
