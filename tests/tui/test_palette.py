"""Command palette, diagnostics, and the dialogs: by keys alone, and only what makes sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette

from screenshots import driving
from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.events import Answer
from sugarkube_tui.store.settings import Settings, ThemeName
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.guidance import topic_of
from sugarkube_tui.tui.keys import WIDGETS_OF
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.themes import THEMES
from tests.tui.conftest import Start
from tests.tui.test_run import fail_once, to_run


async def open_palette(driver: Driver, key: str = "colon") -> None:
    await driver.press(key)
    await driver.until(lambda: CommandPalette.is_open(driver.app), "the palette")


async def test_what_is_chosen_is_done(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, settings=Settings(keys={"scan.sweep": "f7"})) as driver:
        await driver.hosts(8)
        await open_palette(driver)
        await driver.press(*"sweep")
        await driver.shows("F7 Sweep knock at port 22 of every address")
        await driver.press("down", "enter")
        await driver.shows("Sweep the subnet?")


async def test_what_the_run_has_overtaken_is_not_done_and_that_is_told(
    held: HeldSimulation, start: Start
) -> None:
    lost = fail_once(held, "sugarkube4")
    async with start(held.world, variables={"SUGARKUBE_SERVERS": "3"}, on_event=lost) as driver:
        await to_run(driver)
        await driver.shows("? 1 asks")
        await driver.press("enter")
        await driver.shows("r Retry")
        run = driver.app.session.run
        await open_palette(driver)
        await driver.press(*"retry")
        await driver.shows("r Retry a node asks: look at it again")
        run.answer("sugarkube4", Answer.GIVE_UP)
        await driver.until(lambda: not run.phase.active, "the run's end")
        await driver.press("down", "enter")
        await driver.shows("“Retry” was not done")
        assert run.phase is Phase.FAILED


async def test_only_what_makes_sense_here_is_offered(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await open_palette(driver)
        await driver.press(*"zoom")
        await driver.shows("No matches found")
        await driver.press("escape")
        await driver.until(lambda: not CommandPalette.is_open(driver.app), "the palette to close")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await open_palette(driver, "ctrl+p")
        await driver.press(*"back")
        await driver.shows("Esc Back go back; every answer is kept")


async def test_a_colon_that_is_typed_into_a_field_stays_there(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("6 of 6 in")
        driver.app.screen.query_one("#password").focus()
        await driver.press(*"a:b")
        await driver.until(lambda: driver.app.session.access.forms.common.password == "a:b", "the password")
        assert not CommandPalette.is_open(driver.app)


async def test_themes_can_be_tried(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await open_palette(driver)
        await driver.press(*"theme", "space", *"light")
        await driver.shows("Theme light: for this start")
        await driver.press("down", "enter")
        light = THEMES[ThemeName.LIGHT]
        await driver.until(lambda: driver.app.current_theme is light, "the theme")


async def test_diagnostics_are_shown_and_saved(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(driving.PATHS, "state", tmp_path / "state")
    variables = {"TERM": "xterm-256color", "SUGARKUBE_TOKEN_DEV": "hush"}
    async with start(held.world, variables=variables) as driver:
        await driver.hosts(8)
        await driver.press("f12")
        await driver.shows("sugarkube-tui", "asyncssh", "TERM xterm-256color")
        await driver.press("end")
        await driver.shows("eth0 192.168.3.2 in 192.168.3.0/24", "SSH agent none that answers")
        await driver.press("s")
        await driver.shows("✔ saved:")
    text = (tmp_path / "state" / "diagnostics.txt").read_text(encoding="utf-8")
    assert "192.168.3.0/24" in text and "textual" in text
    assert "hush" not in text


async def test_dialogs_have_the_focus_help_and_a_way_back(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        for key in ("a", "l", "s", "f12"):
            await driver.press(key)
            await driver.until(lambda: isinstance(driver.app.screen, Dialog), f"the dialog of {key}")
            await driver.pilot.pause()
            await check(driver)
            await driver.press("escape")
            await driver.stage(Stage.SCAN)


async def test_nothing_is_decided_in_a_dialog_that_cannot_be_read(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("s")
        await driver.shows("Sweep the subnet?")
        await driver.pilot.resize_terminal(40, 10)
        await driver.shows("too small", "Esc goes back")
        await driver.press("y")
        await driver.pilot.resize_terminal(80, 24)
        await driver.shows("Sweep the subnet?")
        await driver.pilot.resize_terminal(40, 10)
        await driver.press("escape")
        await driver.stage(Stage.SCAN)
        assert not driver.app.session.scan.means.sweeping


async def check(driver: Driver) -> None:
    dialog = driver.app.screen
    assert isinstance(dialog, Dialog)
    for widget in dialog.focus_chain:
        assert topic_of(dialog.KEY_GROUP, widget) is not None
        groups = {getattr(node, "KEY_GROUP", "") for node in widget.ancestors_with_self}
        assert groups & {*WIDGETS_OF[dialog.KEY_GROUP]}
        await driver.press("tab")
    assert dialog.focused is not None or not dialog.focus_chain
    await driver.press("f1")
    await driver.shows("Help: ", f"Keys on {dialog.KEY_GROUP}")
    await driver.press("escape")
    await driver.until(lambda: driver.app.screen is dialog, "the help to close")
