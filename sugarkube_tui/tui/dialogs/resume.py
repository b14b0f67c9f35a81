"""What an earlier start has left: go on with it, or start afresh."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.saved_plan import Question, RunState, SavedPlan
from sugarkube_tui.cluster.wording import few
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.resuming import RESOLVE_WITHIN_S
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.session import Session
from sugarkube_tui.tui.stages import STAGE_OF
from sugarkube_tui.tui.widgets.notice import Notice
from sugarkube_tui.tui.words import Mood

NAMES_SHOWN = 3
RUN_SAYS = {
    RunState.BEGUN: "a run was begun; the program ended before it did",
    RunState.STOPPED: "a run was begun and stopped",
    RunState.FAILED: "a run was begun, and not every node reached its goal",
}


class Resume(Dialog[bool]):
    """Says what is in a plan, and takes it up on Enter.

    Args:
        asking: else it is taken up at once: the operator has named the plan already.

    Returns:
        whether the plan was taken up.
    """

    KEY_GROUP = "Resume"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, session: Session, plan: SavedPlan, *, asking: bool) -> None:
        super().__init__()
        self._session = session
        self._plan = plan
        self._asking = asking

    def heading(self) -> Content:
        return Content("Go on where you left off?" if self._asking else "A saved plan")

    def body(self) -> Iterable[Widget]:
        yield Static(words.lines(_describe(self._plan)))
        yield Notice()
        yield Static(self._answers(), classes="answers", id="answers")

    def on_mount(self) -> None:
        if not self._asking:
            self.action_resume()

    def _answers(self) -> Content:
        afresh = self.wizard.key_names["resume.afresh"]
        return Content.assemble(
            ("Enter", "bold $text-accent"),
            f"  {self._goes_on()}\n",
            (afresh, "bold $text-accent"),
            f"{' ' * (len('Enter') - len(afresh))}  start afresh; new answers replace this plan",
        )

    def _goes_on(self) -> str:
        if self._plan.run is not None:
            return "log in, look at the nodes, and see in Review what is left"
        if self._plan.next is Question.ACCESS:
            return "go on: log in"
        return f"go on: log in, then {STAGE_OF[self._plan.next]}"

    def action_resume(self) -> None:
        self.query_one("#answers", Static).update(
            words.state(
                Mood.BUSY, f"asking where the nodes are by now, for {RESOLVE_WITHIN_S:.0f} s at most …"
            )
        )
        self.run_worker(self._take_up(), exclusive=True)

    async def _take_up(self) -> None:
        try:
            await self._session.resume(self._plan)
        except (SugarkubeError, OSError) as error:
            self.query_one(Notice).show_problem(evidence_of(error))
            self.query_one("#answers", Static).update(self._answers())
            return
        self.dismiss(True)

    def action_afresh(self) -> None:
        self.dismiss(False)


class RunningElsewhere(Dialog[None]):
    """Another process works on the plan that would be offered."""

    KEY_GROUP = "Running elsewhere"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, plan: SavedPlan, process: int) -> None:
        super().__init__()
        self._plan = plan
        self._process = process

    def heading(self) -> Content:
        return Content("A run is going on elsewhere")

    def body(self) -> Iterable[Widget]:
        run = self._plan.run
        save = self.wizard.key_names["review.save_plan"]
        yield Static(
            words.lines(
                [
                    words.state(
                        Mood.WARN,
                        f"another sugarkube-tui is running {self._plan.choices.environment} "
                        f"(process {self._process or 'unknown'})",
                    ),
                    words.pair("Nodes", _names(self._plan)),
                    words.pair("Its log", _short(run.directory) if run is not None else ""),
                    "",
                    "You can look around here, or form another cluster from other nodes. Your answers "
                    f"are not kept for a later start: that run's plan is. {save} on Review saves yours.",
                ]
            )
        )
        yield Static("Enter closes", classes="hint")

    def action_close(self) -> None:
        self.dismiss(None)


def _describe(plan: SavedPlan) -> list[Content | str]:
    choices, run = plan.choices, plan.run
    answered = plan.next in (Question.ADDRESS, Question.REVIEW)
    servers = f", {words.plural(choices.servers, 'server')}" if answered else ""
    parts: list[Content | str] = [
        Content.assemble(words.pair("Cluster", words.strong(str(choices.environment))), servers),
        words.pair("Nodes", _names(plan)),
    ]
    if choices.registration_address:
        parts.append(words.pair("Address", choices.registration_address))
    if plan.saved is not None:
        ago = words.ago(max(0.0, (datetime.now(plan.saved.tzinfo) - plan.saved).total_seconds()))
        parts.append(words.pair("Saved", f"{plan.saved.astimezone():%d %b %H:%M}, {ago}"))
    if run is not None and run.state in RUN_SAYS:
        parts += ["", words.state(Mood.WARN, RUN_SAYS[run.state])]
        if run.directory:
            parts.append(words.pair("Its log", _short(run.directory)))
    return parts


def _short(directory: str) -> str:
    """The path with `~` for the home directory."""
    home = str(Path.home())
    return f"~{directory.removeprefix(home)}" if directory.startswith(f"{home}/") else directory


def _names(plan: SavedPlan) -> str:
    names = [node.name for node in plan.nodes]
    return f"{len(names)}: {few(names, NAMES_SHOWN)}"
