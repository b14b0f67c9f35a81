"""Libraries that take long to load wait until they are used: a program that is called is there at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading

import pytest

from sugarkube_tui.late import Late

SLOW = ("asyncssh", "ifaddr", "cryptography", "kubernetes", "aiohttp", "yaml", "zeroconf", "textual")
PROLOGUE = """
import asyncio, sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

def loaded():
    print(*sorted({slow} & set(sys.modules)))
"""


def loaded_by(code: str) -> set[str]:
    """Which of the slow libraries a Python program has loaded when it calls `loaded()`."""
    program = PROLOGUE.replace("{slow}", str(set(SLOW))) + textwrap.dedent(code)
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(result.stdout.splitlines()[-1].split())


def loaded_by_command(*words: str) -> set[str]:
    return loaded_by(
        f"""
        from sugarkube_tui.cli.main import main

        with suppress(SystemExit):
            main({list(words)})
        loaded()
        """
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("scan", "--help"),
        ("scan", "--no-such-option"),
        ("scan", "--demo", "--seconds", "0.1"),
        ("servers", "prod", "--demo"),
        ("plan", "dev", "--demo", "--speed", "inf", "--host", "sugarkube0.local"),
        ("up", "dev", "--demo", "--speed", "inf", "--host", "sugarkube0.local", "--yes"),
    ],
    ids=" ".join,
)
def test_without_a_real_lan_a_command_loads_none(words):
    assert loaded_by_command(*words) == set()


def test_listening_loads_neither_ssh_nor_kubernetes():
    loaded = loaded_by_command("scan", "--seconds", "0.2", "--without", "ssh")
    assert loaded & {"asyncssh", "kubernetes", "aiohttp", "yaml", "textual"} == set()


def test_the_wizards_first_frame_needs_the_terminal_library_alone():
    loaded = loaded_by(
        """
        from screenshots.driving import Driver, wizard
        from sugarkube_tui.cluster.layers import USUAL_LAYERS
        from sugarkube_tui.cluster.sightings import Listening, Platform
        from sugarkube_tui.store.paths import Paths
        from sugarkube_tui.wiring import real_world

        class Silent:
            async def interfaces(self):
                return ()

            async def watch(self, interest):
                yield Listening((), Platform.LINUX, USUAL_LAYERS)
                await asyncio.Event().wait()

        async def first_frame():
            app = wizard(replace(real_world(Paths.default()), lan=Silent()))
            async with app.run_test() as pilot:
                await Driver(app, pilot).shows("Which hosts", "Listening on the LAN", "Continue")
                loaded()

        asyncio.run(first_frame())
        """
    )
    assert loaded == {"textual"}


@pytest.mark.parametrize("words", [(), ("--demo",), ("--demo=busy",)], ids=" ".join)
def test_the_first_frame_waits_for_no_hosts_and_no_machines(words):
    loaded = loaded_by(
        f"""
        from sugarkube_tui.cli import main
        from sugarkube_tui.tui.app import SugarkubeApp

        main.require_terminal = lambda environ: None
        SugarkubeApp.run = lambda self, **how: print(*sys.modules)
        main.main({list(words)})
        """
    )
    ours = {name.removeprefix("sugarkube_tui.") for name in loaded if name.startswith("sugarkube_tui.")}
    assert "tui.session" in ours
    behind = ("cluster.sightings", "cluster.hosts", "lan.", "steps.", "simulator.machine", "simulator.pi")
    assert [name for name in ours if name.startswith(behind)] == []


def test_the_demo_never_needs_them():
    loaded = loaded_by(
        """
        from screenshots.driving import Driver, wizard
        from sugarkube_tui.tui.stages import Stage
        from sugarkube_tui.wiring import demo_world

        async def walk():
            app = wizard(demo_world("fresh", float("inf")))
            async with app.run_test() as pilot:
                driver = Driver(app, pilot)
                await driver.hosts(8)
                await driver.press("enter")
                await driver.log_in()
                loaded()

        asyncio.run(walk())
        """
    )
    assert loaded == {"textual"}


async def test_an_adapter_is_made_once_and_not_in_the_way_of_others():
    makers = []

    def make() -> object:
        makers.append(threading.current_thread())
        return object()

    late = Late(make)
    assert makers == []
    impatient = asyncio.create_task(late.get())
    await asyncio.sleep(0)
    impatient.cancel()
    first, second = await asyncio.gather(late.get(), late.get())
    assert first is second
    assert len(makers) == 1
    assert makers[0] is not threading.main_thread()
