"""Access: how to log in, tried on all selected hosts at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput, SugarkubeError, Trouble
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.trust_key import TrustKey
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.access import Entry, HostAccess
from sugarkube_tui.tui.state.login_form import LoginForm
from sugarkube_tui.tui.texts.access import host_parts, verdict
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

HOSTS = (
    Column("Host", 14),
    Column("User", 7, grow=1),
    Column("Address", 15, wide=True),
    Column("Login", 12),
    Column("Who it is", 16, grow=4),
)
MOODS = {Entry.UNTRIED: Mood.IDLE, Entry.TRYING: Mood.BUSY, Entry.IN: Mood.GOOD, Entry.FAILED: Mood.BAD}
ANSWERED_IN = {
    Trouble.KEY_REFUSED: "user",
    Trouble.PASSWORD_WANTED: "password",
    Trouble.PASSWORD_REFUSED: "password",
    Trouble.KEY_UNUSABLE: "identity",
    Trouble.TOO_MANY_KEYS: "identity",
    Trouble.KEY_LOCKED: "passphrase",
    Trouble.PASSPHRASE_WRONG: "passphrase",
    Trouble.SUDO_PASSWORD_WANTED: "sudo_password",
    Trouble.SUDO_PASSWORD_REFUSED: "sudo_password",
}
"""The field whose answer mends a trouble; the others are mended elsewhere."""


class AccessScreen(WizardScreen):
    """Logging in begins by itself, with keys.  The form goes for every host that is not in yet, unless
    the highlighted host has one of its own."""

    STAGE = Stage.ACCESS
    LEAD = "How do we log in?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Access")

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        self._typing = False
        self._shown: LoginForm | None = None
        self._hurrying = False

    def body(self) -> Iterable[Widget]:
        with Vertical(classes="box", id="login"):
            yield from _fields(("User", "user", "pi"), ("Password", "password", "only without a key"))
            yield from _fields(
                ("Identity", "identity", "agent, default keys"), ("Passphrase", "passphrase", "of that key")
            )
            yield from _fields(
                ("Port", "port", "22"), ("sudo password", "sudo_password", "the password, if asked")
            )
        with Vertical(classes="box", id="hosts-box") as box:
            box.border_title = Content("Hosts")
            yield Table(HOSTS, widget_id="hosts")
        yield Pane("Host", "detail")

    def ready(self) -> None:
        self.query_one("#hosts", Table).take_focus()
        try:
            self._asked = self.session.access.begin()
            self._hurrying = self.session.keeping.resuming
        except InvalidInput as error:
            self.tell(error)

    # -- drawing

    def draw(self) -> None:
        access = self.session.access
        asked = "" if self.has_class("-slim") else f"{self.LEAD}  "
        told = verdict(access, self.key_of("access.leave_out"), compares=self._compares)
        self.lead(Content.assemble(asked, told))
        table = self.query_one("#hosts", Table)
        table.show(
            [
                _row(one, self.session.answers.environment, own=access.forms.is_own(one.name))
                for one in access.hosts.values()
            ],
            empty="no host is left: Esc goes back to the scan",
        )
        self._place_focus()
        self._draw_form()
        self._draw_detail()
        self._hurry_on()

    def _hurry_on(self) -> None:
        """Who took up a saved plan is asked nothing here, as long as the first logins work."""
        if self._hurrying and not self.session.access.busy:
            self._hurrying = False
            if self.session.access.all_in:
                self.call_after_refresh(self._proceed_if_here)

    def _proceed_if_here(self) -> None:
        if self.is_current:  # else an impatient Enter was faster
            self.action_proceed()

    @property
    def _highlighted(self) -> HostAccess | None:
        return self.session.access.hosts.get(self.query_one("#hosts", Table).highlighted)

    @property
    def _compares(self) -> bool:
        """Enter compares host keys: the highlighted host's has changed, and the list has the focus."""
        one = self._highlighted
        return one is not None and one.change is not None and self.query_one("#hosts", Table).rows.has_focus

    def _draw_form(self) -> None:
        """The form that goes for the highlighted host, and for whom else."""
        access = self.session.access
        name = self.query_one("#hosts", Table).highlighted
        own = access.forms.is_own(name)
        title = f"Login for {name} alone" if own else "Login for the hosts that are not in yet"
        box = self.query_one("#login")
        box.border_title = words.plain(title)
        box.border_subtitle = Content(
            f"{self.key_of('access.own_login')} "
            f"{'as the others' if own else 'a login of its own for this host'}"
        )
        form = access.forms.of(name)
        if form is self._shown:
            return
        self._shown = form
        with self.prevent(Input.Changed):
            for field in box.query(Input):
                field.value = getattr(form, field.id or "")

    def _place_focus(self) -> None:
        """Once the answers are there, be where the next key press is wanted."""
        access = self.session.access
        if not self._asked or access.busy:
            return
        self._asked = False
        if self._typing:
            return  # who types already must not find the rest of it in another field
        table = self.query_one("#hosts", Table)
        failed = [one for one in access.hosts.values() if one.entry is Entry.FAILED]
        first = next((one for one in failed if one.trouble in ANSWERED_IN), next(iter(failed), None))
        if first is not None:
            table.highlight(first.name)
        field = ANSWERED_IN.get(first.trouble) if first is not None and first.trouble is not None else None
        if field is not None:
            # What is typed next is most likely a password: it must not be taken for keys of the list.
            wanted = self.query_one(f"#{field}", Input)
            wanted.focus()
            wanted.action_select_all()  # what was refused is typed over
        else:
            table.take_focus()

    def _draw_detail(self) -> None:
        one = self._highlighted
        parts = host_parts(one, self.session.answers.environment, self.wizard.key_names) if one else []
        self.query_one("#detail", Pane).show(parts, one.name if one else "Host")

    # -- keys

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._redraw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Enter does another thing in the list than in a field."""
        self._redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._typing = True
        if event.input.id is not None and self._shown is not None:
            setattr(self._shown, event.input.id, event.value)

    def action_proceed(self) -> None:
        access = self.session.access
        if access.all_in:
            self.go_on()
        elif access.busy:
            return
        elif self._compares:
            self.action_trust()
        else:
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
        self._asked, self._typing = True, False
        self.tell(None)

    def action_to_hosts(self) -> None:
        self.query_one("#hosts", Table).take_focus()

    def action_own_login(self) -> None:
        """A login of its own for the highlighted host, or the common one again."""
        one = self._highlighted
        if one is None:
            return
        access = self.session.access
        if access.forms.is_own(one.name):
            access.rejoin(one.name)
        else:
            access.separate(one.name)
            self.query_one("#user", Input).focus()
        self._redraw()

    def action_trust(self) -> None:
        one = self._highlighted
        if one is None or one.change is None:
            return
        dialog = TrustKey(one.name, one.host.address, one.change)
        self.wizard.push_screen(dialog, lambda typed: self._trust_if(one.name, typed))

    def _trust_if(self, name: str, typed: bool | None) -> None:
        if not typed:
            return
        try:
            self.session.access.trust(name)
        except SugarkubeError as error:
            self.tell(error)
            return
        self._asked, self._typing = True, False
        self.tell(None)

    def action_leave_out(self) -> None:
        name = self.query_one("#hosts", Table).highlighted
        if name:
            self.session.leave_out(name)
            self._redraw()

    def action_back(self) -> None:
        self.session.access.stop()
        super().action_back()


def _fields(*fields: tuple[str, str, str]) -> Iterable[Widget]:
    """A row of fields: label, name in the form, placeholder."""
    with Horizontal(classes="fields"):
        for index, (label, name, placeholder) in enumerate(fields):
            yield Label(label, classes="name second" if index else "name")
            yield Field(
                id=name,
                password=name.startswith("pass") or name == "sudo_password",
                placeholder=placeholder,
                compact=True,
            )


def _row(one: HostAccess, environment: Environment, *, own: bool) -> Row:
    if one.problem is not None:
        told = words.plain(one.trouble.value if one.trouble else one.problem.what)
    elif one.facts is not None and one.facts.k3s.environment not in ("", str(environment)):
        told = words.state(Mood.WARN, f"in {one.facts.k3s.environment}")
    elif one.facts is not None:
        told = words.plain(words.model(one.facts.access.model))
    else:
        told = Content("")
    tried = one.entry is not Entry.UNTRIED
    return Row(
        one.name,
        (
            words.strong(one.name),
            words.plain(f"{one.login.user}{'*' if own else ''}" if tried else "*" if own else ""),
            words.plain(one.host.address),
            words.state(MOODS[one.entry], one.entry.value),
            told,
        ),
    )
