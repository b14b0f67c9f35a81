"""Saving text as a file whose name the operator chooses; what is there is not overwritten unasked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.typed import parse_path
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.store.paths import create_file, replace_file
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.dialogs.confirm import Confirm
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.widgets.field import Field
from sugarkube_tui.tui.widgets.notice import Notice


class SaveFile(Dialog[Path | None]):
    """Asks for a file's name and writes it.

    Args:
        title: what is saved.
        says: what the file is good for, in one line.
        name: the name to begin with, in the current directory.
        text: what is written.

    Returns:
        the file that was written; None: none was.
    """

    KEY_GROUP = "Save file"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, title: str, says: str, name: str, text: str) -> None:
        super().__init__()
        self._title, self._says, self._name, self._text = title, says, name, text

    def heading(self) -> Content:
        return Content(self._title)

    def body(self) -> Iterable[Widget]:
        yield Static(self._says, markup=False)
        yield Field(self._name, id="file", compact=True)
        yield Notice()
        yield Static(words.muted(f"in {_here()}, unless the name has a directory"), id="where")
        yield Static("Enter saves it   Esc cancels", classes="hint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self._tell(Evidence("the file has no name yet", remedy=f"for example {self._name}"))
            return
        try:
            path = parse_path(event.value, "File").absolute()
            if path.is_dir():
                raise InvalidInput("this is a directory", where=str(path), remedy="add a file's name")
            create_file(path, self._text)
        except FileExistsError:
            self.app.push_screen(
                Confirm(
                    "Replace the file?", f"{path} is there already.", "replace it", "choose another name"
                ),
                lambda agreed: self._replace(path) if agreed else None,
            )
        except (InvalidInput, OSError, UnicodeEncodeError) as error:
            self._tell(evidence_of(error))
        else:
            self.dismiss(path)

    def _replace(self, path: Path) -> None:
        try:
            replace_file(path, self._text)
        except (OSError, UnicodeEncodeError) as error:
            self._tell(evidence_of(error))
        else:
            self.dismiss(path)

    def _tell(self, problem: Evidence) -> None:
        self.query_one(Notice).show_problem(problem)

    def action_cancel(self) -> None:
        self.dismiss(None)


def _here() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it was removed meanwhile
        return "no directory"
