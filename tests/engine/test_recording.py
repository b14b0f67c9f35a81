"""What `up` keeps of a run on disk, and what it tells when the disk plays it false meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.arguments import parse_arguments
from sugarkube_tui.cli.commands import up
from sugarkube_tui.cluster.actions import Action, InstallK3s
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.queries import Query
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Answers, LineSink, Machine, Machines, Progress, Target, World
from sugarkube_tui.store.paths import Paths

HOSTS = [word for number in range(2) for word in ("--host", f"sugarkube{number}.local")]


@dataclass(frozen=True)
class Meddling:
    """Logins through which something else happens before each probe and each action.

    Attributes:
        meddle: gets the action; None before a probe.
    """

    machines: Machines
    meddle: Callable[[Action | None], None]

    async def open(self, target: Target) -> Machine:
        return MeddlingMachine(await self.machines.open(target), self.meddle)


@dataclass(frozen=True)
class MeddlingMachine:
    machine: Machine
    meddle: Callable[[Action | None], None]

    async def probe(self, steps: Collection[str]) -> Mapping[str, Answers]:
        self.meddle(None)
        return await self.machine.probe(steps)

    async def apply(self, action: Action, log: LineSink, progress: Progress) -> None:
        self.meddle(action)
        await self.machine.apply(action, log, progress)

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        return await self.machine.ask(query, stdin)

    async def close(self) -> None:
        await self.machine.close()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config", tmp_path / "state", tmp_path / "cache")


def kept(world: World, meddle: Callable[[Action | None], None] = lambda action: None) -> World:
    """The same, but no demo: its runs are kept."""
    return replace(world, simulated=False, machines=Meddling(world.machines, meddle))


async def run_up(world: World, paths: Paths, *words: str) -> int:
    arguments = parse_arguments(["up", "dev", *words])
    arguments.usual_user = "pi"
    return await up(world, arguments, {}, paths)


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_a_run_is_kept_where_it_says(
    world: World, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_up(kept(world), paths, *HOSTS, "--yes", "--json") == exit_codes.OK
    events = told(capsys)
    (directory,) = paths.runs.iterdir()
    assert [event["log_directory"] for event in events if event["event"] == "run_started"] == [str(directory)]
    assert [event["path"] for event in events if event["event"] == "report"] == [str(directory / "report.md")]
    assert "run: `sugar/dev`" in (directory / "report.md").read_text()
    assert json.loads((directory / "events.jsonl").read_text().splitlines()[-1])["event"] == "run_finished"
    assert paths.history.exists()
    assert [event for event in events if event["event"] == "not_kept"] == []


@pytest.mark.parametrize("words", [(*HOSTS,), (*HOSTS, "--host", "10.9.9.9", "--yes")])
async def test_a_run_that_does_not_begin_leaves_nothing(
    world: World, paths: Paths, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    try:
        assert await run_up(kept(world), paths, *words) == exit_codes.FAILED
    except InvalidInput as error:
        assert error.what == "nobody can be asked, so nothing was changed"
    assert not paths.state.exists()


def order_of(events: list[dict[str, Any]], kind: str) -> list[int]:
    return [number for number, event in enumerate(events) if event["event"] == kind]


async def test_a_disk_without_room_ends_the_log_and_not_the_run(
    world: World, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill(action: Action | None) -> None:
        for directory in paths.runs.glob("*"):
            log = directory / "sugarkube1.log"
            if not log.exists():
                log.symlink_to("/dev/full")

    assert await run_up(kept(world, fill), paths, *HOSTS, "--yes", "--json") == exit_codes.OK
    events = told(capsys)
    (number,) = order_of(events, "not_kept")
    assert events[number]["what"] == "the log stops here"
    assert "No space left on device" in events[number]["why"]
    assert events[number]["remedy"].startswith("make room")
    assert order_of(events, "run_started")[0] < number < order_of(events, "report")[0]
    assert [event["result"] for event in events if event["event"] == "run_finished"] == ["changed"]


async def test_a_directory_that_vanishes_is_told_and_so_is_the_reports_loss(
    world: World, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    def remove(action: Action | None) -> None:
        if isinstance(action, InstallK3s):
            shutil.rmtree(paths.runs, ignore_errors=True)

    assert await run_up(kept(world, remove), paths, *HOSTS, "--yes") == exit_codes.OK
    out, err = capsys.readouterr()
    assert "▲ the log stops here: [Errno 2]" in err
    assert "▲ the report is not kept: [Errno 2]" in err
    assert err.count("→ make room, or make the directory writable; the run does not depend on it") == 2
    assert "report:" not in out
    assert "are Ready" in out


async def test_when_standard_output_takes_nothing_more_the_run_is_stopped_and_says_why(
    world: World,
    paths: Paths,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill(action: Action | None) -> None:
        if isinstance(action, InstallK3s):
            with Path("/dev/full").open("w") as full:
                os.dup2(full.fileno(), sys.stdout.fileno())

    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(run_up(kept(world, fill), paths, *HOSTS, "--yes", "--json"))
    told = capsys.readouterr().err.splitlines()
    assert told[:2] == ["✖ standard output cannot be written", "  No space left on device"]
    (directory,) = paths.runs.iterdir()
    report = json.loads((directory / "report.json").read_text())
    assert {node["result"] for node in report["nodes"]} == {"stopped"}
