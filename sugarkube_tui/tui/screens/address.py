"""Address: what joins go through, if not through the first server itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sugarkube_tui.cluster.address_checks import Answer, Check, Held, address_cautions, checks
from sugarkube_tui.cluster.choices import Role, api_url, parse_registration_address
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.words import Mood

MOODS = {Held.YES: Mood.GOOD, Held.NO: Mood.BAD, Held.NOT_YET: Mood.WAIT, Held.UNKNOWN: Mood.IDLE}


class AddressScreen(WizardScreen):
    """One field; empty is the common answer."""

    STAGE = Stage.ADDRESS
    LEAD = "A virtual IP or load balancer in front?  Usually not: Enter."
    BINDINGS: ClassVar[list[BindingType]] = bindings("Address")

    def body(self) -> Iterable[Widget]:
        with Vertical(classes="box", id="address-box") as box:
            box.border_title = Content("Registration address")
            with Horizontal(classes="fields"):
                yield Label("IP or DNS name", classes="name wide")
                yield Field(
                    self.session.answers.choices.registration_address,
                    id="address",
                    placeholder="none: through the first server",
                    compact=True,
                )
            yield Static(id="look", markup=False)
        yield Pane("What it is used for", "note", "note")

    def ready(self) -> None:
        self.query_one("#address", Input).focus()
        self.session.address.start(self.session.answers.choices.registration_address)

    # -- drawing

    def draw(self) -> None:
        self.query_one("#look", Static).update(words.lines(self._found()))
        self.query_one("#note", Pane).show(self._uses())

    def _found(self) -> list[Content | str]:
        try:
            host = self._read()
        except InvalidInput as error:
            return ["", *words.evidence(evidence_of(error))]
        if not host:
            return ["", words.state(Mood.IDLE, "none: nothing to check")]
        answer = self.session.address.answer
        if answer is None or answer.host != host:
            answer = Answer(host)
        source = self.session.answers.source_of("registration_address")
        ca_hash = self.session.roles.ca_hash
        return [
            "",
            *map(_check, checks(answer, ca_hash)),
            *([words.muted(f"from {source}")] if source else []),
        ]

    def _uses(self) -> list[Content | str]:
        try:
            host = self._read()
        except InvalidInput:
            host = ""
        if not host:
            return [
                "Further servers and agents join through the first server's IP address.",
                "",
                "With an address of your own they join through that, and go on finding the "
                "cluster when the first server is away. sugarkube-tui does not create the "
                "address: kube-vip, keepalived or a load balancer does.",
                "",
                words.muted("Chosen later, it counts for nodes that join from then on."),
            ]
        cautions = [
            words.state(Mood.WARN, said) for said in address_cautions(host, self.session.access.facts)
        ]
        return [
            *cautions,
            words.pair("Joins", f"through {api_url(host)}", 12),
            words.pair("Certificate", f"{host} is added to tls-san", 12),
            *self._first_server(),
            "",
            "Before a node joins, the address must answer from that node with this cluster's CA. "
            "When it does not, the run asks: join through the first server instead, check again, "
            "or give that node up.",
        ]

    def _first_server(self) -> list[Content | str]:
        """Why it is in order that nothing answers yet."""
        assignments = self.session.roles.assignments
        first = next((name for name, one in assignments.items() if one.goal.role is Role.FIRST_SERVER), "")
        if not first:
            return []
        return [
            words.pair("First server", f"{first} starts without it: nothing needs to answer before", 12),
            words.pair("", "it runs. Bring the address up then, for example with kube-vip.", 12),
        ]

    # -- keys

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.tell(None)
        self._look()
        self._redraw()

    def _look(self) -> None:
        try:
            host = self._read()
        except InvalidInput:
            host = ""
        else:
            self.session.answers.choose(registration_address=host)
        answer = self.session.address.answer
        if answer is None or answer.host != host:
            self.session.address.start(host)

    def _read(self) -> str:
        return parse_registration_address(self.query_one("#address", Input).value, "Registration address")

    def on_unmount(self) -> None:
        self.session.address.stop()

    def action_proceed(self) -> None:
        try:
            self.session.answers.choose(registration_address=self._read())
        except InvalidInput as error:
            self.tell(error)
            return
        self.go_on()


def _check(check: Check) -> Content:
    mood = MOODS[check.held]
    return Content.assemble(words.state(mood, f"{check.title:<12}"), words.plain(f" {check.said}"))
