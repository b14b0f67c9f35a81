"""What the wizard makes of settings and terminal: keys, signs, colours, title and notifications."""

from __future__ import annotations

import pytest
from rich.style import Style

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.store.settings import Animations, Glyphs, Notify, Settings, ThemeName
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.themes import THEMES
from tests.tui.conftest import Start
from tests.tui.test_run import THREE, to_run

XTERM = {"TERM": "xterm-256color"}


def written_by(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the wizard writes to the terminal from now on."""
    written: list[str] = []
    monkeypatch.setattr(driver.app._driver, "write", written.append)
    return written


async def test_other_keys_do_the_same_and_are_shown_in_footer_and_help(
    held: HeldSimulation, start: Start
) -> None:
    keys = {"scan.add_host": "f6", "table.cursor_down": "f8,down", "app.help": "f9", "servers.move_up": "f7"}
    async with start(held.world, settings=Settings(keys=keys)) as driver:
        await driver.hosts(8)
        await driver.shows("F6 Add host", "F9 Help")
        await driver.press("a")
        await driver.press("f6")
        await driver.shows("Name or IP address")
        await driver.press("escape")
        before = driver.app.screen.query_one("#hosts").highlighted  # type: ignore[attr-defined]
        await driver.press("f8")
        assert driver.app.screen.query_one("#hosts").highlighted != before  # type: ignore[attr-defined]
        await driver.press("f9")
        await driver.shows("Help: Hosts", "F8 move; also k Down")
        await driver.press("escape")
        await driver.press("question_mark")
        await driver.shows("Help: Hosts")
        await driver.press("escape", "enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.press("enter")
        await driver.shows("How many servers", "F7 Move")


async def test_without_colour_no_segment_has_any(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start(held.world, settings=Settings(theme=ThemeName.LIGHT)) as driver:
        await driver.hosts(8)
        styles = [
            segment.style
            for strip in driver.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
        ]
        for style in styles:
            assert style.color is None or style.color.is_default
            assert style.bgcolor is None or style.bgcolor.is_default
        assert any(style.reverse for style in styles), "the highlighted row must be seen"


async def test_without_colour_a_heavy_border_shows_the_focus(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.shows("┏━ Hosts ━", "╭─ k3s adverts ")
        await driver.press("tab")
        await driver.shows("╭─ Hosts ─", "┏━ k3s adverts ")


def looks_of(driver: Driver, text: str) -> Style:
    """How the first segment that has this text is drawn."""
    strips = driver.app.screen._compositor.render_strips()
    segments = (segment for strip in strips for segment in strip)
    return next(segment.style or Style() for segment in segments if text in segment.text)


@pytest.mark.parametrize("no_color", [False, True])
async def test_with_the_terminals_own_colours_what_is_chosen_has_another_shape_not_another_shade(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch, no_color: bool
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with start(held.world, settings=Settings(theme=ThemeName.ANSI)) as driver:
        await driver.hosts(8)
        await driver.press("colon")
        await driver.shows("Space Select select or leave out")
        for text in ("Space", "leave out"):
            drawn = looks_of(driver, text)
            assert drawn.underline and (drawn.bgcolor is None or drawn.bgcolor.is_default)
        await driver.press("escape", "a", *"10.0.0.1", "shift+home")
        await driver.shows("10.0.0.1")
        assert looks_of(driver, "0.0.1").reverse


@pytest.mark.parametrize("name", ThemeName)
async def test_every_theme_can_be_drawn(held: HeldSimulation, start: Start, name: ThemeName) -> None:
    async with start(held.world, settings=Settings(theme=name)) as driver:
        await driver.hosts(8)
        assert driver.app.current_theme is THEMES[name]


@pytest.mark.parametrize(
    ("variables", "settings", "level"),
    [
        ({}, Settings(), "full"),
        ({"SSH_CONNECTION": "1"}, Settings(), "none"),
        ({"SSH_CONNECTION": "1"}, Settings(animations=Animations.ON), "full"),
        ({}, Settings(animations=Animations.OFF), "none"),
    ],
)
async def test_animations_are_off_over_ssh_unless_they_are_wanted(
    held: HeldSimulation, start: Start, variables: dict[str, str], settings: Settings, level: str
) -> None:
    async with start(held.world, variables=variables, settings=settings) as driver:
        assert driver.app.animation_level == level


async def test_title_and_notifications_follow_the_run_and_call_once_for_each_thing(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {**XTERM, **THREE, "SUGARKUBE_API_REGADDR": "192.168.3.99"}
    async with start(held.world, variables=variables, settings=Settings(notify=Notify.DESKTOP)) as driver:
        written = written_by(driver, monkeypatch)

        def calls() -> list[str]:
            return [text for text in written if text.startswith("\x1b]9;")]

        await to_run(driver)
        await driver.shows("1 asks (Enter)")
        await driver.until(lambda: any("asks" in text for text in written), "the title")
        await driver.press("enter", "d")
        await driver.shows("3 servers and 3 agents are Ready")
        await driver.until(lambda: "\x1b]0;sugarkube: dev 6/6 ready, done\x07" in written, "the title")
        await driver.press("enter")
        await driver.stage(Stage.VERIFY)
        await driver.until(lambda: "\x1b]0;sugarkube: Verify\x07" in written, "the title")
        asked, ended = calls()
        assert " asks: " in asked and "192.168.3.99 does not answer" in asked
        assert ended == "\x1b]9;sugarkube: sugar/dev: the run is done\x07"
    assert written[-1].endswith("\x1b[23;0t")


async def test_a_terminal_with_few_signs_gets_ascii(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables={"TERM": "linux"}) as driver:
        await driver.hosts(8)
        await driver.shows("+ yes sugarkube0")
        assert driver.text().isascii()


async def test_signs_can_be_wanted_all_the_same(held: HeldSimulation, start: Start) -> None:
    settings = Settings(glyphs=Glyphs.UNICODE)
    async with start(held.world, variables={"TERM": "linux"}, settings=settings) as driver:
        await driver.hosts(8)
        await driver.shows("✔ yes sugarkube0")
