"""Run: every node's part as it happens, and at the end what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum
from typing import ClassVar

from textual import events
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Answer
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.screens.dialogs import Confirm
from sugarkube_tui.tui.screens.goto import GoToNode
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.widgets import run_lead
from sugarkube_tui.tui.widgets.live_rows import LiveRows
from sugarkube_tui.tui.widgets.log_pane import LogPane
from sugarkube_tui.tui.widgets.node_pane import NodePane
from sugarkube_tui.tui.widgets.node_panes import NodePanes
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.result import result
from sugarkube_tui.tui.words import Mood

AROUND_PANES = 6
"""Rows of the screen that are not the panes'."""
NAME_WIDTH = 18
WHILE_IT_RUNS = {"proceed": "To question", "zoom": "", "goto": "", "stop": "", "help": ""}
WHILE_IT_ASKS = {"again": "", "skip": "", "direct": "", "give_up": "", "stop": "", "help": ""}
AT_THE_END = {"proceed": "", "again": "Run again", "result": "", "help": ""}
MOODS = {
    Phase.DONE: Mood.GOOD,
    Phase.FAILED: Mood.BAD,
    Phase.STOPPED: Mood.WARN,
    Phase.STOPPING: Mood.WARN,
}


class View(Enum):
    """What the screen shows of the run."""

    PANES = "panes"
    RESULT = "result"


