"""A host key that has changed: both keys, what it can mean, and a confirmation that is typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from sugarkube_tui.cluster.errors import KeyChange
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.notice import Notice
from sugarkube_tui.tui.words import Mood


class TrustKey(Dialog[bool]):
    """True when the host's name was typed: the key that it shows now is to be trusted."""

    KEY_GROUP = "Trust key"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, name: str, address: str, change: KeyChange) -> None:
        super().__init__()
        self._host, self._address, self._change = name, address, change

    def heading(self) -> Content:
        return words.plain(f"{self._host} shows another host key than before")

    def body(self) -> Iterable[Widget]:
        with VerticalScroll():
            yield Static(words.lines(self._told()), markup=False)
        yield Static(words.plain(f"Type {self._host} to trust the key that it shows now:"), classes="ask")
        yield Field(id="typed", compact=True)
        yield Notice()
        yield Static("Esc leaves it as it is: nothing is sent to that host", classes="hint")

    def _told(self) -> list[Content | str]:
        change = self._change
        before = [
            words.pair("Before" if index == 0 else "", fingerprint, 7)
            for index, fingerprint in enumerate(dict.fromkeys(key for key, _ in change.expected))
        ]
        places = ", ".join(dict.fromkeys(place for _, place in change.expected))
        return [
            *before,
            words.pair("Now", Content.assemble((change.shown, "bold $text-warning")), 7),
            words.muted(f"Before: {places}"),
            words.muted(f"Now:    {self._address}, {change.algorithm}"),
            "",
            words.state(Mood.GOOD, "Right if you wrote its card anew, or replaced the Pi."),
            words.state(Mood.BAD, "Else another machine answers there, which could read all"),
            "  that we send: an address given away, somebody in between.",
            words.muted("To compare, on its own screen:"),
            words.muted("  for k in /etc/ssh/*.pub; do ssh-keygen -lf $k; done"),
            words.muted("Replaces our pin of this host; ~/.ssh/known_hosts stays."),
        ]

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip().lower() == self._host.lower():
            self.dismiss(True)
            return
        self.query_one(Notice).show_problem(
            Evidence(f"that is not {self._host}", remedy=f"type {self._host}, or Esc to leave it as it is")
        )

    def action_cancel(self) -> None:
        self.dismiss(False)
