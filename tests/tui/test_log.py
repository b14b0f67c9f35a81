"""The log pane by keys, at 80×24: following, searching, filtering, choosing, copying, saving."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot

from screenshots.driving import PATIENCE_S, Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.board import Board, NodeBoard
from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.themes import variables_of
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.widgets.log_pane import LogPane
from tests.tui.conftest import Start

NODE = "sugarkube1"


class Reader:
    """Somebody who reads one node's log."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.node = driver.app.session.run.board.nodes[NODE]

    @property
    def lines(self) -> LogLines:
        panes = self.driver.app.screen.query(LogPane)
        return next(pane.lines for pane in panes if pane.title == NODE)

    def write(self, *texts: str, kind: Kind = Kind.OUTPUT, step: str = "A step") -> None:
        for text in texts:
            self.node.log.write(LogEntry(62.5, kind, step, text))

    def rows(self) -> list[str]:
        """The lines on the screen."""
        lines = self.lines
        return [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]

    async def told(self, message: str) -> None:
        """Wait for a notification."""
        told = self.driver.app._notifications
        await self.driver.until(lambda: message in [each.message for each in told], message)

    async def drawn(self) -> None:
        """Wait until all that was written has been taken in."""
        lines, log = self.lines, self.node.log
        await self.driver.until(lambda: lines.window.still or lines.window.end == log.total, "all lines")


@pytest.fixture
def reading(held: HeldSimulation, start: Start):
    """The run's screen with the pane of one node over all of it; nothing runs but what the test writes."""

    @asynccontextmanager
    async def open_pane() -> AsyncIterator[Reader]:
        async with start(held.world) as driver:
            run = driver.app.session.run
            run.board = Board("sugar/dev", "", {name: NodeBoard(name) for name in ("sugarkube0", NODE)})
            run.phase = Phase.RUNNING
            driver.app.go(Stage.RUN)
            await driver.stage(Stage.RUN)
            await driver.press("2", "z")
            yield Reader(driver)

    return open_pane


async def test_what_is_read_does_not_move_and_the_pill_brings_back_the_end(reading) -> None:
    async with reading() as reader:
        reader.write(*(f"line {number}" for number in range(6_000)))
        await reader.driver.shows("line 5999")
        await reader.driver.press("pageup")
        await reader.driver.shows("paused, f follows")
        before = reader.rows()
        assert before[0].startswith("line 59")
        reader.write(*(f"later {number}" for number in range(6_000)))
        await reader.driver.shows("+6000 new")
        assert reader.rows()[:-1] == before[:-1]  # the last row ends in the pill
        lines = reader.lines
        await reader.driver.pilot.click(lines, offset=(lines.size.width - 3, lines.size.height - 1))
        await reader.driver.shows("later 5999")
        assert lines.following
        await reader.driver.press("k")
        await reader.driver.until(lambda: not lines.following, "reading")
        await reader.driver.press("G")
        await reader.driver.until(lambda: lines.following, "following")


async def test_searching_finds_marks_and_wraps_around_while_lines_come(reading) -> None:
    async with reading() as reader:
        reader.write(*(f"Alpha {number}" if number % 40 == 0 else f"beta {number}" for number in range(200)))
        await reader.driver.shows("beta 199")
        await reader.driver.press("slash", *"alpha")
        await reader.driver.shows("/alpha", "5 lines")
        await reader.driver.press("enter")
        await reader.driver.shows("Alpha 160", "5 of 5", "paused")
        await reader.driver.press("n")
        await reader.driver.shows("Alpha 0", "1 of 5, from the top again")
        await reader.driver.press("N")
        await reader.driver.shows("5 of 5, from the end again")
        reader.write("alpha omega")
        await reader.driver.shows("5 of 6")
        await reader.driver.press("n")
        await reader.driver.shows("alpha omega", "6 of 6")
        await reader.driver.press("escape")
        await reader.driver.until(lambda: reader.lines.search is None, "no search")
        await reader.driver.press("slash", "enter")  # the last term is offered again
        await reader.driver.shows("of 6")
        await reader.driver.press("slash", *"ALPHA")
        await reader.driver.shows("not found")
        await reader.driver.press("escape")
        assert "/ALPHA" not in reader.driver.text()


async def test_a_bad_or_slow_expression_is_told_in_place(reading) -> None:
    async with reading() as reader:
        reader.write("a" * 1_000 + "!", "k3s[12]")
        await reader.drawn()
        await reader.driver.press("slash", *"k3s[")
        await reader.driver.shows("1 line")
        await reader.driver.press("ctrl+r")
        await reader.driver.shows("regex /k3s[", "no regular expression")
        await reader.driver.press(*"0-9.]")
        await reader.driver.until(lambda: reader.lines.search is not None, "an expression that holds")
        await reader.driver.press("ctrl+u", *"(a+)+$")
        await reader.driver.shows("takes too long")
        await reader.driver.press("escape", "L")  # and nothing is held up
        await reader.driver.shows("no output")


