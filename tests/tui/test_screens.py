"""What holds for every screen: keys, help, focus, and colours that are never needed."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.store.settings import Glyphs, Settings
from sugarkube_tui.tui.guidance import topic_of
from sugarkube_tui.tui.keys import WIDGETS_OF
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.key_bar import KeyBar
from tests.tui.conftest import LARGE, SMALL, Start


async def every_screen(driver: Driver) -> None:
    """Walk to the end; on each screen: focus, help, footer."""
    await driver.hosts(8)
    await check(driver)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.shows("Enter goes on")
    await check(driver)
    await driver.press("enter")
    for stage in (Stage.ENVIRONMENT, Stage.SERVERS, Stage.ADDRESS, Stage.REVIEW):
        await driver.stage(stage)
        if stage is Stage.REVIEW:
            await driver.shows("Enter starts")
        await check(driver)
        await driver.press("enter")
    await driver.stage(Stage.RUN)
    await driver.shows("Enter verifies")
    await check(driver)
    await driver.press("enter")
    await driver.stage(Stage.VERIFY)
    await driver.shows("is there")
    await check(driver)


async def check(driver: Driver) -> None:
    screen = driver.app.screen
    assert isinstance(screen, WizardScreen)
    for widget in screen.query("*"):
        if widget.focusable:
            assert topic_of(screen.STAGE, widget) is not None, f"no help on {widget} of {screen.STAGE}"
            groups = {getattr(node, "KEY_GROUP", "") for node in widget.ancestors_with_self}
            assert groups & {*WIDGETS_OF[screen.STAGE]}, f"the keys of {widget} are unknown on {screen.STAGE}"
    assert screen.focused is not None, f"nothing has the focus on {screen.STAGE}"
    await driver.shows(help_key(driver))
    assert 1 <= len(screen.query_one(KeyBar).offers) <= 5
    ascii_only = driver.app.settings.glyphs is Glyphs.ASCII
    assert not ascii_only or driver.text().isascii()
    width = driver.app.size.width
    assert all(len(line) <= width for line in driver.text().splitlines())
    if screen.STAGE is not Stage.RUN:  # there, Tab chooses the pane
        first = screen.focused
        reached = set()
        for _ in range(20):
            await driver.press("tab")
            reached.add(screen.focused)
            if screen.focused is first:
                break
        assert reached >= set(screen.focus_chain), f"not reachable by Tab on {screen.STAGE}"
    await resize(driver)
    await driver.press("f1")
    await driver.shows("Help: ", "Esc closes")
    assert not ascii_only or driver.text().isascii()
    await driver.press("escape")
    await driver.until(lambda: driver.app.screen is screen, "the help to close")


def help_key(driver: Driver) -> str:
    """What the footer says: where a `?` would be typed, another key helps."""
    return "F1 Help" if isinstance(driver.app.screen.focused, Input) else "? Help"


async def resize(driver: Driver) -> None:
    """To sizes that nobody works with, and back: the focus stays, and the screen is whole again."""
    size, focused = tuple(driver.app.size), driver.app.screen.focused
    for other in ((1, 1), (59, 40), (200, 15), size):
        await driver.pilot.resize_terminal(*other)
    await driver.shows(help_key(driver))
    assert driver.app.screen.focused is focused


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
async def test_focus_help_and_footer_of_every_screen(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    async with start(held.world, size) as driver:
        await every_screen(driver)


async def test_every_screen_shows_at_60_by_16_and_in_ascii_what_is_asked(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world, (60, 16), settings=Settings(glyphs=Glyphs.ASCII)) as driver:
        await every_screen(driver)


async def test_without_colour_everything_is_still_told(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.shows("✔ yes sugarkube0", "· no printer", "✔ answers")


async def test_an_unforeseen_error_is_shown_and_not_swallowed(held: HeldSimulation, start: Start) -> None:
    async def fails() -> None:
        raise ValueError("[/a] mistake")

    async with start(held.world) as driver:
        await driver.hosts(8)
        driver.app.session.tasks.start("faulty", fails())
        await driver.shows("sugarkube-tui made a mistake", "ValueError: [/a] mistake")
