"""Review: exactly what will be done to each node, before anything is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.cluster.actions import Reboot
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.plan import NodePlan, Problem, blockers, warnings
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.engine.estimate import expected
from sugarkube_tui.engine.formation import Look
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.review_text import look_lines
from sugarkube_tui.store.plans import plan_text
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.screens.save_file import SaveFile
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

CLUSTER = "(cluster)"
NODES = (Column("Node", 12, grow=1), Column("To do", 13), Column("Role", 12, wide=True))
DETAIL_LINES = 60
"""Lines shown of one action's details; a whole file's diff can be longer."""


class ReviewScreen(WizardScreen):
    """Nodes on the left, the highlighted one's plan on the right."""

    STAGE = Stage.REVIEW
    LEAD = "Looking at the nodes …"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Review")

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            with Vertical(classes="box", id="nodes-box") as box:
                box.border_title = Content("Nodes")
                yield Table(NODES, widget_id="nodes")
            plan = Pane("Plan", "plan")
            plan.border_subtitle = Content("p save plan   t save text")
            yield plan

    def ready(self) -> None:
        self._shown: Look | None = None
        self.query_one("#nodes", Table).take_focus()
        self.action_look()

    # -- drawing

    def draw(self) -> None:
        review = self.session.review
        self.lead(self._summary())
        self.query_one("#nodes", Table).show(self._rows())
        if review.found is not self._shown:
            self._shown = review.found
            if review.found is not None:
                self.query_one("#nodes", Table).highlight(_first_worth(review.found))
        if review.error is not None:
            self.tell(review.error)
        self._draw_plan()

    def _summary(self) -> Content:
        review = self.session.review
        if review.looking:
            total = len(self.session.access.hosts)
            return words.state(
                Mood.BUSY, f"looking: {len(review.read)} of {total} nodes read, listening on the LAN …"
            )
        if (found := review.found) is None:
            return words.state(Mood.BAD, "could not look: r looks again")
        plan = found.plan
        nodes = len(plan.nodes)
        actions = sum(len(node.actions) for node in plan.nodes)
        reboots = sum(isinstance(action, Reboot) for node in plan.nodes for action in node.actions)
        counts = ((nodes, "node"), (actions, "action"), (reboots, "reboot"))
        count = ", ".join(words.plural(number, noun) for number, noun in counts)
        if not review.ready:
            blocking = _blocking(found)
            return words.state(
                Mood.BAD, f"{words.plural(blocking, 'problem')} to settle first; then r looks again"
            )
        if plan.empty:
            return words.state(Mood.GOOD, f"{count}: all is so already; Enter proves it")
        return Content.assemble(words.state(Mood.GOOD, count), ": Enter starts")

    def _rows(self) -> list[Row]:
        review = self.session.review
        if (found := review.found) is None:
            return [
                Row(
                    name,
                    (
                        words.strong(name),
                        words.state(Mood.GOOD, "read")
                        if name in review.read
                        else words.state(Mood.BUSY, "reading"),
                        Content(""),
                    ),
                )
                for name in sorted(self.session.access.hosts, key=natural)
            ]
        rows = [
            Row(CLUSTER, (words.strong("Cluster"), _mark(found.plan.problems, ""), words.muted("all nodes")))
        ]
        rows += [
            Row(name, (words.strong(f"  {name}"), words.state(Mood.BAD, "no access"), words.muted("unknown")))
            for name in found.failures
        ]
        for node in _in_order(found):
            actions = len(node.actions)
            rows.append(
                Row(
                    node.name,
                    (
                        Content.assemble(words.role_sign(node.goal.role), words.strong(node.name)),
                        _mark(node.problems, words.plural(actions, "action") if actions else "so already"),
                        words.plain(node.goal.role.value),
                    ),
                )
            )
        return rows

    def _draw_plan(self) -> None:
        review = self.session.review
        key = self.query_one("#nodes", Table).highlighted
        parts: list[Content | str]
        title = key.strip("()").capitalize() if key == CLUSTER else key
        if (found := review.found) is None:
            parts = [words.muted("Reading facts from every node at once; nothing is changed.")]
        elif key in found.failures:
            parts = [*words.evidence(found.failures[key]), "", "o leaves this node out; r looks again"]
        elif (node := next((node for node in found.plan.nodes if node.name == key), None)) is not None:
            parts = _describe(node)
            title = f"{node.name}: {node.goal.role}"
        else:
            parts = self._cluster(found)
        self.query_one("#plan", Pane).show(parts, title or "Plan")

    def _cluster(self, found: Look) -> list[Content | str]:
        plan, choices = found.plan, self.session.answers.choices
        parts: list[Content | str] = _problems(plan.problems)
        if found.failures:
            parts += [
                words.state(Mood.BAD, f"no access: {', '.join(found.failures)}"),
                "  Roles depend on all nodes, so nothing starts without them.",
                words.remedy("settle it there, or leave the node out with o"),
                "",
            ]
        servers = sum(node.goal.role.is_server for node in plan.nodes)
        reboots = [node.name for node in _in_order(found) if node.reboots]
        parts += [
            words.pair("Cluster", str(choices.environment)),
            words.pair("Servers", f"{servers} of these nodes, {choices.servers} wanted"),
            words.pair("Agents", str(len(plan.nodes) - servers)),
            words.pair("k3s", found.version or f"{choices.channel} channel, resolved during the run"),
            words.pair("Address", choices.registration_address or "none"),
            words.pair("Reboots", ", ".join(reboots) or "none"),
            *self._duration(found),
            "",
        ]
        if found.live:
            parts.append("Servers of it on the LAN now")
            parts += [f"  {live.host}  CA {short_hash(live.ca_hash)}" for live in found.live]
        else:
            parts.append("No server of it is on the LAN: a new cluster is started.")
        if plan.empty:
            return parts
        parts += [
            "",
            words.muted("Nodes are prepared all at once; then the first server, further servers"),
            words.muted("one at a time, then the agents. Secrets are shown as ••••."),
        ]
        return parts

    def _duration(self, found: Look) -> list[Content]:
        if found.plan.empty:
            return []
        models = {name: facts.model for name, facts in found.nodes.items()}
        expects = expected(found.plan, models, self.session.history.recall())
        return [words.pair("Duration", f"about {words.roughly(expects.seconds)}, {expects.basis}")]

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "proceed" and not self.session.review.ready:
            return None  # greyed out; the lead says why
        return super().check_action(action, parameters)

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._draw_plan()
        self.query_one("#plan").scroll_home(animate=False)

    def action_scroll_details(self, by: int) -> None:
        self.query_one("#plan").scroll_relative(y=by, animate=False)

    def action_look(self) -> None:
        self.tell(None)
        try:
            self.session.review.look(self.session.request())
        except InvalidInput as error:
            self.tell(error)

    def action_leave_out(self) -> None:
        name = self.query_one("#nodes", Table).highlighted
        if name not in self.session.access.hosts:
            return
        if len(self.session.access.hosts) == 1:
            self.tell(Evidence("this is the last node", remedy="Esc goes back; select others on Scan"))
            return
        self.session.leave_out(name)
        self.action_look()

    def action_save_plan(self) -> None:
        environment = self.session.answers.environment.slug
        self._save(
            "Save the plan",
            "Nodes and choices, without passwords, for --plan in the wizard, plan and up.",
            f"{environment}.plan.toml",
            plan_text(replace(self.session.keeping.plan(), run=None)),
        )

    def action_save_text(self) -> None:
        if (found := self.session.review.found) is None:
            self.tell(Evidence("nothing was found out yet", remedy="wait for the look, or look again with r"))
            return
        self._save(
            "Save the review",
            "All nodes' actions in order, with diffs and commands; secrets are masked.",
            f"{self.session.answers.environment.slug}-review.txt",
            "".join(f"{line}\n" for line in look_lines(self.session.answers.choices, found)),
        )

    def _save(self, title: str, says: str, name: str, text: str) -> None:
        self.wizard.push_screen(SaveFile(title, says, name, text), self._saved)

    def _saved(self, path: Path | None) -> None:
        if path is not None:
            self.wizard.notify(f"written: {path}", markup=False)

    def action_back(self) -> None:
        self.session.review.stop()
        super().action_back()

    def action_proceed(self) -> None:
        if self.session.review.ready:
            self.session.start_run()
            self.go_on()


