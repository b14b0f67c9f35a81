"""A simulated LAN whose time leaps: no test here waits, and every run is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.engine.asking import Asker
from sugarkube_tui.engine.events import (
    ActionStarted,
    Event,
    EventSink,
    NodeFinished,
    Printed,
    RunFinished,
    StepFinished,
    StepStarted,
)
from sugarkube_tui.engine.formation import Formation, Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login, Target, World
from sugarkube_tui.simulator.world import Simulation

Kind = TypeVar("Kind", bound=Event)


@pytest.fixture
def simulation() -> Simulation:
    return Simulation()


@pytest.fixture
def world(simulation: Simulation) -> World:
    return simulation.world


def names(*numbers: int) -> tuple[str, ...]:
    return tuple(f"sugarkube{number}" for number in numbers)


def targets(*numbers: int, login: Login | None = None) -> tuple[Target, ...]:
    return tuple(
        Target(f"sugarkube{number}", f"192.168.3.{10 + number}", login or Login()) for number in numbers
    )


def token_of(simulation: Simulation, name: str) -> JoinToken:
    cluster = simulation.pi(name).cluster
    assert cluster is not None
    return parse_token(cluster.token, name)


@dataclass
class Story:
    """What one run told, and how it ended."""

    events: list[Event] = field(default_factory=list)
    result: Result | None = None

    def of(self, kind: type[Kind], node: str | None = None) -> list[Kind]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (node is None or getattr(event, "node", None) == node)
        ]

    def printed(self, node: str | None = None) -> list[str]:
        """The lines that nodes printed, in order."""
        return [line for event in self.of(Printed, node) for line in event.lines]

    @property
    def ended(self) -> RunFinished:
        (ended,) = self.of(RunFinished)
        return ended

    def node(self, name: str) -> NodeFinished:
        (finished,) = self.of(NodeFinished, name)
        return finished

    @property
    def results(self) -> dict[str, Result]:
        return {event.node: event.result for event in self.of(NodeFinished)}

    def actions(self, node: str | None = None) -> list[str]:
        return [event.title for event in self.of(ActionStarted, node)]

    def began(self, node: str, step: str) -> float:
        return next(event.at for event in self.of(StepStarted, node) if event.step == step)

    def done(self, node: str, step: str) -> float:
        return next(event.at for event in self.of(StepFinished, node) if event.step == step)


async def form(
    world: World,
    who: Iterable[Target],
    choices: Choices,
    *,
    token: JoinToken | None = None,
    ask: Asker | None = None,
    sinks: Iterable[EventSink] = (),
    stop_when: Callable[[Event], bool] | None = None,
) -> Story:
    """Run once; `stop_when` cancels the run at the first event for which it is true."""
    story = Story()
    running: asyncio.Task[Result] | None = None

    def stop(event: Event) -> None:
        nonlocal stop_when
        if stop_when is not None and running is not None and stop_when(event):
            stop_when = None
            running.cancel()

    formation = Formation(world, Request(tuple(who), choices, token), ask)
    running = asyncio.create_task(formation.run([story.events.append, *sinks, stop]))
    try:
        story.result = await running
    except asyncio.CancelledError:
        story.result = Result.STOPPED
    finally:
        await formation.close()
    return story
