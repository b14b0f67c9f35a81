"""Address: what joins go through, if not through the first server itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from sugarkube_tui.cluster.choices import api_url, parse_registration_address
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.address import AddressLook, Found
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.words import Mood

MOODS = {
    Found.LOOKING: Mood.WAIT,
    Found.UNKNOWN_NAME: Mood.WARN,
    Found.SILENT: Mood.WARN,
    Found.NO_API: Mood.WARN,
    Found.API: Mood.GOOD,
}


class AddressScreen(WizardScreen):
    """One field; empty is the common answer."""

    STAGE = Stage.ADDRESS
    LEAD = "A virtual IP or load balancer before the servers?  Usually not: Enter."
    BINDINGS: ClassVar[list[BindingType]] = bindings("Address")

    def body(self) -> Iterable[Widget]:
        with Vertical(classes="box", id="address-box") as box:
            box.border_title = Content("Registration address")
            with Horizontal(classes="fields"):
                yield Label("IP or DNS name", classes="name wide")
                yield Field(
                    self.session.choices.registration_address,
                    id="address",
                    placeholder="none: nodes join through the first server",
                    compact=True,
                )
            yield Static(id="look", markup=False)
        yield Pane("What it is used for", "note", "note")

    def ready(self) -> None:
        self.query_one("#address", Input).focus()
        self._look()

    # -- drawing

    def draw(self) -> None:
        self.query_one("#look", Static).update(words.lines(self._found()))
        self.query_one("#note", Pane).show(self._uses())

    def _found(self) -> list[Content | str]:
        try:
            host = self._read()
        except InvalidInput as error:
            return ["", *words.evidence(words.problem_of(error))]
        if not host:
            return ["", words.state(Mood.IDLE, "none: nothing to check")]
        look = self.session.address.look
        if look is None or look.host != host:
            return ["", words.state(Mood.WAIT, Found.LOOKING.value)]
        source = self.session.source_of("registration_address")
        return ["", *_describe(look), *([words.muted(f"  from {source}")] if source else [])]

    def _uses(self) -> list[Content | str]:
        try:
            host = self._read()
        except InvalidInput:
            host = ""
        if not host:
            return [
                "Further servers and agents join through the first server's IP address.",
                "",
                "With an address of your own they join through that, and go on finding the",
                "cluster when the first server is away. sugarkube-tui does not create the",
                "address: kube-vip, keepalived or a load balancer does.",
            ]
        return [
            Content.assemble(("Joins      ", words.MUTED), words.plain(f"through {api_url(host)}")),
            Content.assemble(("Certificate ", words.MUTED), words.plain(f"{host} is added to tls-san")),
            Content.assemble(("First server", words.MUTED), words.plain(" starts without it")),
            "",
            "Before a node joins, the address must answer from that node with this cluster's",
            "CA. When it does not, the run asks: join through the first server instead, check",
            "again, or give that node up.",
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
            self.session.choose(registration_address=host)
        look = self.session.address.look
        if look is None or look.host != host:
            self.session.address.start(host)

    def _read(self) -> str:
        return parse_registration_address(self.query_one("#address", Input).value, "Registration address")

    def action_proceed(self) -> None:
        try:
            self.session.choose(registration_address=self._read())
        except InvalidInput as error:
            self.tell(error)
            return
        self.go_on()


def _describe(look: AddressLook) -> list[Content]:
    parts = [words.state(MOODS[look.found], look.found.value)]
    if look.addresses and look.addresses != (look.host,):
        parts.append(words.plain(f"  {look.host} is {', '.join(look.addresses)}"))
    match look.found:
        case Found.API:
            covered = look.host in look.names
            parts.append(words.plain(f"  CA {short_hash(look.ca_hash)}"))
            parts.append(
                words.plain(f"  its certificate {'covers' if covered else 'does not cover'} {look.host}")
            )
        case Found.SILENT:
            parts.append(words.muted("  in order, if the address comes up with the first server"))
        case Found.UNKNOWN_NAME:
            parts.append(words.muted("  check the spelling; it must be known before nodes join"))
        case Found.NO_API:
            parts.append(words.plain(f"  {look.why or 'no Kubernetes API'}"))
        case Found.LOOKING:
            pass
    return parts
