"""Rows that change all the time: what cannot be seen costs nothing, and the current one is always seen."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from sugarkube_tui.tui.widgets.live_rows import LiveRows

ROWS = 1_000


class Rows(App[None]):
    """Only the rows, with the first one highlighted."""

    def __init__(self) -> None:
        super().__init__()
        self.current = 0
        self.made: list[int] = []

    def compose(self) -> ComposeResult:
        yield LiveRows("rows", can_focus=True)

    def on_mount(self) -> None:
        self.query_one(LiveRows).focus()
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        self.made.clear()
        self.query_one(LiveRows).show(ROWS, self.row, self.current)

    def row(self, index: int) -> Content:
        self.made.append(index)
        return Content(f"row {index}{' here' if index == self.current else ''}")

    def on_live_rows_chosen(self, event: LiveRows.Chosen) -> None:
        self.current = event.index
        self.draw()

    def text(self) -> str:
        strips = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_only_the_rows_that_can_be_seen_are_made() -> None:
    app = Rows()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        app.draw()
        assert set(app.made) == set(range(10))


async def test_the_current_row_stays_in_view() -> None:
    app = Rows()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        for key, expected in (("G", 999), ("k", 998), ("pageup", 989), ("g", 0), ("down", 1), ("end", 999)):
            await pilot.press(key)
            await pilot.pause()
            assert app.current == expected
            assert f"row {expected} here" in app.text()
        await pilot.resize_terminal(40, 3)
        await pilot.pause()
        app.draw()
        await pilot.pause()
        assert "row 999 here" in app.text()


async def test_a_click_chooses_the_row_under_the_mouse() -> None:
    app = Rows()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        await pilot.press("G")
        await pilot.pause()
        await pilot.click(LiveRows, offset=(3, 4))
        assert app.current == 994
