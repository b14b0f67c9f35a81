"""A search in a log's lines: from the term that is typed to the line that is gone to."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.timer import Timer

from sugarkube_tui.tui import words
from sugarkube_tui.tui.logview.search import BadPattern, Search, Term
from sugarkube_tui.tui.widgets.find_bar import FindBar
from sugarkube_tui.tui.widgets.log_lines import LogLines

TURN_S = 0.001
"""Seconds after which a search goes on that has let others have their turn."""


class Finding:
    """Searches slice by slice, marks what it finds, and goes from hit to hit.

    Args:
        lines: where the hits are marked.
        bar: where the term is typed.
        tell: called when `told` may say something else.
    """

    def __init__(self, lines: LogLines, bar: FindBar, tell: Callable[[], None]) -> None:
        self._lines = lines
        self._bar = bar
        self._tell = tell
        self._turn: Timer | None = None
        self._jumps = False
        self._round = ""

    @property
    def told(self) -> Content | None:
        """The term and what was found; None: nothing is searched, or the bar says it."""
        search = self._lines.search
        if search is None or self._bar.display:
            return None
        return Content.assemble(f"/{words.plain(search.term.text)}  ", self._found())

    def open(self) -> None:
        """Ask for a term, and search for the last one meanwhile."""
        self._bar.open()
        self.begin(self._bar.term)

    def begin(self, term: Term) -> None:
        """Search for this from now on; an empty term ends the search."""
        self._jumps, self._round = False, ""
        try:
            self._lines.find(Search(term) if term.text else None)
        except BadPattern as problem:
            self._lines.find(None)
            self._bar.show(words.state(words.Mood.BAD, str(problem)))
        else:
            self._advance()

    def go_on(self) -> None:
        """Search what is new since the last time."""
        search = self._lines.search
        if search is not None and self._turn is None and not search.is_done(self._lines.window):
            self._advance()

    def take(self) -> None:
        """The term is whole: go to what was found, as soon as all is searched."""
        self._bar.close()
        search = self._lines.search
        if search is not None:
            self._jumps = not search.is_done(self._lines.window)
            if not self._jumps:
                self._jump_first()

    def end(self) -> None:
        self._bar.close()
        self._lines.find(None)
        self._tell()

    def go_by(self, by: int) -> None:
        """Go to the next hit, or with -1 to the one before; a search that was ended is taken up again."""
        if self._lines.search is None:
            if not self._bar.term.text:
                self._bar.open()
                return
            self.begin(self._bar.term)
        lines, search = self._lines, self._lines.search
        if search is None:
            return
        search.advance(lines.window)  # so that no hit is in a line that was dropped
        top, bottom = lines.top, lines.bottom
        if top is not None and bottom is not None and search.hits:
            if lines.hit is not None and top <= lines.hit <= bottom:
                here = lines.hit
            else:
                here = top - 1 if by > 0 else bottom + 1
            lines.jump(self._next(search, here, by))
        self._tell_found()

    def _next(self, search: Search, here: int, by: int) -> int:
        """The hit beyond an entry; behind the last one comes the first."""
        hit = search.after(here) if by > 0 else search.before(here)
        self._round = ""
        if hit is None:
            hit = search.hits[0] if by > 0 else search.hits[-1]
            self._round = "from the top again" if by > 0 else "from the end again"
        return hit

    def _advance(self) -> None:
        """Search for a while; the rest after others had their turn."""
        search = self._lines.search
        if search is None:
            self._tell_found()
            return
        last = search.hits[-1:]
        search.advance(self._lines.window)
        if not search.is_done(self._lines.window):
            if self._turn is None:
                self._turn = self._lines.set_timer(TURN_S, self._take_turn)
        elif self._jumps:
            self._jumps = False
            self._jump_first()
        if search.hits[-1:] != last or search.problem:
            self._lines.refresh()
        self._tell_found()

    def _take_turn(self) -> None:
        self._turn = None
        self._advance()

    def _jump_first(self) -> None:
        """The last hit when the end is followed, else the first one from here on."""
        search = self._lines.search
        if search is None or not search.hits:
            self._tell_found()
        elif self._lines.following:
            self._lines.jump(search.hits[-1])
            self._tell_found()
        else:
            self.go_by(1)

    def _found(self) -> Content:
        search = self._lines.search
        if search is None:
            return Content("")
        if search.problem:
            return words.state(words.Mood.BAD, search.problem)
        if not search.hits:
            return Content("not found" if search.is_done(self._lines.window) else "searching …")
        place = search.place(self._lines.hit)
        count = f"{place} of {len(search.hits)}" if place else words.plural(len(search.hits), "line")
        return Content(f"{count}, {self._round}" if self._round else count)

    def _tell_found(self) -> None:
        self._bar.show(self._found())
        self._tell()