def _in_order(found: Look) -> list[NodePlan]:
    return sorted(found.plan.nodes, key=lambda node: natural(node.name))


def _blocking(found: Look) -> int:
    problems = len(blockers(found.plan.problems)) + len(found.failures)
    return problems + sum(len(blockers(node.problems)) for node in found.plan.nodes)


def _first_worth(found: Look) -> str:
    """What is to be looked at first: what blocks, else the whole."""
    if blockers(found.plan.problems):
        return CLUSTER
    blocked = [*found.failures, *(node.name for node in _in_order(found) if node.blocked)]
    return next(iter(blocked), CLUSTER)


def _mark(problems: tuple[Problem, ...], otherwise: str) -> Content:
    if blockers(problems):
        return words.state(Mood.BAD, "blocked")
    if warnings(problems):
        return words.state(Mood.WARN, otherwise or "warning")
    return words.state(Mood.GOOD, otherwise or "ready")


def _problems(problems: tuple[Problem, ...]) -> list[Content | str]:
    parts: list[Content | str] = []
    for problem in (*blockers(problems), *warnings(problems)):
        parts.append(words.state(Mood.BAD if problem.blocking else Mood.WARN, problem.what))
        parts += [f"  {line}" for line in problem.why.splitlines()]
        if problem.remedy:
            parts.append(words.remedy(problem.remedy))
        parts.append("")
    return parts


def _describe(node: NodePlan) -> list[Content | str]:
    parts = _problems(node.problems)
    parts += [words.plain(node.reason), ""]
    number = 0
    for step in node.steps:
        if not step.actions:
            continue
        parts.append(Content.assemble((step.title, "bold underline")))
        for action in step.actions:
            number += 1
            title = Content.assemble((f"{number:>3}  ", words.MUTED), words.plain(action.title))
            if isinstance(action, Reboot):
                title = Content.assemble(
                    (f"{number:>3}  ", words.MUTED), (f"↻ {action.title}", "$text-warning")
                )
            parts.append(title)
            parts += [_detail(line) for line in action.details[:DETAIL_LINES]]
            if len(action.details) > DETAIL_LINES:
                parts.append(words.muted(f"       … {len(action.details) - DETAIL_LINES} more lines"))
    if number == 0:
        parts.append(words.state(Mood.GOOD, "nothing to do: it is so already"))
    return parts


def _detail(line: str) -> Content:
    text = words.plain(line).plain
    if text.startswith("+"):
        return Content.assemble(("       " + text, "$text-success"))
    if text.startswith("-"):
        return Content.assemble(("       " + text, "$text-error"))
    return Content.assemble(("       " + text, words.MUTED))
