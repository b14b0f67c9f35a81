"""Nodes whose step fails while the operator is there: they ask, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sugarkube_tui.cluster.choices import Choices, ClockPolicy
from sugarkube_tui.engine.asking import Asker
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import (
    ActionStarted,
    Answer,
    Answered,
    Asked,
    Event,
    NodeFinished,
    Spent,
    StepFinished,
    StepStarted,
    Waiting,
    Warned,
)
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.simulator.world import Simulation
from tests.engine.conftest import Story, form, names, targets

THREE = Choices(servers=3)
HUNG_S = 20.0
"""Seconds after which a simulated run, which takes none of its own, waits for what never comes."""


def cut_power(simulation: Simulation, node: str, step: str) -> Callable[[Event], None]:
    """Pulls a node's plug, once, when its step begins to act."""
    pulled: list[Event] = []

    def watch(event: Event) -> None:
        if not pulled and isinstance(event, ActionStarted) and (event.node, event.step) == (node, step):
            pulled.append(event)
            simulation.power_off(node)

    return watch


def mend_and_retry(simulation: Simulation, asked: list[Asked]) -> Asker:
    """An operator who plugs it in again, waits until it is up, and then says so."""

    async def ask(question: Asked) -> Answer:
        asked.append(question)
        simulation.power_on(question.node)
        await simulation.world.clock.sleep(120)
        return Answer.RETRY

    return ask


class TestRetrying:
    @pytest.mark.parametrize("step", ["boot", "packages", "install", "start", "ready"])
    async def test_a_node_goes_on_in_the_same_run_once_the_cause_is_gone(
        self, simulation: Simulation, step: str
    ) -> None:
        asked: list[Asked] = []
        story = await form(
            simulation.world,
            targets(0, 1, 2, 3),
            THREE,
            ask=mend_and_retry(simulation, asked),
            sinks=[cut_power(simulation, "sugarkube1", step)],
        )
        assert [question.node for question in asked] == ["sugarkube1"]
        assert Answer.SKIP not in asked[0].answers
        assert story.result is Result.CHANGED
        assert story.results == dict.fromkeys(names(0, 1, 2, 3), Result.CHANGED)
        assert story.of(Answered)[0].answer is Answer.RETRY
        assert story.node("sugarkube1").spent[Spent.ASKING] > 119

    async def test_others_go_on_while_a_node_asks(self, simulation: Simulation) -> None:
        story = await form(
            simulation.world,
            targets(0, 1, 2),
            Choices(),
            ask=mend_and_retry(simulation, []),
            sinks=[cut_power(simulation, "sugarkube2", "packages")],
        )
        (asked,), (answered,) = story.of(Asked), story.of(Answered)
        assert asked.at < story.node("sugarkube1").at < answered.at
        assert story.node("sugarkube2").at > answered.at

    async def test_who_depends_on_it_keeps_waiting_and_says_for_what(self, simulation: Simulation) -> None:
        story = await form(
            simulation.world,
            targets(0, 1, 2),
            Choices(),
            ask=mend_and_retry(simulation, []),
            sinks=[cut_power(simulation, "sugarkube0", "start")],
        )
        assert story.result is Result.CHANGED
        waits = [event for event in story.of(Waiting, "sugarkube1") if event.others == ("sugarkube0",)]
        seen = [event.seen for event in waits if event.what == "waiting for the first server"]
        assert seen == [
            "sugarkube0 is not up yet",
            "sugarkube0 waits for your answer",
            "sugarkube0 is not up yet",
        ]

    async def test_a_server_that_asks_in_its_turn_keeps_it_and_the_operator_sees_for_whom(
        self, simulation: Simulation
    ) -> None:
        board = Board()
        waiting: list[list[str]] = []

        def watch(event: Event) -> None:
            if isinstance(event, Answered):
                waiting.append(board.waiting_for(event.node))
            board.fold(event)

        story = await form(
            simulation.world,
            targets(0, 1, 2, 3),
            THREE,
            ask=mend_and_retry(simulation, []),
            sinks=[watch, cut_power(simulation, "sugarkube1", "start")],
        )
        assert story.result is Result.CHANGED
        assert waiting == [["sugarkube2", "sugarkube3"]]
        (answered,) = story.of(Answered)
        assert story.began("sugarkube2", "gates") > answered.at
        turn = [event.seen for event in story.of(Waiting, "sugarkube2") if "its turn" in event.what]
        assert turn == ["sugarkube1 is joining", "sugarkube1 waits for your answer", "sugarkube1 is joining"]

    async def test_it_asks_again_while_it_still_fails(self, simulation: Simulation) -> None:
        asked: list[Asked] = []

        async def ask(question: Asked) -> Answer:
            asked.append(question)
            if len(asked) == 2:
                simulation.power_on(question.node)
                await simulation.world.clock.sleep(120)
            return Answer.RETRY

        watch = cut_power(simulation, "sugarkube1", "packages")
        story = await form(simulation.world, targets(0, 1), Choices(), ask=ask, sinks=[watch])
        assert len(asked) == 2
        assert story.result is Result.CHANGED
        packages = [event for event in story.of(StepFinished, "sugarkube1") if event.step == "packages"]
        assert [event.result for event in packages] == [Result.CHANGED]

    async def test_two_nodes_ask_at_the_same_time(self, simulation: Simulation) -> None:
        asked: list[str] = []
        both = asyncio.Event()

        async def ask(question: Asked) -> Answer:
            asked.append(question.node)
            if len(asked) == 2:
                both.set()
            await both.wait()
            simulation.power_on(question.node)
            await simulation.world.clock.sleep(120)
            return Answer.RETRY

        story = await form(
            simulation.world,
            targets(0, 1, 2),
            Choices(),
            ask=ask,
            sinks=[cut_power(simulation, name, "packages") for name in names(1, 2)],
        )
        assert sorted(asked) == ["sugarkube1", "sugarkube2"]
        assert story.result is Result.CHANGED


