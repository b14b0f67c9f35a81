"""Servers: how many of the nodes run the control plane, and which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, Static

from sugarkube_tui.cluster.cautions import Caution, cautions
from sugarkube_tui.cluster.choices import parse_servers
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.fitness import fittest_first, moved
from sugarkube_tui.cluster.objections import fault_tolerance
from sugarkube_tui.cluster.plan import Concern
from sugarkube_tui.cluster.roles import Roles
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.confirm import Confirm
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.question import OTHER, QuestionScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.texts.plan import RESTART
from sugarkube_tui.tui.widgets.choose import Choose
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

USUAL = ("1", "3", "5")
NODES = (Column("Node", 12, grow=2), Column("Becomes", 14), Column("Note", 11, grow=1, wide=True))
IN_SHORT = {Concern.SD_CARD: "SD card", Concern.LITTLE_MEMORY: "memory"}
"""Concerns of single nodes in a column's width; the pane below tells the whole."""
BETTER_FIRST = (
    "{servers.best_first} puts the better ones first, {servers.move_up} and {servers.move_down} move one"
)
SETTLED_BY = {
    Concern.SD_CARD: BETTER_FIRST,
    Concern.LITTLE_MEMORY: BETTER_FIRST,
    Concern.TAINTED_ALONE: "{servers.taint} takes the taint off",
    Concern.SHARED_WITH_WORKLOADS: "{servers.taint} taints them",
    Concern.TOKEN: RESTART,
    Concern.SEVERAL_CLUSTERS: "{scan.select} on Scan, or {review.leave_out} on Review, leaves a node out",
}
"""The keys that settle a concern; the number itself is changed in its list."""


def survives(servers: int) -> str:
    """What that many servers are good for."""
    return f"{'survives' if servers == 1 else 'survive'} {survived(servers)}"


def survived(servers: int) -> str:
    """How many of that many servers may fail."""
    failures = fault_tolerance(servers)
    return words.plural(failures, "failure") if failures else "no failure"