async def test_filters_say_what_they_hide_with_follow_on_and_off(reading) -> None:
    async with reading() as reader:
        reader.write("▶ write /etc/x", "  +one", kind=Kind.COMMAND)
        reader.write(*(f"noise {number}" for number in range(100)), step="Other")
        reader.write("▲ hot", kind=Kind.WARNING, step="Other")
        await reader.driver.shows("▲ hot")
        await reader.driver.press("L", "L")
        await reader.driver.shows("commands only", "+one")
        assert reader.lines.following
        assert reader.lines.window.hidden == 101
        assert not any("noise" in row for row in reader.rows())
        await reader.driver.press("k", "L")
        await reader.driver.shows("warnings and errors", "▲ hot")
        await reader.driver.press("L", "S")
        await reader.driver.shows("Show the lines of", "all steps", "Other")
        await reader.driver.press("G", "enter")
        await reader.driver.shows("Other (", "hidden)")
        assert {reader.lines.window[number].step for number in reader.lines.window.numbers} == {"Other"}


async def test_wrapping_times_and_sideways_scrolling(reading) -> None:
    async with reading() as reader:
        reader.write("begin " + "x" * 150 + " end")
        await reader.driver.shows("begin")
        assert not any("end" in row for row in reader.rows())
        await reader.driver.press("w")
        await reader.driver.shows("x end")
        await reader.driver.press("w", "t")
        await reader.driver.shows("01:02.50 begin")
        await reader.driver.press(*["l"] * 30)
        await reader.driver.shows("x end")
        reader.write("another")
        await reader.drawn()
        assert reader.lines.scroll_offset.x > 0
        assert any(row.endswith("x end") for row in reader.rows())


