"""`plan` and `up`: each takes what was asked for and returns the exit status."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from threading import Thread
from typing import Any

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.inputs import (
    find_targets,
    host_texts,
    read_choices,
    read_defaults,
    read_login,
    variables_used,
)
from sugarkube_tui.cli.output import say, say_json, tell
from sugarkube_tui.cli.proving import say_proof
from sugarkube_tui.cli.render import EventLines, look_lines, time_lines
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import token_from_variables
from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import Event, EventSink, Result, as_json
from sugarkube_tui.engine.formation import Formation, Look, Request
from sugarkube_tui.engine.joining import Answer, Question, give_up
from sugarkube_tui.engine.ports import Login, Target, World
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.store.paths import Paths


async def plan(world: World, arguments: Namespace, variables: Mapping[str, str], paths: Paths) -> int:
    """Print what `up` would do."""
    formation, _ = await _formation(world, arguments, variables, paths, read_login(arguments), ())
    try:
        look = await formation.look()
    finally:
        await formation.close()
    if arguments.json:
        say_json(_look_json(look))
    else:
        _say_look(look, arguments, variables)
    if look.failures or look.plan.blocked:
        return exit_codes.FAILED
    return exit_codes.WOULD_CHANGE if arguments.check and not look.plan.empty else exit_codes.OK


async def up(world: World, arguments: Namespace, variables: Mapping[str, str], paths: Paths) -> int:
    """Form the cluster, then prove it."""
    board = Board()
    lines = EventLines()

    def show(event: Event) -> None:
        if arguments.json:
            say_json(as_json(event))
        else:
            for line in lines.of(event):
                say(line)

    login = read_login(arguments)
    formation, targets = await _formation(world, arguments, variables, paths, login, (board.fold, show))
    try:
        look = await formation.look()
        if arguments.json:
            say_json(_look_json(look))
        else:
            _say_look(look, arguments, variables)
        if look.failures or look.plan.blocked:
            tell("✖ nothing was changed: settle what is marked ✖ first")
            return exit_codes.FAILED
        if not (look.plan.empty or arguments.yes or await _agreed(arguments)):
            tell("nothing was changed")
            return exit_codes.FAILED
        result = await formation.run()
    finally:
        await formation.close()
    if not arguments.json:
        for line in time_lines(board):
            say(line)
    if result is Result.FAILED:
        return exit_codes.FAILED
    servers = [node.goal.hostname for node in look.plan.nodes if node.goal.role.is_server]
    sources = sorted(targets, key=lambda target: target.name not in servers)
    expected = tuple(f"{name}.local" for name in servers)
    proof = await say_proof(world, arguments, variables, login, tuple(sources), expected, len(servers))
    return exit_codes.OK if proof.ok else exit_codes.FAILED


async def _formation(
    world: World,
    arguments: Namespace,
    variables: Mapping[str, str],
    paths: Paths,
    login: Login,
    sinks: tuple[EventSink, ...],
) -> tuple[Formation, tuple[Target, ...]]:
    hosts = host_texts(arguments)
    if not hosts:
        raise InvalidInput(
            "no node was named",
            where="--host",
            remedy="see what is there with `sugarkube-tui scan`, then give each node by --host; "
            "or start the wizard: sugarkube-tui",
        )
    choices = read_choices(arguments, read_defaults(arguments, variables))
    token = token_from_variables(choices.environment, variables)
    targets = await find_targets(world.lan, hosts, login)
    directory = ""
    if sinks and not world.simulated:
        journal = RunJournal(paths.runs, str(choices.environment))
        directory = journal.problem or str(journal.directory)
        sinks = (journal, *sinks)
    ask = _ask_operator if sys.stdin.isatty() and not arguments.json else give_up
    return Formation(world, Request(targets, choices, token, directory), sinks, ask), targets


def _say_look(look: Look, arguments: Namespace, variables: Mapping[str, str]) -> None:
    for choice, variable in variables_used(arguments, read_defaults(arguments, variables)).items():
        say(f"{choice.replace('_', ' ')}: from {variable}={variables[variable].strip()}")
    for line in look_lines(look):
        say(line)


async def _agreed(arguments: Namespace) -> bool:
    if arguments.json or not sys.stdin.isatty():
        raise InvalidInput(
            "nobody can be asked, so nothing was changed",
            where="up",
            remedy="add --yes to let it change the nodes",
        )
    answer = await _read_line("Do this? [y/N] ")
    return answer.lower() in ("y", "yes")


async def _ask_operator(question: Question) -> Answer:
    tell(f"\n? {question.node}: {question.what}\n  {question.why}")
    for number, answer in enumerate(question.answers, start=1):
        tell(f"  {number} {answer}")
    text = await _read_line(f"1 to {len(question.answers)} [{len(question.answers)}]: ")
    choice = int(text) if text.isdecimal() else len(question.answers)
    return question.answers[min(max(choice, 1), len(question.answers)) - 1]


async def _read_line(prompt: str) -> str:
    """A line from the terminal, without blanks around it; empty at its end.  Ctrl-C interrupts it at once.

    The thread that reads is left behind then: one of the event loop's own would be waited for.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()

    def settle(text: str) -> None:
        if not line.done():
            line.set_result(text)

    def read() -> None:
        text = sys.stdin.readline().strip()
        with suppress(RuntimeError):  # the loop may be gone by then
            loop.call_soon_threadsafe(settle, text)

    Thread(target=read, daemon=True).start()
    return await line


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