class TestGoingWithout:
    async def test_a_step_that_is_safe_to_go_without_is_left_out(self, simulation: Simulation) -> None:
        asked: list[Asked] = []

        async def ask(question: Asked) -> Answer:
            asked.append(question)
            return Answer.SKIP

        def break_the_clock(event: Event) -> None:
            if isinstance(event, StepStarted) and (event.node, event.step) == ("sugarkube1", "packages"):
                simulation.pi("sugarkube1").services.discard("systemd-timesyncd")

        choices = Choices(clock=ClockPolicy.STRICT)
        story = await form(simulation.world, targets(0, 1), choices, ask=ask, sinks=[break_the_clock])
        assert story.result is Result.CHANGED
        assert [(question.title, question.answers) for question in asked] == [
            ("Clock", (Answer.RETRY, Answer.SKIP, Answer.GIVE_UP))
        ]
        assert "certificates" in asked[0].without
        skipped = [event for event in story.of(StepFinished) if event.result is Result.SKIPPED]
        assert [(event.node, event.step) for event in skipped] == [("sugarkube1", "clock")]
        assert any("Clock was left out" in event.what for event in story.of(Warned))


class TestGivingUp:
    async def test_the_node_is_set_aside_and_what_depends_on_it_is_told(self, simulation: Simulation) -> None:
        async def ask(question: Asked) -> Answer:
            return Answer.GIVE_UP

        watch = cut_power(simulation, "sugarkube0", "start")
        story = await form(simulation.world, targets(0, 1), Choices(), ask=ask, sinks=[watch])
        assert story.results == {"sugarkube0": Result.FAILED, "sugarkube1": Result.SKIPPED}
        evidence = story.node("sugarkube1").evidence
        assert evidence is not None
        assert evidence.what == "needs the join token of sugarkube0, which failed"

    async def test_a_working_node_is_given_up_alone(self, simulation: Simulation) -> None:
        story = await self.given_up(simulation, "sugarkube3", "install")
        assert story.results == {
            "sugarkube0": Result.CHANGED,
            "sugarkube1": Result.CHANGED,
            "sugarkube2": Result.CHANGED,
            "sugarkube3": Result.FAILED,
        }
        evidence = story.node("sugarkube3").evidence
        assert evidence is not None
        assert evidence.what.startswith("given up by the operator")
        again = await form(simulation.world, targets(0, 1, 2, 3), THREE)
        assert again.result is Result.CHANGED

    async def test_who_is_given_up_twice_is_still_set_aside_and_nobody_waits_for_it(
        self, simulation: Simulation
    ) -> None:
        story = await self.given_up(simulation, "sugarkube0", "install", times=2)
        assert story.results == {
            "sugarkube0": Result.FAILED,
            **dict.fromkeys(names(1, 2, 3), Result.SKIPPED),
        }

    async def test_a_server_that_is_given_up_in_its_turn_lets_the_next_one_in(
        self, simulation: Simulation
    ) -> None:
        story = await self.given_up(simulation, "sugarkube1", "gates")
        assert story.results["sugarkube1"] is Result.FAILED
        assert story.results["sugarkube2"] is Result.CHANGED
        assert story.results["sugarkube3"] is Result.CHANGED

    async def given_up(self, simulation: Simulation, node: str, step: str, times: int = 1) -> Story:
        story = Story()

        def watch(event: Event) -> None:
            story.events.append(event)
            if isinstance(event, StepStarted) and (event.node, event.step) == (node, step):
                for _ in range(times):
                    formation.give_up(node)

        formation = Formation(simulation.world, Request(targets(0, 1, 2, 3), THREE))
        async with asyncio.timeout(HUNG_S):
            story.result = await formation.run([watch])
        await formation.close()
        return story

    async def test_a_node_whose_part_has_not_begun_can_be_given_up(self, simulation: Simulation) -> None:
        story = Story()

        def watch(event: Event) -> None:
            story.events.append(event)
            if isinstance(event, StepStarted) and event.node == "sugarkube0":
                formation.give_up("sugarkube1")

        formation = Formation(simulation.world, Request(targets(0, 1, 2, 3), THREE))
        async with asyncio.timeout(HUNG_S):
            assert await formation.run([watch]) is Result.FAILED
        await formation.close()
        assert story.results == dict.fromkeys(names(0, 2, 3), Result.CHANGED) | {"sugarkube1": Result.FAILED}
        assert story.of(StepStarted, "sugarkube1") == []

    async def test_a_node_that_waits_for_others_can_be_given_up(self, simulation: Simulation) -> None:
        story = Story()

        def watch(event: Event) -> None:
            story.events.append(event)
            if isinstance(event, Waiting) and event.node == "sugarkube1" and event.others:
                formation.give_up("sugarkube1")

        formation = Formation(simulation.world, Request(targets(0, 1), Choices()))
        assert await formation.run([watch]) is Result.FAILED
        await formation.close()
        assert story.results == {"sugarkube0": Result.CHANGED, "sugarkube1": Result.FAILED}