async def test_chosen_lines_are_copied_and_saved(reading, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    async with reading() as reader:
        sent: list[str] = []
        driver = reader.driver.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        reader.write("one", "two", "three", step="First")
        reader.write("four", "five", step="Second")
        await reader.driver.shows("five")
        await reader.driver.press("V", "k", "k")
        await reader.driver.shows("3 lines chosen")
        await reader.driver.press("o", "k", "y")
        await reader.told(
            "2 lines of sugarkube1 sent to the terminal's clipboard (OSC 52); "
            "if nothing arrives, save to a file"
        )
        sequences = [text for text in sent if text.startswith("\x1b]52;c;")]
        assert [base64.b64decode(text[7:-1]).decode() for text in sequences] == ["three\nfour"]
        await reader.driver.press("y")
        await reader.driver.until(lambda: "\x1b]52;c;Zm91cgpmaXZl\x07" in sent, "the step to be sent")
        await reader.driver.press("V", "W")
        await reader.driver.shows("Save 1 line of sugarkube1", "in memory only", "Enter saves it")
        await reader.driver.press("enter")
        saved = tmp_path / "sugarkube1.txt"
        await reader.told(f"1 line of sugarkube1 saved to {saved}")
        assert saved.read_text() == "five\n"
        assert saved.stat().st_mode & 0o777 == 0o600


async def test_what_is_read_stays_at_the_top_when_lines_are_wrapped_otherwise(reading) -> None:
    async with reading() as reader:
        reader.write(*(f"line {number} " + "and more " * 9 for number in range(200)))
        await reader.drawn()
        await reader.driver.press("b", "b", "b")
        top = reader.lines.top
        assert top is not None and 50 < top < 180
        await reader.driver.press("w")
        assert reader.rows()[0].startswith(f"line {top} ")
        await reader.driver.pilot.resize_terminal(60, 16)
        assert reader.rows()[0].startswith(f"line {top} ")
        await reader.driver.press("w")
        assert reader.rows()[0].startswith(f"line {top} ")


async def test_chosen_lines_stay_in_view_when_the_terminal_changes_its_size(reading) -> None:
    async with reading() as reader:
        reader.write(*(f"line {number} " + "and more " * 9 for number in range(200)))
        await reader.drawn()
        await reader.driver.press("w", "V", "k", "k")
        for size in ((120, 36), (60, 16), (80, 24)):
            await reader.driver.pilot.resize_terminal(*size)
            await reader.driver.shows("3 lines chosen", "line 197 and")


async def test_nothing_is_copied_or_saved_where_there_is_nothing(reading) -> None:
    async with reading() as reader:
        await reader.driver.press("y")
        await reader.told("There is no line of sugarkube1 to copy")
        reader.write("output")
        await reader.drawn()
        await reader.driver.press("L", "L", "W")
        await reader.told("There is no line of sugarkube1 (commands only) to save")


async def test_the_mouse_selects_what_is_copied(reading) -> None:
    async with reading() as reader:
        reader.write("[b]alpha[/b] one", "beta two")
        await reader.driver.shows("beta two")
        pilot, lines = reader.driver.pilot, reader.lines
        row = next(y for y, text in enumerate(reader.rows()) if "alpha" in text)
        await pilot.mouse_down(lines, offset=(3, row))
        await pilot.hover(lines, offset=(3, row + 1))
        await pilot.mouse_up(lines, offset=(3, row + 1))
        await reader.driver.until(lambda: lines.text_selection is not None, "a selection")
        assert not lines.following
        assert reader.driver.app.screen.get_selected_text() == "alpha[/b] one\nbeta"
        reader.write(*(f"later {number}" for number in range(9_000)))
        await reader.driver.shows("+9000 new")
        assert reader.driver.app.screen.get_selected_text() == "alpha[/b] one\nbeta"


class Alone(App[None]):
    """A log pane that is fed only when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.key_names = KeyNames({})
        self.log_pane = LogPane("alone")
        self.written = Log()
        self.copied: list[Excerpt] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self.log_pane

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme.to_color_system().generate())

    def on_log_pane_copy(self, event: LogPane.Copy) -> None:
        self.copied.append(event.excerpt)

    def write(self, *texts: str, kind: Kind = Kind.OUTPUT) -> None:
        for text in texts:
            self.written.write(LogEntry(0.0, kind, "A step", text))

    def feed(self) -> None:
        self.log_pane.feed(self.written)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.01)

    async def fed(self, *texts: str, kind: Kind = Kind.OUTPUT) -> None:
        """Write, feed, and wait until it is taken in."""
        self.write(*texts, kind=kind)
        self.feed()
        await self.until(lambda: self.log_pane.lines.window.end == self.written.total)

    def told(self) -> str:
        return self.log_pane.told().plain


@asynccontextmanager
async def alone() -> AsyncIterator[tuple[Alone, Pilot[None]]]:
    app = Alone()
    async with app.run_test(size=(40, 12)) as pilot:
        app.log_pane.focus()
        yield app, pilot


async def search_for(app: Alone, pilot: Pilot[None], term: str) -> None:
    await pilot.press("slash", *term, "enter")
    lines = app.log_pane.lines
    await app.until(lambda: lines.search is not None and lines.search.is_done(lines.window))


async def test_lines_that_nobody_feeds_any_more_are_searched_after_a_flood_and_a_filter() -> None:
    async with alone() as (app, pilot):
        lines = app.log_pane.lines
        await app.fed(*(f"hit {number}" for number in range(10)))
        await search_for(app, pilot, "hit")
        await pilot.press("G")
        await app.fed("hit warned", kind=Kind.WARNING)
        app.write(*(f"hit {number}" for number in range(6_000)))
        app.feed()  # a flood: all of it comes later, by itself
        await app.until(lambda: lines.window.end == app.written.total)
        await pilot.press("N")
        await app.until(lambda: "of 5000" in app.told())
        assert lines.hit is not None
        assert lines.hit >= lines.window.first
        await app.fed("hit by the last warning", kind=Kind.WARNING)
        await pilot.press("G", "L", "L", "L")
        await app.until(lambda: "1 line" in app.told())
        assert "searching" not in app.told()


async def test_what_was_found_and_chosen_in_another_log_is_forgotten() -> None:
    async with alone() as (app, pilot):
        lines = app.log_pane.lines
        await app.fed(*(f"a {number}" for number in range(50)), "needle")
        await search_for(app, pilot, "needle")
        await pilot.press("V", "k")
        assert lines.picking is not None
        app.written = Log()
        await app.fed(*(f"b {number}" for number in range(200)))
        await app.until(lambda: "not found" in app.told())
        assert lines.picking is None
        assert lines.following
        await pilot.press("n")
        assert lines.hit is None


async def test_a_selection_whose_lines_have_gone_is_none() -> None:
    async with alone() as (app, pilot):
        lines = app.log_pane.lines
        await app.fed(*(f"line {number}" for number in range(30)))
        await pilot.mouse_down(lines, offset=(1, 2))
        await pilot.hover(lines, offset=(3, 4))
        await pilot.mouse_up(lines, offset=(3, 4))
        await app.until(lambda: (app.screen.get_selected_text() or "").count("\n") == 2)
        await pilot.press("G")
        await app.fed(*(f"later {number}" for number in range(6_000)))
        await pilot.press("y")
        await app.until(lambda: bool(app.copied))
        assert app.copied[0].told == "5,000 lines of alone, A step"


async def test_an_expression_that_is_slow_only_behind_its_first_hit_is_told() -> None:
    async with alone() as (app, pilot):
        await app.fed("x" + "a" * 1_000 + "!")
        await pilot.press("slash", "ctrl+r", *"x|(a+)+$", "enter")
        await app.until(lambda: "takes too long" in app.told())


async def test_hostile_lines_stay_within_their_pane() -> None:
    async with alone() as (app, _):
        app.write(
            "\x1b[2J\x1b]0;evil\x07[/red]",
            "a\x00b\rc\u202ed",
            "漢" * 100,
            "\ud800 \udfff",
            "[@click=x]y",
        )
        app.feed()
        await asyncio.sleep(0)
        lines = app.log_pane.lines
        rows = [lines.render_line(y) for y in range(5)]
        assert [row.text.rstrip()[:12] for row in rows] == ["[/red]", "cd", "漢" * 12, "", "[@click=x]y"]
        assert {row.cell_length for row in rows} == {lines.size.width}
