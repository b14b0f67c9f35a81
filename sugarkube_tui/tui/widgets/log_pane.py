"""A log with all that is done with it: following, searching, filtering, copying."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from sugarkube_tui.engine.log import Log
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.logview.filters import Filter
from sugarkube_tui.tui.logview.picking import Picking
from sugarkube_tui.tui.logview.rows import shown_text
from sugarkube_tui.tui.logview.search import BadPattern, Search, Term
from sugarkube_tui.tui.screens.choose_step import ChooseStep
from sugarkube_tui.tui.screens.save_file import SaveFile
from sugarkube_tui.tui.widgets.find_bar import FindBar
from sugarkube_tui.tui.widgets.log_lines import LogLines, Stamp


def clock_stamp(seconds: float) -> str:
    """`04:12.37`"""
    return f"{words.elapsed(seconds)}.{int(seconds * 100) % 100:02}"


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
        self._jumps = False
        self._wrapped_round = ""

    def compose(self) -> ComposeResult:
        yield self.lines
        yield self._bar

    def focus(self, scroll_visible: bool = True) -> LogPane:
        self.lines.focus(scroll_visible)
        return self

    def feed(self, log: Log) -> None:
        """Show what is new since the last time."""
        self.lines.feed(log)
        search = self.lines.search
        if search is not None and not search.is_done(self.lines.window):
            self._search_on()

    def told(self) -> Content:
        """Whether it is paused, what is hidden, and what is searched for."""
        lines, window = self.lines, self.lines.window
        parts = []
        if lines.picking is not None:
            count = len(lines.picking.of(window.numbers))
            parts.append(
                Content.assemble((f"{words.plural(count, 'line')} chosen, y copies", "$text-accent"))
            )
        elif not lines.following:
            parts.append(Content.assemble(("paused, f follows", "$text-warning")))
        if window.filter.words:
            parts.append(words.plain(f"{window.filter.words} ({window.hidden:,} hidden)"))
        if lines.search is not None and not self._bar.display:
            parts.append(Content.assemble(f"/{words.plain(lines.search.term.text)}  ", self._found()))
        if self._file and self.screen.has_class("-zoom"):
            parts.append(words.muted(self._file))
        return Content("  ·  ").join(parts)

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
        def chosen(wanted: Filter | None) -> None:
            if wanted is not None:
                self.lines.show(wanted)

        window = self.lines.window
        self.app.push_screen(ChooseStep(window.filter, window.steps), chosen)

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
        self._bar.open()
        self._begin(self._bar.term)

    def action_next_hit(self, by: int) -> None:
        if self.lines.search is None:
            if not self._bar.term.text:
                self._bar.open()
                return
            self._begin(self._bar.term)
        search = self.lines.search
        if search is None:
            return
        lines = self.lines
        top, bottom = lines.top, lines.bottom
        if top is None or bottom is None or not search.hits:
            self._tell_found()
            return
        if lines.hit is not None and top <= lines.hit <= bottom:
            here = lines.hit
        else:
            here = top - 1 if by > 0 else bottom + 1
        hit = search.after(here) if by > 0 else search.before(here)
        self._wrapped_round = ""
        if hit is None:
            hit = search.hits[0] if by > 0 else search.hits[-1]
            self._wrapped_round = "from the top again" if by > 0 else "from the end again"
        lines.jump(hit)
        self._tell_found()

    def on_find_bar_typed(self, event: FindBar.Typed) -> None:
        event.stop()
        self._begin(event.term)

    def on_find_bar_taken(self, event: FindBar.Taken) -> None:
        event.stop()
        self._bar.close()
        self.focus()
        search = self.lines.search
        if search is not None:
            self._jumps = not search.is_done(self.lines.window)
            if not self._jumps:
                self._jump_first()

    def on_find_bar_left(self, event: FindBar.Left) -> None:
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        """End choosing lines; else end the search."""
        if self.lines.picking is not None:
            self.lines.pick(None)
            return
        self._bar.close()
        self.lines.find(None)
        self.focus()
        self.post_message(self.Changed())

    def _begin(self, term: Term) -> None:
        self._jumps, self._wrapped_round = False, ""
        try:
            self.lines.find(Search(term) if term.text else None)
        except BadPattern as problem:
            self.lines.find(None)
            self._bar.show(words.state(words.Mood.BAD, str(problem)))
        else:
            self._search_on()

    def _search_on(self) -> None:
        """Search for a while; the rest after others had their turn."""
        search = self.lines.search
        if search is None:
            self._tell_found()
            return
        found = len(search.hits)
        search.advance(self.lines.window)
        if not search.is_done(self.lines.window):
            self.set_timer(0.001, self._search_on)
        elif self._jumps:
            self._jumps = False
            self._jump_first()
        if len(search.hits) != found or search.problem:
            self.lines.refresh()
        self._tell_found()

    def _jump_first(self) -> None:
        """The last hit when the end is followed, else the first one from here on."""
        search = self.lines.search
        if search is None or not search.hits:
            self._tell_found()
        elif self.lines.following:
            self.lines.jump(search.hits[-1])
            self._tell_found()
        else:
            self.action_next_hit(1)

    def _found(self) -> Content:
        search = self.lines.search
        if search is None:
            return Content("")
        if search.problem:
            return words.state(words.Mood.BAD, search.problem)
        if not search.hits:
            return Content("searching …") if not search.is_done(self.lines.window) else Content("not found")
        place = search.place(self.lines.hit)
        count = f"{place} of {len(search.hits)}" if place else words.plural(len(search.hits), "line")
        return Content(f"{count}, {self._wrapped_round}" if self._wrapped_round else count)

    def _tell_found(self) -> None:
        self._bar.show(self._found())
        self.post_message(self.Changed())

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
        self._copy(self._selected() or self._step())

    def action_copy_all(self) -> None:
        self._copy(self._all())

    def action_save(self) -> None:
        excerpt = self._selected() or self._all()

        def saved(path: Path | None) -> None:
            if path is not None:
                self.app.notify(f"{excerpt.told} saved to {path}", markup=False)

        says = (
            f"All of the log is kept in {self._file}" if self._file else "All of the log is in memory only."
        )
        self.app.push_screen(SaveFile(f"Save {excerpt.told}", says, excerpt.file_name, excerpt.text), saved)

    def _copy(self, excerpt: Excerpt) -> None:
        self.post_message(self.Copy(excerpt))
        self.lines.pick(None)

    def _selected(self) -> Excerpt | None:
        """What was chosen by keys, or by the mouse."""
        if self.lines.picking is not None:
            return self._excerpt(self.title, self.lines.picking.of(self.lines.window.numbers))
        if (selection := self.lines.text_selection) is not None:
            text, _ = self.lines.get_selection(selection)
            return Excerpt(self.title, tuple(text.split("\n")))
        return None

    def _step(self) -> Excerpt:
        """The step that the last visible line belongs to, as far as it is shown."""
        window, bottom = self.lines.window, self.lines.bottom
        if bottom is None:
            return Excerpt(self.title, ())
        step = window[bottom].step
        numbers = [number for number in window.numbers if window[number].step == step]
        return self._excerpt(f"{self.title}, {step}" if step else self.title, numbers)

    def _all(self) -> Excerpt:
        window = self.lines.window
        what = f"{self.title} ({window.filter.words})" if window.filter.words else self.title
        return self._excerpt(what, window.numbers)

    def _excerpt(self, what: str, numbers: Iterable[int]) -> Excerpt:
        window = self.lines.window
        entries = (window[number] for number in numbers)
        if self.lines.timed:
            return Excerpt(what, tuple(f"{self._stamp(entry.at)} {shown_text(entry)}" for entry in entries))
        return Excerpt(what, tuple(map(shown_text, entries)))

    def on_log_lines_changed(self, event: LogLines.Changed) -> None:
        event.stop()
        self.post_message(self.Changed())
