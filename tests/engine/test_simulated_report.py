"""The report of whole runs on the simulator: what was changed where, and no secret in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.estimate import Experience, remaining, samples
from sugarkube_tui.engine.events import ActionStarted, Event, RoleAssigned, Spent
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login
from sugarkube_tui.engine.report import Report, as_json, as_markdown, report_of
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.store.reports import save_report
from tests.engine.conftest import form, names, targets

DEV = Environment("dev")


async def run(simulation: Simulation, *numbers: int, servers: int = 1) -> tuple[Board, Report]:
    board = Board()
    who = targets(*numbers, login=Login(password=Secret("raspberry")))
    await form(simulation.world, who, Choices(servers=servers), sinks=[board.fold])
    return board, report_of(board, who, DEV)


async def test_it_says_what_was_changed_on_each_node(simulation: Simulation) -> None:
    _, report = await run(simulation, 0, 1)
    server, agent = report.nodes
    assert report.result is Result.CHANGED
    assert "/etc/avahi/services/k3s-sugar-dev.service" in server.changes["files"]
    assert "avahi-utils" in server.changes["packages"]
    assert server.changes["k3s"] == ("k3s v1.33.5+k3s1 as server",)
    assert any(name.startswith("k3s-agent:") for name in agent.changes["services"])
    assert agent.reboots == 1
    assert agent.waited_for["sugarkube0"] == pytest.approx(agent.spent[Spent.WAITING], abs=10)
    commands = " ".join(step.command for step in report.next_steps)
    assert "ssh pi@192.168.3.10 sudo cat /var/lib/rancher/k3s/server/token" in commands
    assert "sugarkube-tui verify dev" in commands


async def test_a_run_that_changed_nothing_says_so(simulation: Simulation) -> None:
    await run(simulation, 0)
    _, report = await run(simulation, 0)
    assert report.nodes[0].changes == {}
    assert "- nothing" in as_markdown(report)


async def test_both_forms_are_private_and_without_secrets(simulation: Simulation, tmp_path: Path) -> None:
    _, report = await run(simulation, 0, 1)
    path = save_report(tmp_path, report)
    cluster = simulation.pi("sugarkube0").cluster
    assert cluster is not None
    for file in (path, tmp_path / "report.json"):
        text = file.read_text(encoding="utf-8")
        assert file.stat().st_mode & 0o777 == 0o600
        assert cluster.password not in text
        assert "raspberry" not in text.replace("archive.raspberrypi", "")
    assert json.loads((tmp_path / "report.json").read_text())["nodes"][0]["name"] == "sugarkube0"


async def test_it_is_kept_where_the_path_is_no_text(simulation: Simulation, tmp_path: Path) -> None:
    _, report = await run(simulation, 0)
    path = save_report(tmp_path, replace(report, log_directory="/home/\udcff/runs"))
    assert "/home/?/runs" in path.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text())["log_directory"] == "/home/?/runs"


async def test_what_failed_stands_in_it_with_its_remedy(simulation: Simulation) -> None:
    board = Board()

    def cut_power(event: Event) -> None:
        if isinstance(event, ActionStarted) and (event.node, event.step) == ("sugarkube0", "start"):
            simulation.power_off("sugarkube0")

    await form(simulation.world, targets(0, 1), Choices(), sinks=[board.fold, cut_power])
    report = report_of(board, targets(0, 1), DEV)
    text = as_markdown(report)
    assert report.next_steps == ()
    assert "✖ the connection broke and the node did not come back" in text
    assert "✖ needs the join token of sugarkube0, which failed" in text
    assert as_json(report)["result"] == "failed"


async def test_the_spans_are_the_times_that_the_node_reports(simulation: Simulation) -> None:
    board, _ = await run(simulation, 0, 1, 2, servers=3)
    for name in names(0, 1, 2):
        node = board.nodes[name]
        for kind, seconds in node.track.totals(node.track.spans[-1].ended or 0).items():
            assert seconds == pytest.approx(node.spent[kind], abs=2.5), (name, kind)


async def test_a_second_run_is_estimated_well_from_the_first(simulation: Simulation) -> None:
    board, report = await run(simulation, 0, 1, 2, 3, servers=3)
    seen = Experience(1, tuple(samples(board)))
    again, expected = Board(), []

    def fold(event: Event) -> None:
        again.fold(event)
        if isinstance(event, RoleAssigned) and all(node.role for node in again.nodes.values()):
            expected.append((event.at, remaining(again, event.at, seen)))

    fresh = Simulation()
    await form(fresh.world, targets(0, 1, 2, 3), Choices(servers=3), sinks=[fold])
    at, estimate = expected[-1]
    assert estimate.basis == "from 1 earlier run"
    assert estimate.seconds == pytest.approx(report.seconds - at, rel=0.15)
