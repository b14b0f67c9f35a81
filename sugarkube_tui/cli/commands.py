"""`plan` and `up`: each takes what was asked for and returns the exit status."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sugarkube_tui.cli import exit_codes, settled_by
from sugarkube_tui.cli.hosts import find_targets, host_texts
from sugarkube_tui.cli.inputs import (
    read_choices,
    read_defaults,
    read_login,
    read_saved,
    variables_used,
)
from sugarkube_tui.cli.narration import Narration
from sugarkube_tui.cli.output import say, say_json, tell
from sugarkube_tui.cli.prompting import Operator, read_line
from sugarkube_tui.cli.proving import say_proof
from sugarkube_tui.cli.recording import Recording
from sugarkube_tui.cli.render import time_lines
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.cluster.token import token_from_variables
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.formation import Formation, Look, Request
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Login, Target, World
from sugarkube_tui.engine.resuming import located, targets_of
from sugarkube_tui.engine.review_text import look_lines
from sugarkube_tui.engine.subject import subject_of
from sugarkube_tui.store.paths import Paths


async def plan(world: World, arguments: Namespace, variables: Mapping[str, str]) -> int:
    """Print what `up` would do."""
    asked = await _read(world, arguments, variables)
    formation = Formation(world, asked.request)
    try:
        look = await formation.look()
    finally:
        await formation.close()
    _say_look(look, asked, arguments.json)
    if look.failures or look.plan.blocked:
        return exit_codes.FAILED
    return exit_codes.WOULD_CHANGE if arguments.check and not look.plan.empty else exit_codes.OK


async def up(world: World, arguments: Namespace, variables: Mapping[str, str], paths: Paths) -> int:
    """Form the cluster, then prove it.  When nobody can be told any more, it ends as by Ctrl-C."""
    board = Board()
    narration = Narration(as_json=arguments.json)
    asked = await _read(world, arguments, variables)
    request = asked.request
    attended = sys.stdin.isatty() and not (arguments.json or arguments.yes)
    formation = Formation(world, request, Operator().ask if attended else None)
    report: Path | None = None
    try:
        look = await formation.look()
        _say_look(look, asked, arguments.json)
        if look.failures or look.plan.blocked:
            tell("✖ nothing was changed: settle what is marked ✖ first")
            return exit_codes.FAILED
        if not (look.plan.empty or arguments.yes or await _agreed(arguments)):
            tell("nothing was changed")
            return exit_codes.FAILED
        if world.simulated:
            result = await formation.run((board.fold, narration))
        else:
            recording = Recording(paths, str(request.choices.environment), narration.not_kept)
            try:
                result = await formation.run((recording, board.fold, narration), recording.directory)
            finally:  # before anything else is waited for
                report = recording.finish(board, request)
                if report is not None and arguments.json:
                    say_json({"event": "report", "path": str(report)})
    finally:
        await formation.close()
    if not arguments.json:
        for line in time_lines(board):
            say(line)
        if report is not None:
            say(f"report: {report}")
    if result is Result.FAILED:
        return exit_codes.FAILED
    proof = await say_proof(world, subject_of(request, board, asked.login), variables, as_json=arguments.json)
    return exit_codes.OK if proof.ok else exit_codes.FAILED


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the operator asks for.

    Attributes:
        login: for nodes that nobody has named.
        sources: choice → the variable it came from, with its value.
    """

    request: Request
    login: Login
    sources: Mapping[str, str]


async def _read(world: World, arguments: Namespace, variables: Mapping[str, str]) -> _Asked:
    """Raises InvalidInput when it cannot be told what is asked for."""
    login = read_login(arguments)
    saved = read_saved(arguments)
    if saved is None and arguments.environment is None:
        raise InvalidInput(
            "no environment was named",
            where=arguments.command,
            remedy=f"name one, for example: sugarkube-tui {arguments.command} dev …; or give --plan FILE",
        )
    defaults = read_defaults(arguments, variables, saved)
    choices = read_choices(arguments, defaults)
    token = token_from_variables(choices.environment, variables)
    targets = await _targets(world, arguments, login, saved)
    sources = {
        choice: f"{variable}={variables[variable].strip()}"
        for choice, variable in variables_used(arguments, defaults).items()
    }
    return _Asked(Request(targets, choices, token), login, sources)


async def _targets(
    world: World, arguments: Namespace, login: Login, saved: SavedPlan | None
) -> tuple[Target, ...]:
    """The nodes that were named, else those of the saved plan."""
    if hosts := host_texts(arguments):
        return await find_targets(world, hosts, login)
    if saved is not None and saved.nodes:
        return targets_of((await located(world.lan, saved)).nodes, login)
    raise InvalidInput(
        "no node was named",
        where="--host",
        remedy="see what is there with `sugarkube-tui scan`, then give each node by --host; "
        "or start the wizard: sugarkube-tui",
    )


def _say_look(look: Look, asked: _Asked, as_json: bool) -> None:
    if as_json:
        say_json(_look_json(look))
        return
    for choice, source in asked.sources.items():
        say(f"{choice.replace('_', ' ')}: from {source}")
    for line in look_lines(asked.request.choices, look, settled_by.CONCERNS, settled_by.TROUBLES):
        say(line)


async def _agreed(arguments: Namespace) -> bool:
    if arguments.json or not sys.stdin.isatty():
        raise InvalidInput(
            "nobody can be asked, so nothing was changed",
            where="up",
            remedy="add --yes to let it change the nodes",
        )
    answer = await read_line("Do this? [y/N] ")
    return (answer or "").lower() in ("y", "yes")


def _look_json(look: Look) -> dict[str, Any]:
    return {
        "event": "plan",
        "empty": look.plan.empty,
        "blocked": look.plan.blocked or bool(look.failures),
        "version": look.version,
        "problems": [asdict(problem) for problem in look.plan.problems],
        "failures": {name: asdict(evidence) for name, evidence in look.failures.items()},
        "nodes": [
            {
                "node": node.name,
                "role": node.goal.role,
                "reason": node.reason,
                "steps": [
                    {
                        "step": step.step,
                        "title": step.title,
                        "actions": [{"title": a.title, "details": list(a.details)} for a in step.actions],
                        "problems": [asdict(problem) for problem in step.problems],
                    }
                    for step in node.steps
                ],
            }
            for node in look.plan.nodes
        ],
    }