class ServersScreen(QuestionScreen):
    """The number, what it survives, who becomes what, and what speaks against it."""

    STAGE = Stage.SERVERS
    LEAD = "How many servers (control-plane nodes) shall there be?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Servers")

    def body(self) -> Iterable[Widget]:
        self.session.answers.suggest_servers(self.session.outlook().likely_servers)
        number = str(self.session.answers.choices.servers)
        with Horizontal(classes="question"):
            with Vertical(classes="box ask") as box:
                box.border_title = Content("Servers")
                yield Choose(
                    [Column("Number", 6), Column("Survives", 13, grow=1)],
                    number if number in USUAL else OTHER,
                    widget_id="numbers",
                )
                with Horizontal(classes="fields", id="other-field"):
                    yield Label("Number", classes="name")
                    yield Field(
                        "" if number in USUAL else number,
                        id="other",
                        type="integer",
                        max_length=1,
                        compact=True,
                    )
                yield Static(id="arithmetic", markup=False)
            with Vertical(classes="note"):
                with Vertical(classes="box", id="nodes-box") as box:
                    box.border_title = Content("Who becomes what")
                    yield Table(NODES, widget_id="nodes")
                yield Pane("Why, and what to think of", "note")

    # -- drawing

    def draw(self) -> None:
        nodes = len(self.session.access.hosts)
        self.query_one(Choose).show_options(
            [
                *(Row(number, (words.strong(number), _says(int(number), nodes))) for number in USUAL),
                Row(OTHER, (words.strong(OTHER), words.muted("1 to 9"))),
            ]
        )
        self.show_field()
        self.query_one("#arithmetic", Static).update(words.lines(self._arithmetic()))
        choices = self.session.answers.choices
        # That they are even is among the cautions.
        roles = self.session.outlook().roles(replace(choices, even_servers=True))
        told = tuple(cautions(self.session.access.facts, roles, choices))
        self.query_one("#nodes-box").border_subtitle = Content(
            f"in your order   {self.key_of('servers.by_name')} by name" if choices.order else "by name"
        )
        self._list.show([_row(name, roles, told) for name in _in_sequence(roles)])
        self._draw_note(roles, told)

    @property
    def _list(self) -> Table:
        return self.query_one("#nodes", Table)

    def _arithmetic(self) -> list[Content | str]:
        if not self.answer:
            return ["", words.muted("Enter a number, 1 to 9.")]
        try:
            number = self._read()
        except InvalidInput as error:
            return ["", *words.evidence(evidence_of(error))]
        source = self.session.answers.source_of("servers")
        parts: list[Content | str] = [""]
        there = self.session.outlook().standing.server_count
        if there > number:
            number = there
            parts.append(words.plain(f"{there} are there already, and stay:"))
        parts.append(words.strong(f"{words.plural(number, 'server')} {survives(number)}"))
        if number > 1:
            majority = number // 2 + 1
            parts.append(
                words.muted(f"{majority} of {number} must agree: {number} - {majority} = {number - majority}")
            )
        else:
            parts.append(words.muted("its datastore is SQLite, not etcd"))
        if source:
            parts.append(words.muted(f"from {source}"))
        return [*parts, "", words.muted("Servers can be added later: run again with a larger number.")]

    def _draw_note(self, roles: Roles, told: tuple[Caution, ...]) -> None:
        parts: list[Content | str] = []
        if (assignment := roles.assignments.get(self._list.highlighted)) is not None:
            name = words.strong(f"{self._list.highlighted}: ")
            parts.append(Content.assemble(name, words.plain(assignment.reason)))
        if all(caution.concern is not Concern.TAINTED_ALONE for caution in told):
            parts.append(words.muted(_taint(roles, self.key_of("servers.taint"))))
        for problem in sorted(roles.problems, key=lambda problem: not problem.blocking):
            mood = Mood.BAD if problem.blocking else Mood.WARN
            parts += ["", words.state(mood, problem.what)]
            parts += [words.plain(f"  {line}") for line in problem.why.splitlines()]
            parts.append(self._remedy(problem.remedy, problem.concern))
        for caution in told:
            parts += ["", words.state(Mood.WARN, caution.what), words.plain(f"  {caution.why}")]
            parts.append(self._remedy(caution.remedy, caution.concern))
        self.query_one("#note", Pane).show(parts)

    def _remedy(self, remedy: str, concern: Concern | None) -> Content:
        """The remedy, and the keys for it."""
        settles = SETTLED_BY.get(concern, "") if concern is not None else ""
        keys = self.wizard.key_names.fill(settles)
        return words.remedy(f"{remedy} ({keys})" if keys else remedy)

    # -- keys

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        if event.table is self._list:
            self._redraw()

    def action_move(self, by: int) -> None:
        """Move the highlighted node; from elsewhere, go to the list of nodes first."""
        if not self._list.rows.has_focus:
            self._list.take_focus()
            return
        order, name = self.session.roles.order, self._list.highlighted
        if name in order:
            self._arrange(moved(order, name, by))
            self._list.highlight(name)

    def action_best_first(self) -> None:
        by_name = sorted(self.session.roles.order, key=natural)
        self._arrange(fittest_first(by_name, self.session.access.facts))

    def action_by_name(self) -> None:
        self._arrange(())

    def _arrange(self, order: tuple[str, ...]) -> None:
        self.session.answers.choose(order=order)
        self._redraw()

    def action_taint(self) -> None:
        self.session.answers.choose(taint_servers=not _tainted(self.session.roles))
        self._redraw()

    def _read(self) -> int:
        return parse_servers(self.answer, "Servers")

    def keep(self) -> None:
        try:
            number = self._read()
        except InvalidInput:
            return  # what is half typed is no answer yet
        if number != self.session.answers.choices.servers:
            self.session.answers.choose(servers=number, even_servers=False)

    def action_proceed(self) -> None:
        if self.asks_for_text():
            return
        try:
            number = self._read()
        except InvalidInput as error:
            self.tell(error)
            return
        self.keep()
        if any(problem.concern is Concern.EVEN for problem in self.session.roles.problems):
            self.wizard.push_screen(
                Confirm(
                    f"{number} servers?",
                    f"{number} servers {survives(number)}, just as {number - 1} would: etcd needs more than "
                    "half of its members, and an even number only adds one more that can fail.",
                    f"yes, {number} servers",
                    "choose another number",
                ),
                self._agreed,
            )
            return
        self.go_on()

    def _agreed(self, agreed: bool | None) -> None:
        if agreed:
            self.session.answers.choose(even_servers=True)
            self.go_on()


def _says(number: int, nodes: int) -> Content:
    if number > nodes:
        return words.muted(f"only {words.plural(nodes, 'node')}")
    return words.plain(survived(number))


def _row(name: str, roles: Roles, told: tuple[Caution, ...]) -> Row:
    role = roles.assignments[name].goal.role
    doubts = [IN_SHORT[one.concern] for one in told if name in one.nodes and one.concern in IN_SHORT]
    if doubts:
        note = words.state(Mood.WARN, doubts[0])
    else:
        note = words.muted("" if name in roles.order else "as it is")
    return Row(
        name, (words.strong(name), Content.assemble(words.role_sign(role), words.plain(role.value)), note)
    )


def _in_sequence(roles: Roles) -> list[str]:
    """Those that are what they are, then the new ones, from the top: servers first."""
    settled = [name for name in roles.assignments if name not in roles.order]
    return [*sorted(settled, key=natural), *roles.order]


def _tainted(roles: Roles) -> bool:
    return any(one.goal.tainted and one.goal.role.is_server for one in roles.assignments.values())


def _taint(roles: Roles, key: str) -> str:
    if _tainted(roles):
        return f"Workloads run on the agents: servers are tainted ({key})"
    return f"Workloads run on the servers, too: no taint ({key})"
