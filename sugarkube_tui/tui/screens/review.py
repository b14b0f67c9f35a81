"""Review: exactly what will be done to each node, before anything is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.plan import Concern, Problem, blockers, warnings
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.engine.formation import Look
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.review_text import look_lines
from sugarkube_tui.store.plans import plan_text
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.save_file import SaveFile
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.texts.plan import RESTART, cluster_parts, in_order, node_parts, summary
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

CLUSTER = "(cluster)"
NODES = (Column("Node", 12, grow=1), Column("To do", 12), Column("Role", 12, wide=True))


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
            plan.border_subtitle = Content(
                self.wizard.key_names.fill("{review.save_plan} save plan   {review.save_text} save text")
            )
            yield plan

    def ready(self) -> None:
        self._shown: Look | None = None
        self.query_one("#nodes", Table).take_focus()
        self.action_look()

    # -- drawing

    def draw(self) -> None:
        review = self.session.review
        self.lead(summary(review, len(self.session.access.hosts), self.key_of("review.look")))
        self.query_one("#nodes", Table).show(self._rows())
        if review.found is not self._shown:
            self._shown = review.found
            if review.found is not None:
                self.query_one("#nodes", Table).highlight(_first_worth(review.found))
        if review.error is not None:
            self.tell(review.error)
        self._draw_plan()

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
        # Roles depend on all nodes: without one of them, there is no plan for the whole.
        whole = words.state(Mood.BAD, "blocked") if found.failures else _mark(found.plan.problems, "")
        rows = [Row(CLUSTER, (words.strong("Cluster"), whole, words.muted("all nodes")))]
        rows += [
            Row(name, (words.strong(f"  {name}"), words.state(Mood.BAD, "no access"), words.muted("unknown")))
            for name in found.failures
        ]
        for node in in_order(found):
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
            parts = [*words.evidence(found.failures[key]), "", self._ways_on(found)]
        elif (node := next((node for node in found.plan.nodes if node.name == key), None)) is not None:
            parts = node_parts(node)
            if node.blocked:
                parts.append(self._ways_on(found))
            title = f"{node.name}: {node.goal.role}"
        else:
            choices, experience = self.session.answers.choices, self.session.history.recall()
            parts = cluster_parts(found, choices, experience, self._ways_on(found))
        self.query_one("#plan", Pane).show(parts, title or "Plan")

    def _ways_on(self, found: Look) -> str:
        """The keys that help where something blocks."""
        concerns = {problem.concern for problem in blockers(found.plan.problems)}
        a_node = found.failures or any(node.blocked for node in found.plan.nodes)
        ways = {
            "{review.leave_out} leaves the highlighted node out": a_node
            or Concern.SEVERAL_CLUSTERS in concerns,
            RESTART: Concern.TOKEN in concerns,
            "{review.look} looks again": True,
        }
        return self.wizard.key_names.fill("; ".join(says for says, helps in ways.items() if helps))

    # -- keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "proceed" and not self.session.review.ready:
            return False  # the lead says why
        return super().check_action(action, parameters)

    def labels(self) -> Mapping[str, str]:
        found = self.session.review.found
        return {"proceed": "Prove"} if found is not None and found.plan.empty else {}

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
            self.tell(
                Evidence(
                    "nothing was found out yet",
                    remedy=f"wait for the look, or look again with {self.key_of('review.look')}",
                )
            )
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


def _first_worth(found: Look) -> str:
    """What is to be looked at first: what blocks, else the whole."""
    if blockers(found.plan.problems):
        return CLUSTER
    blocked = [*found.failures, *(node.name for node in in_order(found) if node.blocked)]
    return next(iter(blocked), CLUSTER)


def _mark(problems: tuple[Problem, ...], otherwise: str) -> Content:
    if blockers(problems):
        return words.state(Mood.BAD, "blocked")
    if warnings(problems):
        return words.state(Mood.WARN, otherwise or "warning")
    return words.state(Mood.GOOD, otherwise or "ready")
