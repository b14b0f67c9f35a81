"""Small dialogs over a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from sugarkube_tui.cluster.choices import parse_registration_address
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.engine.joining import Answer, Question
from sugarkube_tui.tui import keys, words
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.notice import Notice
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.widgets.too_small import TooSmall


class Confirm(ModalScreen[bool]):
    """A question that is answered with one key; Enter never says yes to what cannot be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, title: str, text: str, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(self._title)
            yield Static(self._text, markup=False)
            yield Static(
                Content.assemble(
                    ("y", "bold $text-accent"),
                    f"  {self._yes}\n",
                    ("n", "bold $text-accent"),
                    f"  {self._no}",
                ),
                classes="answers",
            )
        yield TooSmall()

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class AskOperator(ModalScreen[Answer | None]):
    """What the run does not decide by itself.  Escape leaves the question open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Answer", id="question.take"),
        Binding("escape", "later", "Later", id="question.later"),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        question = self._question
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(f"{question.node} asks")
            parts = [words.strong(question.what), *(words.plain(line) for line in question.why.splitlines())]
            yield Static(words.lines(parts), classes="question")
            yield Table([Column("What now?", 30, grow=1)], widget_id="answers")
            yield Static("Enter takes the highlighted answer   Esc decides later", classes="hint")
        yield TooSmall()

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.show([Row(answer.value, (Content(answer.value),)) for answer in self._question.answers])
        table.take_focus()

    def on_table_picked(self, event: Table.Picked) -> None:
        self.action_take()

    def action_take(self) -> None:
        key = self.query_one(Table).highlighted
        if key:
            self.dismiss(Answer(key))

    def action_later(self) -> None:
        self.dismiss(None)


class AddHost(ModalScreen[str]):
    """Takes a host name or address; empty when nothing is to be added."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", id="add_host.cancel")]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content("Add a host")
            yield Static("Name or IP address, for example sugarkube4.local or 192.168.1.23", markup=False)
            yield Field(placeholder="sugarkube4.local", id="host", compact=True)
            yield Notice()
            yield Static("Enter adds it   Esc cancels", classes="hint")
        yield TooSmall()

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            host = parse_registration_address(event.value, "Host")
        except InvalidInput as error:
            problem = InvalidInput(
                error.what, remedy="give only the name or address, without user, https:// and port"
            )
            self.query_one(Notice).show_problem(words.problem_of(problem))
            return
        self.dismiss(host)

    def action_cancel(self) -> None:
        self.dismiss("")


class Help(ModalScreen[None]):
    """The keys of a screen, from the one registry of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,enter,q", "close", "Close", id="help.close")
    ]

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = Content(f"Keys on {self._stage}")
            with VerticalScroll():
                yield Static(_key_table(keys.help_rows(self._stage)))
            yield Static("Esc closes", classes="hint")
        yield TooSmall()

    def action_close(self) -> None:
        self.dismiss(None)


def _key_table(rows: Sequence[tuple[str, str]]) -> Content:
    width = max(len(key) for key, _ in rows)
    return words.lines(
        Content.assemble((key.ljust(width), "bold $text-accent"), f"  {says}") for key, says in rows
    )
