"""Environment: which cluster these nodes are to belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.cluster.token_need import TokenNeed, token_need
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.question import OTHER, QuestionScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.choose import Choose
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row
from sugarkube_tui.tui.words import Mood

USUAL = {"dev": "to try things out", "int": "before production", "prod": "what people rely on"}
UNDO = "Free to change until Review; a node that has joined leaves only with its k3s removed."


class EnvironmentScreen(QuestionScreen):
    """The usual three, or another name."""

    STAGE = Stage.ENVIRONMENT
    LEAD = "Which environment is this cluster?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Environment")

    def body(self) -> Iterable[Widget]:
        name = self.session.answers.environment.name
        with Horizontal(classes="question"):
            with Vertical(classes="box ask") as box:
                box.border_title = Content("Environment")
                yield Choose(
                    [Column("Name", 8), Column("On this LAN", 13, grow=1)],
                    name if name in USUAL else OTHER,
                    widget_id="names",
                )
                with Horizontal(classes="fields", id="other-field"):
                    yield Label("Name", classes="name")
                    yield Field("" if name in USUAL else name, id="other", max_length=12, compact=True)
            yield Pane("What this means", "note", "note")

    # -- drawing

    def draw(self) -> None:
        usual = [
            Row(name, (words.strong(name), self._lives(Environment(name, self._cluster)))) for name in USUAL
        ]
        other = Row(OTHER, (words.strong(OTHER), words.muted("your own name")))
        self.query_one(Choose).show_options([*usual, other])
        self.show_field()
        self.query_one("#note", Pane).show(self._note())

    @property
    def _cluster(self) -> str:
        return self.session.answers.defaults.choices.environment.cluster

    def _lives(self, environment: Environment) -> Content:
        adverts = self.session.scan.survey.servers_of(environment)
        if adverts:
            return Content.assemble((words.plural(len(adverts), "server"), "$text-warning"))
        return words.muted("no server yet")

    def _note(self) -> list[Content | str]:
        if not self.answer:
            return [words.muted("Enter a name of your own: 1 to 12 lower-case letters and digits.")]
        try:
            environment = self._read()
        except InvalidInput as error:
            return [*words.evidence(evidence_of(error))]
        return [
            Content.assemble(
                words.strong(str(environment)),
                (f"  {USUAL.get(environment.name, '')}", words.MUTED),
            ),
            "",
            *self._names_note(environment),
            *self._token_note(environment),
            "",
            *self._strangers_note(environment),
            *self._lan_note(environment),
            *self._renamed_note(environment),
            "",
            words.muted(UNDO),
            *_length_note(environment),
        ]

    def _names_note(self, environment: Environment) -> list[Content]:
        """What is named after it, and the variables that it comes from."""
        answers = self.session.answers
        source, cluster_source = answers.source_of("environment"), answers.defaults.sources.get("cluster", "")
        cluster = environment.cluster + (f"  from {cluster_source}" if cluster_source else "")
        return [
            *([words.pair("Source", source, 8)] if source else []),
            words.pair("Adverts", environment.service_type, 8),
            words.pair("Context", f"{environment.context}  (kubeconfig)", 8),
            words.pair("Cluster", cluster, 8),
        ]

    def _token_note(self, environment: Environment) -> list[Content]:
        try:
            token = self.session.answers.token(environment)
        except InvalidInput as error:
            return [Content(""), *words.evidence(evidence_of(error))]
        names = f", names CA {short_hash(token.ca_hash)}" if token is not None and token.ca_hash else ""
        variable = environment.token_variables[0]
        match token_need(self.session.outlook(environment).standing, token):
            case TokenNeed.GIVEN:
                told = f"known: from {token.source if token else variable}{names}"
            case TokenNeed.GIVEN_FOR_ALL:
                told = f"known: from SUGARKUBE_TOKEN, as {variable} is not set{names}"
            case TokenNeed.MADE:
                told = "none needed: the first server makes it"
            case TokenNeed.READ:
                told = "none needed: read from a chosen server"
            case TokenNeed.MISSING:
                told = f"▲ missing: export {variable}, or choose one of its servers, too"
        return [words.pair("Token", told, 8)]

    def _lan_note(self, environment: Environment) -> list[Content]:
        adverts = self.session.scan.survey.servers_of(environment)
        if not adverts:
            return [
                words.state(Mood.IDLE, "No server of it is on this LAN:"),
                words.plain("  the first server starts a new cluster."),
            ]
        parts = [
            words.state(Mood.IDLE, f"{words.plural(len(adverts), 'server')} of it on this LAN:"),
        ]
        authorities = set()
        for advert in adverts:
            look = self.session.scan.api(advert)
            authorities |= {look.ca_hash} - {""}
            answers = f"CA {short_hash(look.ca_hash)}" if look.ca_hash else look.answer.value
            parts.append(words.plain(f"  {advert.host}  {answers}"))
        return [*parts, *self._joined(environment, authorities)]

    def _joined(self, environment: Environment, authorities: set[str]) -> list[Content]:
        """Which of the clusters that answer new nodes join, if it can be told.

        Args:
            authorities: the hashes of their CAs.
        """
        token = self.session.answers.usable_token(environment)
        meant = token.ca_hash if token is not None else None
        if token is not None and meant and authorities and meant not in authorities:
            return [
                words.state(Mood.BAD, "Your token names another cluster than the one that answers."),
                words.remedy(f"unset {token.source}, or set it to this cluster's token, and start again"),
            ]
        if len(authorities) > 1:
            leave_out = f"on Scan, leave out the servers of all but one, with {self.key_of('scan.select')}"
            return [
                words.state(Mood.BAD, "Several clusters under one name: their CAs differ."),
                words.remedy(leave_out),
            ]
        return [words.plain("  New nodes join this cluster.")]

    def _renamed_note(self, environment: Environment) -> list[Content]:
        """`int` and `staging` are two names for one thing, and not one environment."""
        other = environment.other_name
        if other is None:
            return []
        called = "Newer" if environment.name == "int" else "Older"
        said = f"{called} sugarkube images call it “{other.name}”, under another advert: "
        parts = [Content(""), words.muted(f"{said}the nodes of one cluster must use one name.")]
        if servers := len(self.session.scan.survey.servers_of(other)):
            parts.append(words.state(Mood.WARN, f"{words.plural(servers, 'server')} of {other} on this LAN"))
        return parts

    def _strangers_note(self, environment: Environment) -> list[Content]:
        parts: list[Content] = []
        for problem in self.session.strangers(environment):
            parts += [words.state(Mood.BAD, problem.what), words.remedy(problem.remedy), Content("")]
        return parts

    # -- keys

    def _read(self) -> Environment:
        return Environment(self.answer, self._cluster)

    def keep(self) -> None:
        try:
            self.session.answers.choose(environment=self._read())
        except InvalidInput:
            return  # what is half typed is no answer yet

    def action_proceed(self) -> None:
        if self.asks_for_text():
            return
        try:
            environment = self._read()
            self.session.answers.token(environment)
        except InvalidInput as error:
            self.tell(error)
            return
        self.session.answers.choose(environment=environment)
        self.go_on()


def _length_note(environment: Environment) -> list[Content | str]:
    if not environment.label_too_long:
        return []
    return [
        "",
        Content.assemble(("▲ ", "$text-warning"), "this advert type is longer than the standard's 15"),
        "  characters; Avahi carries it nevertheless",
    ]
