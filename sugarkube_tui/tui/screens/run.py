"""Run: every node's part as it happens, and at the end what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.engine.board import NodeBoard
from sugarkube_tui.engine.events import Result
from sugarkube_tui.engine.joining import Answer
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.screens.dialogs import AskOperator, Confirm
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.run import Phase
from sugarkube_tui.tui.widgets.node_pane import NodePane, state_of, step_of
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.summary import summary
from sugarkube_tui.tui.words import Mood

PANE_HEIGHT = 7
"""Rows that a pane of the grid needs; with less, a list and one pane are shown."""
READY = (Result.OK, Result.CHANGED, Result.WARNED)


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
        yield Static(id="list", markup=False)
        with Container(id="panes"):
            for number, name in enumerate(self.session.run.board.nodes, start=1):
                yield NodePane(name, number)
        yield Pane("Summary", "summary")

    def ready(self) -> None:
        self._current = next(iter(self.session.run.board.nodes), "")
        self._summarised = False
        self._asking = False
        self._phase = Phase.IDLE
        self._arrange()
        self._focus_current()

    def _tick(self) -> None:
        dialog = self.wizard.screen
        if isinstance(dialog, Confirm) and not self.session.run.phase.active:
            dialog.dismiss(False)  # there is nothing left to stop
        super()._tick()

    def always_draws(self) -> bool:
        return self.session.run.phase.active

    # -- drawing

    def status(self) -> Content:
        run = self.session.run
        mood = {
            Phase.DONE: Mood.GOOD,
            Phase.FAILED: Mood.BAD,
            Phase.STOPPED: Mood.WARN,
            Phase.STOPPING: Mood.WARN,
        }.get(run.phase, Mood.BUSY)
        return Content.assemble((f"{mood.glyph} {words.elapsed(run.seconds)}", mood.colour))

    def draw(self) -> None:
        run = self.session.run
        if run.phase is not self._phase:
            ended = self._phase.active and not run.phase.active
            self._phase = run.phase
            self._show_summary(ended or not run.phase.active)
        self.lead(self._overall())
        if self._summarised:
            self.query_one("#summary", Pane).show(summary(run))
        else:
            self.query_one("#list", Static).update(self._list())
            for pane in self.query(NodePane):
                if pane.display:
                    pane.show(run.board.nodes[pane.node_name], run.phase, run.seconds)
        if run.question is not None and not self._asking and self.wizard.screen is self:
            self._asking = True
            self.wizard.push_screen(AskOperator(run.question), self._answered)

    def _overall(self) -> Content:
        run = self.session.run
        nodes = list(run.board.nodes.values())
        ready = sum(node.result in READY for node in nodes)
        failed = sum(node.result in (Result.FAILED, Result.SKIPPED) for node in nodes)
        servers = sum(node.role.endswith("server") for node in nodes)
        agents = sum(node.role == "agent" for node in nodes)
        parts = [
            words.strong(run.board.environment),
            Content.assemble(
                (f"{ready}/{len(nodes)} nodes ready", "$text-success" if ready == len(nodes) else "")
            ),
        ]
        if failed:
            parts.append(words.state(Mood.BAD, f"{failed} failed"))
        match run.phase:
            case Phase.STOPPING:
                parts.append(words.state(Mood.WARN, "stopping …"))
            case Phase.STOPPED:
                parts.append(words.state(Mood.WARN, "stopped: r runs again"))
            case Phase.DONE:
                parts.append(words.state(Mood.GOOD, "done: Enter verifies"))
            case Phase.FAILED:
                parts.append(words.state(Mood.BAD, "not finished: r runs again"))
            case _ if run.question is not None:
                parts.append(words.state(Mood.WARN, "the run asks: Enter answers"))
            case _:
                pass
        parts.append(words.muted(f"{words.plural(servers, 'server')} · {words.plural(agents, 'agent')}"))
        return Content("   ").join(parts)

    def _list(self) -> Content:
        run = self.session.run
        width = min(18, max((len(name) for name in run.board.nodes), default=4))
        rows = []
        for number, (name, node) in enumerate(run.board.nodes.items(), start=1):
            here = name == self._current
            rows.append(
                Content("  ").join(
                    [
                        Content.assemble(
                            ("▸" if here else " ", "$text-accent"), f"{number if number < 10 else ' '}"
                        ),
                        Content.assemble((name, "bold" if here else "")).truncate(
                            width, ellipsis=True, pad=True
                        ),
                        state_of(node, run.phase).truncate(15, pad=True),
                        words.muted(node.role).truncate(12, pad=True),
                        words.plain(_short(node, run.seconds)),
                    ]
                )
            )
        return words.lines(rows)

    # -- which pane

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        """Grid, list or zoom; what is hidden draws nothing."""
        panes = list(self.query(NodePane))
        size = self.app.size
        rows = -(-len(panes) // 2)
        fits = size.width >= 110 and (size.height - 6) // max(1, rows) >= PANE_HEIGHT
        zoomed = self.has_class("-zoom")
        self.set_class(fits and not zoomed and len(panes) > 1, "-grid")
        listed = not fits and not zoomed and not self._summarised
        self.query_one("#list").display = listed and len(panes) > 1
        for pane in panes:
            pane.display = self.has_class("-grid") or pane.node_name == self._current
        self.query_one("#panes").display = not self._summarised
        self.query_one("#summary").display = self._summarised

    def _pane(self) -> NodePane | None:
        return next((pane for pane in self.query(NodePane) if pane.node_name == self._current), None)

    def _focus_current(self) -> None:
        pane = self._pane()
        if self._summarised:
            self.query_one("#summary").focus()
        elif pane is not None:
            pane.log_pane.focus()

    def _choose(self, index: int) -> None:
        names = list(self.session.run.board.nodes)
        if not names or not 0 <= index < len(names):
            return
        self._current = names[index]
        self._arrange()
        self._redraw()
        self._focus_current()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        pane = next((node for node in event.widget.ancestors if isinstance(node, NodePane)), None)
        if pane is not None:
            self._current = pane.node_name

    def on_click(self, event: events.Click) -> None:
        listed = self.query_one("#list")
        if listed.display and listed.region.contains(event.screen_x, event.screen_y):
            self._choose(event.screen_y - listed.content_region.y)

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        phase = self.session.run.phase
        match action:
            case "stop":
                return super().check_action(action, parameters) if phase is Phase.RUNNING else False
            case "again":
                over = phase in (Phase.FAILED, Phase.STOPPED)
                return super().check_action(action, parameters) if over else False
            case "proceed" if phase.active and self.session.run.question is None:
                return False
            case "zoom" | "follow" if self._summarised:
                return False
            case "summary" if phase.active:
                return False
        return super().check_action(action, parameters)

    def action_jump(self, index: int) -> None:
        if self._summarised:
            self._show_summary(False)
        self._choose(index)

    def action_pane(self, by: int) -> None:
        names = list(self.session.run.board.nodes)
        if names and not self._summarised:
            self._choose((names.index(self._current) + by) % len(names))

    def action_zoom(self) -> None:
        self.toggle_class("-zoom")
        self._arrange()
        self._redraw()
        self._focus_current()

    def action_follow(self) -> None:
        pane = self._pane()
        if pane is not None:
            pane.log_pane.follow(not pane.log_pane.following)
            self._redraw()

    def action_summary(self) -> None:
        self._show_summary(not self._summarised)
        self._redraw()

    def _show_summary(self, shown: bool) -> None:
        self._summarised = shown
        self._arrange()
        if shown:
            self.query_one("#summary", Pane).show(summary(self.session.run))
        self._focus_current()

    def action_stop(self) -> None:
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

    def _answered(self, answer: Answer | None) -> None:
        # Without an answer the question stays open; Enter brings it back.
        if answer is not None:
            self.session.run.answer(answer)
            self._asking = False

    def action_again(self) -> None:
        self.session.run_again()

    def action_proceed(self) -> None:
        run = self.session.run
        if run.question is not None:
            self._asking = False
            self._redraw()
        elif not run.phase.active:
            self.go_on()


def _short(node: NodeBoard, now: float) -> str:
    """What the list has room for."""
    if node.result is not None:
        return node.evidence.what if node.evidence is not None else f"{node.actions} actions"
    if node.waiting is not None:
        left = f" {max(0.0, node.waiting.until - now):.0f} s left" if node.waiting.until is not None else ""
        return f"{node.waiting.what}{left}"
    return step_of(node)
