"""Servers: how many of the nodes run the control plane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, Static

from sugarkube_tui.cluster.choices import parse_servers
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.objections import fault_tolerance
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.dialogs import Confirm
from sugarkube_tui.tui.screens.question import OTHER, QuestionScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.choose import Choose
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row
from sugarkube_tui.tui.words import Mood

USUAL = ("1", "3", "5")


def survives(servers: int) -> str:
    """What that many servers are good for."""
    failures = fault_tolerance(servers)
    verb = "survives" if servers == 1 else "survive"
    return f"{verb} {words.plural(failures, 'failure') if failures else 'no failure'}"


class ServersScreen(QuestionScreen):
    """The number, what it survives, and who becomes what."""

    STAGE = Stage.SERVERS
    LEAD = "How many servers (control-plane nodes) shall the cluster have?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Servers")

    def body(self) -> Iterable[Widget]:
        number = str(self.session.choices.servers)
        with Horizontal(classes="question"):
            with Vertical(classes="box ask") as box:
                box.border_title = Content("Servers")
                yield Choose(
                    [Column("Number", 6), Column("What it gives", 20, grow=1)],
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
            yield Pane("Who becomes what", "note", "note")

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
        self.query_one("#note", Pane).show(self._preview())

    def _arithmetic(self) -> list[Content | str]:
        try:
            number = self._read()
        except InvalidInput as error:
            return ["", *words.evidence(words.problem_of(error))]
        source = self.session.source_of("servers")
        parts: list[Content | str] = [
            "",
            words.strong(f"{words.plural(number, 'server')} {survives(number)}"),
        ]
        if number > 1:
            parts.append(words.muted(f"etcd needs {number // 2 + 1} of {number} to agree"))
        else:
            parts.append(words.muted("the datastore is SQLite, not etcd"))
        if source:
            parts.append(words.muted(f"from {source}"))
        if number % 2 == 0:
            parts.append(
                Content.assemble(
                    ("▲ ", "$text-warning"), f"no better than {number - 1}; Enter asks whether you mean it"
                )
            )
        return parts

    def _preview(self) -> list[Content | str]:
        roles = self.session.roles()
        names = sorted(roles.assignments, key=natural)
        width = max((len(name) for name in names), default=0)
        parts: list[Content | str] = []
        for name in names:
            assignment = roles.assignments[name]
            role = assignment.goal.role
            parts.append(
                Content.assemble(words.role_sign(role), words.strong(name.ljust(width)), f"  {role.value}")
            )
            parts.append(words.muted(f"    {assignment.reason}"))
        for problem in roles.problems:
            mood = Mood.BAD if problem.blocking else Mood.WARN
            parts += ["", words.state(mood, problem.what)]
            if problem.why:
                parts.append(words.plain(f"  {problem.why}"))
            parts.append(words.remedy(problem.remedy))
        return parts

    # -- keys

    def _read(self) -> int:
        return parse_servers(self.answer, "Servers")

    def keep(self) -> None:
        try:
            number = self._read()
        except InvalidInput:
            return  # what is half typed is no answer yet
        if number != self.session.choices.servers:
            self.session.choose(servers=number, even_servers=False)

    def action_proceed(self) -> None:
        if self.asks_for_text():
            return
        try:
            number = self._read()
        except InvalidInput as error:
            self.tell(error)
            return
        self.keep()
        if number % 2 == 0 and not self.session.choices.even_servers:
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
            self.session.choose(even_servers=True)
            self.go_on()


def _says(number: int, nodes: int) -> Content:
    if number > nodes:
        return words.muted(f"only {words.plural(nodes, 'node')} selected")
    return words.plain(survives(number))