@pytest.mark.parametrize(("node", "others"), [("sugarkube0", Result.SKIPPED), ("sugarkube1", Result.CHANGED)])
async def test_a_fault_in_asking_fails_that_node_alone(
    simulation: Simulation, node: str, others: Result
) -> None:
    async def ask(question: Asked) -> Answer:
        raise RuntimeError("the screen is gone")

    watch = cut_power(simulation, node, "packages")
    story = await form(simulation.world, targets(0, 1, 2), Choices(), ask=ask, sinks=[watch])
    assert story.result is Result.FAILED
    assert story.results == {**dict.fromkeys(names(0, 1, 2), others), node: Result.FAILED}
    evidence = story.node(node).evidence
    assert evidence is not None
    assert evidence.why == "RuntimeError: the screen is gone"
    assert [event.step for event in story.of(StepFinished, node) if event.result is Result.FAILED] == [
        "packages"
    ]


async def test_a_run_is_stopped_while_a_node_asks(simulation: Simulation) -> None:
    asking = asyncio.Event()

    async def ask(question: Asked) -> Answer:
        asking.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody answers")

    story = Story()
    watch = cut_power(simulation, "sugarkube0", "packages")
    request = Request(targets(0, 1), Choices())
    formation = Formation(simulation.world, request, ask)
    running = asyncio.create_task(formation.run([story.events.append, watch]))
    await asking.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await formation.close()
    assert story.results == dict.fromkeys(names(0, 1), Result.STOPPED)
    assert story.of(NodeFinished, "sugarkube0")[0].spent[Spent.ASKING] >= 0
    assert story.of(Answered) == []


async def test_without_an_operator_nothing_is_asked(simulation: Simulation) -> None:
    watch = cut_power(simulation, "sugarkube1", "packages")
    story = await form(simulation.world, targets(0, 1), Choices(), sinks=[watch])
    assert story.of(Asked) == []
    assert story.results["sugarkube1"] is Result.FAILED
