"""Run: every node's part as it happens, and at the end what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from sugarkube_tui.engine.report import NextStep
from sugarkube_tui.tui import collector, words
from sugarkube_tui.tui.dialogs.copy_command import CopyCommand
from sugarkube_tui.tui.dialogs.goto import GoToNode
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.screens.answering import Answering
from sugarkube_tui.tui.screens.run_keys import Situation, View
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.texts import run_lead
from sugarkube_tui.tui.texts.result import result
from sugarkube_tui.tui.widgets.live_rows import LiveRows
from sugarkube_tui.tui.widgets.node_pane import NodePane
from sugarkube_tui.tui.widgets.node_panes import NodePanes
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.timeline import Timeline
from sugarkube_tui.tui.words import Mood

AROUND_PANES = 6
"""Rows of the screen that are not the panes'."""
SETTLED_S = 0.2
"""Seconds after which a node is looked at, and not passed by."""
MOODS = {
    Phase.DONE: Mood.GOOD,
    Phase.FAILED: Mood.BAD,
    Phase.STOPPED: Mood.WARN,
    Phase.STOPPING: Mood.WARN,
}


class RunScreen(Answering):
    """Panes in a grid where they fit, else a list with one pane; `z` gives one pane all the room."""

    STAGE = Stage.RUN
    BINDINGS: ClassVar[list[BindingType]] = bindings("Run")

    def __init__(self) -> None:
        super().__init__()
        self._view = View.PANES
        self._phase = Phase.IDLE
        self._chosen_at = 0.0
        self._settling: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield LiveRows("list", can_focus=False)
        yield NodePanes(self.session.run)
        yield Timeline(id="timeline")
        yield Pane("Result", "result")

    def ready(self) -> None:
        self.current = next(iter(self.session.run.board.nodes), "")
        self._show_view()
        collector.settle()

    def _tick(self) -> None:
        self.close_what_is_settled()
        super()._tick()

    def always_draws(self) -> bool:
        return self.session.run.phase.active

    # -- drawing

    def status(self) -> Content:
        run = self.session.run
        mood = MOODS.get(run.phase, Mood.BUSY)
        return Content.assemble((f"{mood.glyph} {words.elapsed(run.seconds)}", mood.colour))

    def draw(self) -> None:
        run = self.session.run
        if run.phase is not self._phase:
            self._phase = run.phase
            if not run.phase.active:
                self._view = View.RESULT
            elif self._view is View.RESULT:
                self._view = View.PANES
            self._show_view()
        elsewhere = self.situation.asks_elsewhere
        self.lead(run_lead.lead(run, self.key_of("run.again"), asks_elsewhere=elsewhere))
        match self._view:
            case View.RESULT:
                self._draw_result()
            case View.TIMELINE:
                self.query_one(Timeline).show(run, self._index)
            case View.PANES:
                self._draw_list()
                self.query_one(NodePanes).draw()

    def _draw_result(self) -> None:
        pane = self.query_one("#result", Pane)
        width = pane.scrollable_content_region.width or self.app.size.width
        copies = f"{self.key_of('run.copy')} copy a command" if self.situation.allows("copy") else ""
        pane.border_subtitle = Content(copies)
        simulated = self.session.world.simulated
        pane.show(result(self.session.run, self.wizard.key_names, width, simulated=simulated))

    def _draw_list(self) -> None:
        rows = self.query_one("#list", LiveRows)
        if not rows.display:
            return
        run = self.session.run
        nodes = list(run.board.nodes.values())
        columns = run_lead.Columns.of(run, rows.size.width)
        rows.show(
            len(nodes),
            lambda index: run_lead.row(
                index + 1, nodes[index], run, nodes[index].name == self.current, columns
            ),
            self._index,
        )

    # -- views and panes

    @property
    def _names(self) -> list[str]:
        return list(self.session.run.board.nodes)

    @property
    def _index(self) -> int:
        return self._names.index(self.current) if self.current in self._names else 0

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _show_view(self) -> None:
        self._arrange()
        match self._view:
            case View.RESULT:
                self.query_one("#result").focus()
            case View.TIMELINE:
                self.query_one(Timeline).focus_rows()
            case View.PANES:
                self.query_one(NodePanes).focus_log(self.current)

    def _arrange(self) -> None:
        """Grid, list with one pane, or one pane alone; what is hidden draws nothing."""
        panes, in_panes = self.query_one(NodePanes), self._view is View.PANES
        zoomed = self.has_class("-zoom")
        grid = not zoomed and panes.fits(self.app.size.width, self.app.size.height - AROUND_PANES)
        panes.display = in_panes
        self.query_one("#list").display = in_panes and not grid and not zoomed and len(self._names) > 1
        self.query_one("#result").display = self._view is View.RESULT
        self.query_one(Timeline).display = self._view is View.TIMELINE
        if in_panes:
            panes.show_only(self._names if grid else [self.current])
        # What was hidden has its size only then, and when the run is over nothing else draws it.
        self.call_after_refresh(self._redraw)

    def _choose(self, index: int) -> None:
        names = self._names
        if not 0 <= index < len(names):
            return
        self.current = names[index]
        self._redraw()
        # The row first: making a pane takes longer, and who holds the key down does not look at each.
        if self._settling is not None:
            self._settling.stop()
        now = monotonic()
        if now - self._chosen_at < SETTLED_S:
            self._settling = self.set_timer(SETTLED_S, self._show_view)
        else:
            self.call_after_refresh(self._show_view)
        self._chosen_at = now

    def on_click(self, event: events.Click) -> None:
        """A pane of the grid that is clicked becomes the current one."""
        if event.widget is None:
            return
        pane = next((node for node in event.widget.ancestors_with_self if isinstance(node, NodePane)), None)
        if pane is not None and pane.node_name != self.current:
            self.current = pane.node_name
            self._redraw()

    def on_live_rows_chosen(self, event: LiveRows.Chosen) -> None:
        self._choose(event.index)

    # -- keys

    @property
    def situation(self) -> Situation:
        """What the keys depend on right now."""
        asked = self.node.question if self.node is not None else None
        run = self.session.run
        return Situation(
            run.phase,
            self._view,
            zoomed=self.has_class("-zoom"),
            nodes=len(self._names),
            answers=frozenset(asked.answers if asked is not None else ()),
            others_ask=any(name != self.current for name in run.asking),
            may_give_up=self.may_give_up,
            next_steps=bool(run.report and run.report.next_steps),
            slim=self.has_class("-slim"),
        )

    def labels(self) -> Mapping[str, str]:
        return self.situation.labels()

    def in_footer(self) -> Sequence[str]:
        return self.situation.footer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return super().check_action(action, parameters) if self.situation.allows(action) else False

    def action_jump(self, index: int) -> None:
        if self._view is View.RESULT:
            self._view = View.PANES
        self._choose(index)

    def action_pane(self, by: int) -> None:
        if self._names and self._view is not View.RESULT:
            self._choose((self._index + by) % len(self._names))

    def action_goto(self) -> None:
        self.wizard.push_screen(GoToNode(self._names), self._go_to)

    def _go_to(self, name: str | None) -> None:
        if name in self._names:
            self.action_jump(self._names.index(name))

    def action_zoom(self) -> None:
        self.toggle_class("-zoom")
        self._show_view()
        self._redraw()

    def action_panes(self) -> None:
        self.remove_class("-zoom")
        self._view = View.PANES
        self._show_view()
        self._redraw()

    def action_result(self) -> None:
        self._toggle(View.RESULT)

    def action_copy(self) -> None:
        report = self.session.run.report
        self.wizard.push_screen(CopyCommand(report.next_steps if report is not None else ()), self._copy)

    def _copy(self, step: NextStep | None) -> None:
        if step is not None:
            self.wizard.copy(Excerpt(f"“{step.what}”", (step.command,)))

    def action_timeline(self) -> None:
        self._toggle(View.TIMELINE)

    def _toggle(self, view: View) -> None:
        """Show a view, or the panes again."""
        self._view = View.PANES if self._view is view else view
        self._show_view()
        self._redraw()

    def action_proceed(self) -> None:
        run = self.session.run
        if not run.phase.active:
            self.go_on()
        elif run.asking:
            asking = [self._names.index(name) for name in run.asking]
            self._view = View.PANES
            self._choose(next((index for index in asking if index > self._index), asking[0]))
