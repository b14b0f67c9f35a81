"""A host that is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.typed import TypedHost, parse_host
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.notice import Notice


class AddHost(Dialog[TypedHost | None]):
    """Takes a host as it is typed; None when none is to be added."""

    KEY_GROUP = "Add host"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def heading(self) -> Content:
        return Content("Add a host")

    def body(self) -> Iterable[Widget]:
        yield Static("Name or IP address, for example sugarkube4.local or 192.168.1.23", markup=False)
        yield Static("With a login of its own: pi@sugarkube4.local:2222", classes="hint", markup=False)
        yield Field(placeholder="[user@]name-or-address[:port]", id="host", compact=True)
        yield Notice()
        yield Static("Enter adds it   Esc cancels", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            typed = parse_host(event.value, "Host")
        except InvalidInput as error:
            self.query_one(Notice).show_problem(evidence_of(error))
            return
        self.dismiss(typed)

    def action_cancel(self) -> None:
        self.dismiss(None)
