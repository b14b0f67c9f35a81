"""Diagnostics: what a report about the program should hold, on one screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.engine.ports import Lan
from sugarkube_tui.store.paths import private, replace_file
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.logview.excerpt import Excerpt
from sugarkube_tui.tui.state import diagnosis
from sugarkube_tui.tui.state.diagnosis import Part
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.words import Mood
from sugarkube_tui.tui.workstation import Workstation

FILE = "diagnostics.txt"


class Diagnostics(Dialog[None]):
    """Versions, terminal, network and paths; as text to copy or save."""

    KEY_GROUP = "Diagnostics"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, lan: Lan, workstation: Workstation) -> None:
        super().__init__()
        self._lan = lan
        self._workstation = workstation
        self._agent = "asking …"
        self._interfaces: tuple[Interface, ...] = ()

    def heading(self) -> Content:
        return Content("Diagnostics")

    def body(self) -> Iterable[Widget]:
        yield Pane("", "parts")
        hint = "{diagnostics.copy} copies this as text   {diagnostics.save} saves it   Esc closes"
        yield Static(self.wizard.key_names.fill(hint), classes="hint", markup=False)

    async def on_mount(self) -> None:
        self._interfaces = await self._lan.interfaces()
        self.query_one(Pane).focus()
        self._draw()
        self.run_worker(self._ask_agent(), exit_on_error=False)

    async def _ask_agent(self) -> None:
        self._agent = diagnosis.agent_words(await self._workstation.count_agent_keys())
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _parts(self) -> list[Part]:
        wizard = self.wizard
        size = (wizard.size.width, wizard.size.height)
        colours = "none: NO_COLOR" if wizard.no_color else str(wizard.console.color_system)
        signs = "ASCII" if wizard.ascii_only else "Unicode"
        return [
            diagnosis.versions(),
            diagnosis.terminal_part(wizard.terminal, size, colours, signs, wizard.theme),
            diagnosis.network_part(self._interfaces, self._agent),
            diagnosis.settings_part(wizard.settings),
            diagnosis.paths_part(self._workstation.paths),
        ]

    def _draw(self) -> None:
        lines: list[Content | str] = []
        for part in self._parts():
            lines += [words.strong(part.title)]
            lines += [words.pair(f"  {name}", value, 15) for name, value in part.rows]
            lines.append("")
        self.query_one(Pane).show(lines[:-1])

    def action_copy(self) -> None:
        lines = diagnosis.as_text(self._parts()).splitlines()
        self.wizard.copy(Excerpt("the diagnostics", tuple(lines)))

    def action_save(self) -> None:
        file = self._workstation.paths["state"] / FILE
        try:
            private(file.parent)
            replace_file(file, diagnosis.as_text(self._parts()))
        except OSError as error:
            told = words.state(Mood.BAD, f"not saved: {error}")
        else:
            told = words.state(Mood.GOOD, f"saved: {file}")
        self.query_one(".hint", Static).update(told)

    def action_close(self) -> None:
        self.dismiss(None)