class RunScreen(WizardScreen):
    """Panes in a grid where they fit, else a list with one pane; `z` gives one pane all the room."""

    STAGE = Stage.RUN
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("Run"),
        *(
            Binding(str(number), f"jump({number - 1})", show=False, id=f"run.pane.{number}")
            for number in range(1, 10)
        ),
    ]

    def body(self) -> Iterable[Widget]:
        yield LiveRows("list", can_focus=False)
        yield NodePanes(self.session.run)
        yield Pane("Result", "result")

    def ready(self) -> None:
        self._current = next(iter(self.session.run.board.nodes), "")
        self._view = View.PANES
        self._phase = Phase.IDLE
        self._confirming = ""  # the node that is to be given up, while that is being confirmed
        self._show_view()

    def _tick(self) -> None:
        dialog = self.wizard.screen
        if isinstance(dialog, Confirm) and not self._still_to_confirm():
            dialog.dismiss(False)
        super()._tick()

    def _still_to_confirm(self) -> bool:
        run = self.session.run
        node = run.board.nodes.get(self._confirming)
        return run.phase.active and (node is None or node.result is None)

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
        self.lead(run_lead.lead(run))
        match self._view:
            case View.RESULT:
                self.query_one("#result", Pane).show(result(run))
            case View.PANES:
                self._draw_list()
                self.query_one(NodePanes).draw()

    def _draw_list(self) -> None:
        rows = self.query_one("#list", LiveRows)
        if not rows.display:
            return
        run = self.session.run
        nodes = list(run.board.nodes.values())
        width = min(NAME_WIDTH, max((len(node.name) for node in nodes), default=4))
        rows.show(
            len(nodes),
            lambda index: run_lead.row(
                index + 1, nodes[index], run, nodes[index].name == self._current, width
            ),
            self._index,
        )

    # -- views and panes

    @property
    def _names(self) -> list[str]:
        return list(self.session.run.board.nodes)

    @property
    def _index(self) -> int:
        return self._names.index(self._current) if self._current in self._names else 0

    @property
    def _node(self) -> NodeBoard | None:
        return self.session.run.board.nodes.get(self._current)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _show_view(self) -> None:
        self._arrange()
        match self._view:
            case View.RESULT:
                self.query_one("#result").focus()
            case View.PANES:
                self.query_one(NodePanes).focus_log(self._current)

    def _arrange(self) -> None:
        """Grid, list with one pane, or one pane alone; what is hidden draws nothing."""
        panes, in_panes = self.query_one(NodePanes), self._view is View.PANES
        zoomed = self.has_class("-zoom")
        grid = not zoomed and panes.fits(self.app.size.width, self.app.size.height - AROUND_PANES)
        panes.display = in_panes
        self.query_one("#list").display = in_panes and not grid and not zoomed and len(self._names) > 1
        self.query_one("#result").display = self._view is View.RESULT
        if in_panes:
            panes.show_only(self._names if grid else [self._current])

    def _choose(self, index: int) -> None:
        names = self._names
        if not 0 <= index < len(names):
            return
        self._current = names[index]
        self._show_view()
        self._redraw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        pane = next((node for node in event.widget.ancestors if isinstance(node, NodePane)), None)
        if pane is not None and pane.node_name != self._current:
            self._current = pane.node_name
            self._redraw()

    def on_live_rows_chosen(self, event: LiveRows.Chosen) -> None:
        self._choose(event.index)

    # -- keys

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """All that work now; what the footer shows of them, and how it is called, depends on the run."""
        shown = self._footer()
        return {
            key: active._replace(
                binding=replace(
                    active.binding,
                    show=active.binding.action in shown,
                    description=shown.get(active.binding.action) or active.binding.description,
                )
            )
            for key, active in super().active_bindings.items()
        }

    def _footer(self) -> Mapping[str, str]:
        """At most five actions, with other labels than usual where there are any."""
        run, node = self.session.run, self._node
        if not run.phase.active:
            return AT_THE_END
        asked = node is not None and node.question is not None and self._view is View.PANES
        return WHILE_IT_ASKS if asked else WHILE_IT_RUNS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return super().check_action(action, parameters) if self._makes_sense(action) else False

    def _makes_sense(self, action: str) -> bool:
        run, node = self.session.run, self._node
        in_panes = self._view is View.PANES
        match action:
            case "again" if run.phase.active:
                return self._may_answer(Answer.RETRY)
            case "again":
                return run.phase in (Phase.FAILED, Phase.STOPPED)
            case "skip":
                return self._may_answer(Answer.SKIP)
            case "direct":
                return self._may_answer(Answer.DIRECT)
            case "give_up":
                at_work = node is not None and bool(node.role) and node.result is None
                return at_work and in_panes and run.phase is Phase.RUNNING
            case "proceed" if run.phase.active:
                return bool(run.asking) and not (in_panes and run.asking == [self._current])
            case "stop":
                return run.phase is Phase.RUNNING
            case "result":
                return not run.phase.active
            case "zoom" | "follow":
                return in_panes
            case "panes":
                return not in_panes or self.has_class("-zoom")
            case "goto":
                return len(self._names) > 1
            case _:
                return True

    def _may_answer(self, answer: Answer) -> bool:
        asked = self._node.question if self._node is not None else None
        return self._view is View.PANES and asked is not None and answer in asked.answers

    def action_skip(self) -> None:
        self._answer(Answer.SKIP)

    def action_direct(self) -> None:
        self._answer(Answer.DIRECT)

    def _answer(self, answer: Answer) -> None:
        self.session.run.answer(self._current, answer)

    def action_give_up(self) -> None:
        name, node = self._current, self._node
        if node is None:
            return
        asks = node.question is not None
        self._confirming = name
        self.wizard.push_screen(
            Confirm(
                f"Give {name} up?",
                f"{'It stays as it is now' if asks else 'Nothing more is begun on it'}; "
                "the other nodes go on. What depends on it is set aside, too: without the first server "
                "nobody joins.\n\nRunning again later goes on from what is true on the node.",
                f"give {name} up",
                "keep it",
            ),
            lambda confirmed: self._give_up_confirmed(name, confirmed),
        )

    def _give_up_confirmed(self, name: str, confirmed: bool | None) -> None:
        self._confirming = ""
        if confirmed:
            run = self.session.run
            if name in run.asking:
                run.answer(name, Answer.GIVE_UP)
            else:
                run.give_up(name)

    def action_jump(self, index: int) -> None:
        if self._view is View.RESULT:
            self._view = View.PANES
        self._choose(index)

    def action_pane(self, by: int) -> None:
        if self._names and self._view is View.PANES:
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

    def action_follow(self) -> None:
        pane = self.query_one(NodePanes).pane(self._current)
        if pane is not None:
            log = pane.query_one(LogPane)
            log.follow(not log.following)
            self._redraw()

    def action_panes(self) -> None:
        self.remove_class("-zoom")
        self._view = View.PANES
        self._show_view()
        self._redraw()

    def action_result(self) -> None:
        self._view = View.PANES if self._view is View.RESULT else View.RESULT
        self._show_view()
        self._redraw()

    def action_stop(self) -> None:
        self._confirming = ""
        self.wizard.push_screen(
            Confirm(
                "Stop the run?",
                "Nothing more is begun on any node. No file is left half-written, and what is done stays "
                "done; a command that a node has begun may still end there by itself.\n\n"
                "Running again goes on from what is true on the nodes.",
                "stop now",
                "let it run",
            ),
            self._stop_confirmed,
        )

    def _stop_confirmed(self, confirmed: bool | None) -> None:
        if confirmed:
            self.session.run.stop()

    def action_again(self) -> None:
        if self.session.run.phase.active:
            self._answer(Answer.RETRY)
        else:
            self.session.run_again()

    def action_proceed(self) -> None:
        run = self.session.run
        if not run.phase.active:
            self.go_on()
        elif run.asking:
            asking = [self._names.index(name) for name in run.asking]
            self._view = View.PANES
            self._choose(next((index for index in asking if index > self._index), asking[0]))
