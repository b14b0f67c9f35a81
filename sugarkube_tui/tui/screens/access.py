"""Access: how to log in, tried on all selected hosts at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.access import Entry, HostAccess
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

HOSTS = (
    Column("Host", 14),
    Column("Address", 15),
    Column("Login", 15),
    Column("Who it is", 22, grow=4),
)
MOODS = {Entry.UNTRIED: Mood.IDLE, Entry.TRYING: Mood.BUSY, Entry.IN: Mood.GOOD, Entry.FAILED: Mood.BAD}


class AccessScreen(WizardScreen):
    """The form goes for every host that is not in yet, so hosts may have different logins."""

    STAGE = Stage.ACCESS
    LEAD = "How do we log in?  Keys are tried first, then the password."
    BINDINGS: ClassVar[list[BindingType]] = bindings("Access")

    def body(self) -> Iterable[Widget]:
        form = self.session.access.form
        with Vertical(classes="box", id="login") as box:
            box.border_title = Content("Login for the hosts that are not in yet")
            with Horizontal(classes="fields"):
                yield Label("User", classes="name")
                yield Field(form.user, id="user", compact=True)
                yield Label("Identity file", classes="name second")
                yield Field(form.identity, id="identity", placeholder="agent and default keys", compact=True)
            with Horizontal(classes="fields"):
                yield Label("Password", classes="name")
                yield Field(
                    form.password,
                    id="password",
                    password=True,
                    placeholder="only without a key",
                    compact=True,
                )
                yield Label("sudo password", classes="name second")
                yield Field(
                    form.sudo_password,
                    id="sudo_password",
                    password=True,
                    placeholder="the password, if asked",
                    compact=True,
                )
        with Vertical(classes="box", id="hosts-box") as box:
            box.border_title = Content("Hosts")
            yield Table(HOSTS, widget_id="hosts")
        yield Pane("Host", "detail")

    def ready(self) -> None:
        if self.session.access.all_in:
            self.query_one("#hosts", Table).take_focus()
        else:
            self.query_one("#user", Input).focus()
        self._asked = False

    # -- drawing

    def draw(self) -> None:
        access = self.session.access
        hosts = list(access.hosts.values())
        entered = sum(one.entry is Entry.IN for one in hosts)
        if access.all_in:
            verdict = words.state(Mood.GOOD, f"{entered} of {len(hosts)} in: Enter goes on")
        elif access.busy:
            verdict = words.state(Mood.BUSY, f"logging in, {entered} of {len(hosts)} in")
        elif any(one.entry is Entry.FAILED for one in hosts):
            said = f"{entered} of {len(hosts)} in: correct it, Enter retries (o: leave out)"
            verdict = words.state(Mood.BAD, said)
        else:
            verdict = words.muted(f"Enter logs in to {words.plural(len(hosts), 'host')}")
        self.lead(Content.assemble("How do we log in?  ", verdict))
        table = self.query_one("#hosts", Table)
        table.show([_row(one) for one in hosts], empty="no host is left: Esc goes back to the scan")
        self._place_focus()
        self._draw_detail()

    def _place_focus(self) -> None:
        """Once the answers are there, be where the next key press is wanted."""
        access = self.session.access
        if not self._asked or access.busy:
            return
        self._asked = False
        failed = next((one for one in access.hosts.values() if one.entry is Entry.FAILED), None)
        table = self.query_one("#hosts", Table)
        if failed is not None:
            table.highlight(failed.name)
        field = _wanted(failed)
        if field:
            # What is typed next is most likely a password: it must not be taken for keys of the list.
            self.query_one(field, Input).focus()
        else:
            table.take_focus()

    def _draw_detail(self) -> None:
        one = self.session.access.hosts.get(self.query_one("#hosts", Table).highlighted)
        pane = self.query_one("#detail", Pane)
        if one is None:
            pane.show([], "Host")
            return
        parts: list[Content | str] = []
        if one.problem is not None:
            parts += words.evidence(one.problem)
        elif one.facts is not None:
            access = one.facts.access
            parts += [
                words.pair("Host key", access.host_key or "not told"),
                words.pair("Host name", access.hostname),
                words.pair("System", f"{access.os_name}, {access.architecture}"),
                words.pair(
                    "Hardware",
                    f"{words.model(access.model)}, {access.memory_mb} MiB memory, "
                    f"{access.free_mb / 1000:.0f} GB free",
                ),
                words.pair("Login", f"{one.login.user}, answered in {words.ms(one.ms)}"),
                words.muted("The host key is pinned from now on; a change stops that node."),
            ]
        elif one.entry is Entry.TRYING:
            parts.append(f"logging in to {one.login.user}@{one.host.address}, reading facts …")
        else:
            parts.append(words.muted("Nothing was tried yet; nothing on it is changed by logging in."))
        pane.show(parts, one.name)

    # -- keys

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._draw_detail()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id is not None:
            setattr(self.session.access.form, event.input.id, event.value)

    def action_proceed(self) -> None:
        access = self.session.access
        if access.all_in:
            self.go_on()
        elif not access.busy:
            self._test(all_again=False)

    def action_again(self) -> None:
        if not self.session.access.busy:
            self._test(all_again=True)

    def _test(self, *, all_again: bool) -> None:
        try:
            self.session.access.test(all_again=all_again)
        except InvalidInput as error:
            self.tell(error)
            return
        self._asked = True
        self.tell(None)

    def action_leave_out(self) -> None:
        name = self.query_one("#hosts", Table).highlighted
        if name:
            self.session.leave_out(name)

    def action_back(self) -> None:
        self.session.access.stop()
        super().action_back()


def _wanted(failed: HostAccess | None) -> str:
    """The field whose answer would mend the failure; empty when no password would."""
    if failed is None or failed.problem is None:
        return ""
    said = f"{failed.problem.what} {failed.problem.remedy}".lower()
    if "password" not in said:
        return ""
    return "#sudo_password" if "sudo" in said else "#password"


def _row(one: HostAccess) -> Row:
    if one.problem is not None:
        told = words.plain(one.problem.what)
    elif one.facts is not None:
        told = words.plain(words.model(one.facts.access.model))
    else:
        told = Content("")
    return Row(
        one.name,
        (
            words.strong(one.name),
            words.plain(one.host.address),
            words.state(MOODS[one.entry], one.entry.value),
            told,
        ),
    )
