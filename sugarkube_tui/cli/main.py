"""The program's entry point."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cli.arguments import parse_arguments
from sugarkube_tui.cli.output import fill_closed_streams, forsake
from sugarkube_tui.cli.terminal import forget_sizes, require_terminal
from sugarkube_tui.cluster.errors import InvalidInput, SugarkubeError
from sugarkube_tui.engine.ports import DEFAULT_USER, Given, World
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.paths import Paths
from sugarkube_tui.store.settings import Settings, ThemeName, read_settings
from sugarkube_tui.wiring import agent_keys, demo_world, real_world, ssh_aliases, variables_in

if TYPE_CHECKING:
    from sugarkube_tui.tui.beginning import Memory
    from sugarkube_tui.tui.state.journal import Journal


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit status."""
    fill_closed_streams()
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    paths = Paths.default()
    try:
        if arguments.command == "paths":
            from sugarkube_tui.cli.paths import show_paths

            return show_paths(paths, as_json=arguments.json)
        settings = read_settings(paths.settings)
        arguments.usual_user = settings.user if arguments.demo is None else DEFAULT_USER
        if arguments.command is None:
            return _wizard(arguments, paths, settings)
        return asyncio.run(_stoppable(_command(arguments, paths)))
    except InvalidInput as error:
        _complain(error)
        return exit_codes.USAGE
    except SugarkubeError as error:
        _complain(error)
        return exit_codes.FAILED
    except (KeyboardInterrupt, asyncio.CancelledError):
        return exit_codes.STOPPED
    except BrokenPipeError:
        forsake()
        return exit_codes.FAILED


async def _command(arguments: Namespace, paths: Paths) -> int:
    world = _world(arguments, paths)
    variables = variables_in(world, os.environ)
    # Each command loads what it needs, and no more: the wizard and `--help` are there at once.
    match arguments.command:
        case "scan":
            from sugarkube_tui.cli import scanning

            return await scanning.scan(world, arguments, variables, _aliases(world), _consents(world, paths))
        case "servers":
            from sugarkube_tui.cli import scanning

            return await scanning.servers(world, arguments, variables)
        case "plan":
            from sugarkube_tui.cli import commands

            return await commands.plan(world, arguments, variables)
        case "up":
            from sugarkube_tui.cli import commands

            return await commands.up(world, arguments, variables, paths)
        case _:
            from sugarkube_tui.cli import proving

            return await proving.verify(world, arguments, variables)


def _world(arguments: Namespace, paths: Paths) -> World:
    return real_world(paths) if arguments.demo is None else demo_world(arguments.demo, arguments.speed)


async def _stoppable(work: Coroutine[Any, Any, int]) -> int:
    """End as by Ctrl-C when the terminal closes or somebody says `kill`: remote work is stopped, too."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    return await task


def _wizard(arguments: Namespace, paths: Paths, settings: Settings) -> int:
    require_terminal(os.environ)
    forget_sizes(os.environ)
    from sugarkube_tui.tui import collector

    collector.pause()
    from sugarkube_tui.cli.inputs import read_defaults, read_login, read_saved
    from sugarkube_tui.tui.app import SugarkubeApp
    from sugarkube_tui.tui.beginning import Start
    from sugarkube_tui.tui.fitting import Fit
    from sugarkube_tui.tui.keymap import read_keymap
    from sugarkube_tui.tui.terminal import Terminal
    from sugarkube_tui.tui.workstation import Workstation

    if arguments.theme is not None:
        settings = replace(settings, theme=ThemeName(arguments.theme))
    keymap = read_keymap(settings.keys, str(paths.settings))
    world = _world(arguments, paths)
    variables = variables_in(world, os.environ)
    saved = read_saved(arguments)
    defaults = read_defaults(arguments, variables, saved)
    login = read_login(arguments)

    app = SugarkubeApp(
        world,
        Start(defaults, variables, login, _aliases(world), saved),
        _memory(world, paths),
        Fit(settings, keymap, Terminal.of(variables, sys.stderr.encoding)),
        Workstation(paths.named, agent_keys(world, variables)),
    )
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        endings: set[asyncio.Task[None]] = set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, app.leave_now, exit_codes.STOPPED)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: endings.add(loop.create_task(_hang_up(app.session.close)))
        )
        return app.run(mouse=settings.mouse and not arguments.no_mouse, loop=loop) or exit_codes.OK


async def _hang_up(close: Callable[[], Awaitable[None]]) -> None:
    """End after the terminal has closed: Textual would wait for ever to restore it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    try:
        await close()
    finally:
        os._exit(exit_codes.STOPPED)


def _memory(world: World, paths: Paths) -> Memory:
    """What the wizard remembers; the demo remembers nothing."""
    from sugarkube_tui.tui.beginning import Memory

    if world.simulated:
        return Memory()

    def open_journal(environment: str) -> Journal:
        from sugarkube_tui.store.journal import RunJournal

        return RunJournal(paths.runs, environment)

    return Memory(_consents(world, paths), KeptPlan(paths.plan), open_journal, paths.history)


def _consents(world: World, paths: Paths) -> Consents:
    """What the operator was asked before; in the demo nobody was."""
    return Consents(None if world.simulated else paths.consents)


def _aliases(world: World) -> tuple[Given, ...]:
    """Hosts of ~/.ssh/config, which are none of the demo's."""
    return () if world.simulated else ssh_aliases()


def _complain(error: SugarkubeError) -> None:
    from sugarkube_tui.cli.render import error_lines

    for line in error_lines(error):
        print(line, file=sys.stderr)
