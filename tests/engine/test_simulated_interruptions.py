"""Runs that are stopped, and nodes that fall silent: the same command goes on from what is true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.connection import BACK_WITHIN_S
from sugarkube_tui.engine.events import ActionStarted, Event, Printed, StepFinished, StepStarted
from sugarkube_tui.engine.formation import Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login
from sugarkube_tui.engine.resuming import located, node_of, targets_of
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.plans import choices_of
from tests.engine.conftest import form, names, targets

THREE = Choices(servers=3)
STEPS = ("boot", "packages", "resolution", "config", "install", "gates", "join", "start", "advert", "ready")


def step_begins(node: str, step: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StepStarted) and (event.node, event.step) == (node, step)


def action_begins(node: str, step: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, ActionStarted) and (event.node, event.step) == (node, step)


class TestStopping:
    async def test_what_was_not_finished_is_told_as_stopped(self, simulation: Simulation) -> None:
        world = simulation.world
        story = await form(world, targets(0, 1, 2, 3), THREE, stop_when=step_begins("sugarkube2", "gates"))
        assert story.result is Result.STOPPED
        assert story.results == {
            "sugarkube0": Result.CHANGED,
            "sugarkube1": Result.CHANGED,
            "sugarkube2": Result.STOPPED,
            "sugarkube3": Result.STOPPED,
        }
        assert story.ended.result is Result.STOPPED
        assert "run it again" in story.ended.remedy
        assert story.of(StepFinished, "sugarkube2")[-1].result is Result.STOPPED
        again = await form(world, targets(0, 1, 2, 3), THREE)
        assert again.result is Result.CHANGED
        assert again.results == {
            "sugarkube0": Result.OK,
            "sugarkube1": Result.OK,
            "sugarkube2": Result.CHANGED,
            "sugarkube3": Result.CHANGED,
        }

    @pytest.mark.parametrize("node", names(0, 1, 3))
    @pytest.mark.parametrize("step", STEPS)
    async def test_a_run_stopped_anywhere_is_completed_by_the_next(self, node: str, step: str) -> None:
        simulation = Simulation()
        stopped = await form(simulation.world, targets(0, 1, 2, 3), THREE, stop_when=step_begins(node, step))
        assert stopped.result is Result.STOPPED
        await simulation.world.clock.sleep(60)  # others may be in their reboots
        again = await form(simulation.world, targets(0, 1, 2, 3), THREE)
        # Where k3s was started already, it came up by itself meanwhile.
        assert again.result in (Result.OK, Result.CHANGED)
        third = await form(simulation.world, targets(0, 1, 2, 3), THREE)
        assert third.result is Result.OK
        assert third.actions() == []
        cluster = simulation.pi("sugarkube0").cluster
        assert cluster is not None
        assert {member.name for member in cluster.members.values() if member.server} == set(names(0, 1, 2))

    async def test_a_run_stopped_while_looking_has_changed_nothing(self, simulation: Simulation) -> None:
        story = await form(simulation.world, targets(0, 1), Choices(), stop_when=lambda event: True)
        assert story.ended.result is Result.STOPPED
        assert story.results == dict.fromkeys(names(0, 1), Result.STOPPED)
        assert story.actions() == []


class TestResuming:
    async def test_a_later_start_completes_what_its_saved_plan_says(
        self, simulation: Simulation, tmp_path: Path
    ) -> None:
        world, login = simulation.world, Login(password=Secret("a-password"))
        asked = Request(targets(0, 1, 2, 3, login=login), Choices(servers=3, order=("sugarkube2",)))
        plan = SavedPlan(tuple(map(node_of, asked.targets)), asked.choices)
        KeptPlan(tmp_path / "plan.toml").write(plan)
        began = step_begins("sugarkube1", "gates")
        stopped = await form(world, asked.targets, asked.choices, stop_when=began)
        assert stopped.result is Result.STOPPED

        kept = KeptPlan(tmp_path / "plan.toml").read()
        assert kept is not None
        found = await located(world.lan, kept)
        again = await form(world, targets_of(found.nodes, login), choices_of(found))
        assert again.result is Result.CHANGED
        cluster = simulation.pi("sugarkube2").cluster
        assert cluster is not None
        assert {member.name for member in cluster.members.values() if member.server} == set(names(0, 1, 2))
        assert "a-password" not in (tmp_path / "plan.toml").read_text()


class TestPowerFailure:
    @pytest.mark.parametrize("step", ["packages", "install", "start"])
    async def test_others_finish_and_the_lost_node_goes_on_later(
        self, simulation: Simulation, step: str
    ) -> None:
        lost = "sugarkube2"
        pull = action_begins(lost, step)
        pulled: list[float] = []

        def watch(event: Event) -> None:
            if not pulled and pull(event):
                pulled.append(event.at)
                simulation.power_off(lost)

        story = await form(simulation.world, targets(0, 1, 2, 3), THREE, sinks=[watch])
        assert story.result is Result.FAILED
        assert story.results == {
            "sugarkube0": Result.CHANGED,
            "sugarkube1": Result.CHANGED,
            "sugarkube2": Result.FAILED,
            "sugarkube3": Result.CHANGED,
        }
        evidence = story.node(lost).evidence
        assert evidence is not None
        assert evidence.what == "the connection broke and the node did not come back"
        assert "power" in evidence.remedy
        assert "No answer from port 22" in evidence.why or "does not resolve" in evidence.why
        assert pulled[0] + BACK_WITHIN_S < story.node(lost).at < pulled[0] + BACK_WITHIN_S + 30

        simulation.power_on(lost)
        await simulation.world.clock.sleep(60)
        again = await form(simulation.world, targets(0, 1, 2, 3), THREE)
        assert again.result is Result.CHANGED
        assert again.results[lost] is Result.CHANGED
        assert [again.results[name] for name in names(0, 1, 3)] == [Result.OK] * 3

    async def test_a_node_that_is_back_in_time_goes_on_in_the_same_run(self, simulation: Simulation) -> None:
        pulled: list[float] = []

        def watch(event: Event) -> None:
            if not pulled and isinstance(event, Printed) and event.lines[0].startswith("Unpacking"):
                pulled.append(event.at)
                simulation.power_off(event.node)
                simulation.power_on(event.node)

        story = await form(simulation.world, targets(0, 1), Choices(), sinks=[watch])
        assert pulled
        assert story.result is Result.CHANGED
        assert story.results == dict.fromkeys(names(0, 1), Result.CHANGED)
        assert any("connection lost" in line for line in story.printed())

    async def test_without_the_first_server_nobody_joins(self, simulation: Simulation) -> None:
        pull = action_begins("sugarkube0", "start")

        def watch(event: Event) -> None:
            if pull(event):
                simulation.power_off("sugarkube0")

        story = await form(simulation.world, targets(0, 1, 2), Choices(), sinks=[watch])
        assert story.results == {
            "sugarkube0": Result.FAILED,
            "sugarkube1": Result.SKIPPED,
            "sugarkube2": Result.SKIPPED,
        }
        for name in names(1, 2):
            evidence = story.node(name).evidence
            assert evidence is not None
            assert evidence.what == "needs the join token of sugarkube0, which failed"

    async def test_a_node_that_does_not_come_back_from_its_reboot_fails(self, simulation: Simulation) -> None:
        pi = simulation.pi("sugarkube1")

        def watch(event: Event) -> None:
            if isinstance(event, ActionStarted) and event.node == pi.name and "reboot" in event.title:
                simulation.power_off(pi.name)

        story = await form(simulation.world, targets(0, 1), Choices(), sinks=[watch])
        assert story.results == {"sugarkube0": Result.CHANGED, "sugarkube1": Result.FAILED}
        evidence = story.node(pi.name).evidence
        assert evidence is not None
        assert evidence.what == "waited 240 s for the reboot, in vain"
