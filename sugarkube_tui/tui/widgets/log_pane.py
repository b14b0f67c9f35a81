"""A log with all that is done with it: following, searching, filtering, copying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from sugarkube_tui.engine.log import Log
from sugarkube_tui.tui import words
from sugarkube_tui.tui.key_names import key_names
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.logview.parts import Parts
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.stamp import Stamp, clock_stamp
from sugarkube_tui.tui.widgets.find_bar import FindBar
from sugarkube_tui.tui.widgets.finding import Finding
from sugarkube_tui.tui.widgets.log_lines import LogLines
from sugarkube_tui.tui.widgets.log_rows import LogRows


class LogPane(Vertical):
    """The lines, and below them the bar where a search is typed.

    Args:
        file: where all of it is kept; empty: nowhere.
        stamp: writes the time of a line.
        timed: the time is shown from the beginning.
        wraps: its lines can be wrapped.

    Attributes:
        title: what the log is called when it is copied or saved.
    """

    KEY_GROUP: ClassVar[str] = "Log"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    class Changed(Message):
        """What `told` says has changed."""

    @dataclass
    class Copy(Message):
        """The operator wants this in the clipboard."""

        excerpt: Excerpt

    @dataclass
    class Save(Message):
        """The operator wants this in a file.

        Attributes:
            kept_in: the file with all of the log; empty: there is none.
        """

        excerpt: Excerpt
        kept_in: str

    @dataclass
    class ChooseStep(Message):
        """The operator wants to choose the step of which these are to show the lines."""

        lines: LogLines

    def __init__(
        self,
        title: str,
        *,
        file: str = "",
        stamp: Stamp = clock_stamp,
        timed: bool = False,
        wraps: bool = True,
    ) -> None:
        super().__init__()
        self.title = title
        self._file = file
        self.lines = LogLines(stamp, timed)
        self._stamp = stamp
        self._wraps = wraps
        self._bar = FindBar()
        self._finding = Finding(self.lines, self._bar, self._tell)

    def compose(self) -> ComposeResult:
        yield self.lines
        yield self._bar

    def focus(self, scroll_visible: bool = True) -> LogPane:
        self.lines.focus(scroll_visible)
        return self

    def feed(self, log: Log) -> None:
        """Show what is new since the last time."""
        self.lines.feed(log)

    def told(self) -> Content:
        """Whether it is paused, what is hidden, and what is searched for."""
        lines, window = self.lines, self.lines.window
        keys = key_names(self)
        parts = []
        if lines.picking is not None:
            count = len(lines.picking.of(window.numbers))
            parts.append(
                Content.assemble(
                    (f"{words.plural(count, 'line')} chosen, {keys['log.copy']} copies", "$text-accent")
                )
            )
        elif not lines.following:
            parts.append(Content.assemble((f"paused, {keys['log.follow']} follows", "$text-warning")))
        if window.filter.words:
            parts.append(words.plain(f"{window.filter.words} ({window.hidden:,} hidden)"))
        if (found := self._finding.told) is not None:
            parts.append(found)
        if self._file and self.screen.has_class("-zoom"):
            parts.append(words.muted(self._file))
        return Content("  ·  ").join(parts)

    def _tell(self) -> None:
        self.post_message(self.Changed())

    # -- moving

    def action_scroll_up(self) -> None:
        self.lines.move(-1)

    def action_scroll_down(self) -> None:
        self.lines.move(1)

    def action_scroll_left(self) -> None:
        self.lines.scroll_relative(x=-4, animate=False)

    def action_scroll_right(self) -> None:
        self.lines.scroll_relative(x=4, animate=False)

    def action_page_up(self) -> None:
        self.lines.move(1 - self.lines.size.height)

    def action_page_down(self) -> None:
        self.lines.move(self.lines.size.height - 1)

    def action_scroll_home(self) -> None:
        self.lines.move(-self.lines.virtual_size.height)

    def action_scroll_end(self) -> None:
        if self.lines.picking is not None:
            self.lines.move(self.lines.virtual_size.height)
        else:
            self.lines.follow()

    def action_follow(self) -> None:
        if self.lines.following:
            self.lines.keep_still()
        else:
            self.lines.follow()

    # -- what is shown

    def action_level(self) -> None:
        shown = self.lines.window.filter
        self.lines.show(replace(shown, level=shown.level.following))

    def action_step(self) -> None:
        self.post_message(self.ChooseStep(self.lines))

    def action_wrap(self) -> None:
        self.lines.wrap(not self.lines.wrapping)

    def action_times(self) -> None:
        self.lines.show_times(not self.lines.timed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "wrap":
                return self._wraps
            case "leave":
                return self.lines.picking is not None or self.lines.search is not None
            case "swap":
                return self.lines.picking is not None
        return True

    # -- searching

    def action_search(self) -> None:
        self._finding.open()

    def action_next_hit(self, by: int) -> None:
        self._finding.go_by(by)

    def on_find_bar_typed(self, event: FindBar.Typed) -> None:
        event.stop()
        self._finding.begin(event.term)

    def on_find_bar_taken(self, event: FindBar.Taken) -> None:
        event.stop()
        self.focus()
        self._finding.take()

    def on_find_bar_left(self, event: FindBar.Left) -> None:
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        """End choosing lines; else end the search."""
        if self.lines.picking is not None:
            self.lines.pick(None)
        else:
            self._finding.end()
            self.focus()

    # -- choosing, copying, saving

    def action_pick(self) -> None:
        """Begin at what was found, else at the last line that can be seen."""
        lines = self.lines
        if lines.picking is not None:
            lines.pick(None)
            return
        top, bottom = lines.top, lines.bottom
        if top is None or bottom is None:
            return
        start = lines.hit if lines.hit is not None and top <= lines.hit <= bottom else bottom
        lines.pick(Picking(start, start))

    def action_swap(self) -> None:
        if self.lines.picking is not None:
            self.lines.pick(self.lines.picking.swapped)

    def action_copy(self) -> None:
        self._copy(self._chosen() or self._last_step())

    def action_copy_all(self) -> None:
        self._copy(self._parts.whole())

    def action_save(self) -> None:
        self.post_message(self.Save(self._chosen() or self._parts.whole(), self._file))

    def _copy(self, excerpt: Excerpt) -> None:
        self.post_message(self.Copy(excerpt))
        self.lines.pick(None)

    @property
    def _parts(self) -> Parts:
        return Parts(self.title, self.lines.window, self._stamp if self.lines.timed else None)

    def _chosen(self) -> Excerpt | None:
        """What was chosen by keys, or by the mouse."""
        if self.lines.picking is not None:
            return self._parts.picked(self.lines.picking)
        if (selection := self.lines.text_selection) is not None:
            selected = self._parts.selected(selection)
            return selected if selected.lines else None  # its lines may have gone
        return None

    def _last_step(self) -> Excerpt:
        """The step that the last visible line belongs to."""
        bottom = self.lines.bottom
        return self._parts.whole() if bottom is None else self._parts.step_at(bottom)

    def on_log_rows_changed(self, event: LogRows.Changed) -> None:
        """Whatever has brought other lines, what is searched for may be in them."""
        event.stop()
        self._finding.go_on()
        self._tell()
