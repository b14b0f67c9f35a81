"""What was found on the LAN: hosts, adverts, what is wrong, and the evidence for the highlighted row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.tui.key_names import key_names
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.texts.found import (
    advert_rows,
    adverts_title,
    evidence_parts,
    host_cells,
    hosts_title,
    warning_lines,
)
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.widgets.warnings import Warnings

if TYPE_CHECKING:
    from sugarkube_tui.cluster.plan import Problem

HOSTS = (
    Column("Use", 5),
    Column("Host", 12, grow=3),
    Column("Address", 15),
    Column("Pi", 4),
    Column("k3s", 10, grow=1),
    Column("Seen", 7, wide=True),
    Column("Last", 6, wide=True),
    Column("Evidence", 18, grow=4, wide=True),
)
ADVERTS = (
    Column("Environment", 10, grow=1, short="Env"),
    Column("Server", 10, grow=3),
    Column("API", 16),
    Column("Note", 13),
    Column("Role", 6, wide=True),
    Column("CA", 9, wide=True),
)
KEYS = "{scan.rescan} rescan   {scan.sweep} sweep   {scan.evidence} evidence"
WARNING_ROWS = {"-squat": 2, "-low": 4, "-high": 8}
"""Rows for findings, by the height of the screen."""


class Found(Horizontal):
    """The evidence is beside the tables where there is room, else in their place while it is read.

    Attributes:
        hosts: the table of hosts.
    """

    def __init__(self, scan: Scan) -> None:
        super().__init__(id="found")
        self._scan = scan
        self._strangers: Sequence[Problem] = ()
        self.hosts = Table(HOSTS, widget_id="hosts")
        self._adverts = Table(ADVERTS, widget_id="adverts")
        self._used = self.hosts
        self._warnings = Warnings("warnings")
        self._evidence = Pane("Evidence", "evidence")

    def compose(self) -> ComposeResult:
        with Vertical(id="tables"):
            with Vertical(classes="box", id="hosts-box") as box:
                box.border_subtitle = Content(key_names(self).fill(KEYS))
                yield self.hosts
            with Vertical(classes="box", id="adverts-box"):
                yield self._adverts
            yield self._warnings
        yield self._evidence

    def show(self, strangers: Sequence[Problem]) -> None:
        """Draw what is known now.

        Args:
            strangers: chosen hosts that belong to another environment.
        """
        scan, self._strangers = self._scan, strangers
        self.query_one("#hosts-box").border_title = hosts_title(scan)
        self.hosts.show([Row(host.name, host_cells(scan, host)) for host in scan.hosts])
        self.query_one("#adverts-box").border_title = adverts_title(scan.survey.adverts)
        self._adverts.show(
            [Row(_key(advert), cells) for advert, cells in advert_rows(scan)],
            empty="none heard: no server of this cluster is on the LAN yet",
        )
        rows = next((rows for height, rows in WARNING_ROWS.items() if self.screen.has_class(height)), 0)
        width = self.query_one("#tables").size.width
        elsewhere = f"{key_names(self)['scan.evidence']} reads"
        self._warnings.show(warning_lines(scan, strangers), width, rows, elsewhere)
        self._show_evidence()

    def _show_evidence(self) -> None:
        self._evidence.show(*evidence_parts(self._scan, self._subject, self._strangers))

    @property
    def _subject(self) -> Host | Advert | None:
        """What the evidence is for: the highlighted row of the table that was used last."""
        key = self._used.highlighted
        if self._used is self.hosts:
            return self._scan.host(key)
        return next((one for one in self._scan.survey.adverts if _key(one) == key), None)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The evidence is for the table that was used last; where there is little room, it gets all of it."""
        for table in (self.hosts, self._adverts):
            if table.rows.has_focus and table is not self._used:
                self._used = table
                self.set_class(table is self._adverts, "-adverts")
                self._show_evidence()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._show_evidence()

    def take_focus(self) -> None:
        self._used.take_focus()

    @property
    def reading(self) -> bool:
        """Somebody reads the evidence."""
        return self.has_class("-reading")

    def read(self, reading: bool) -> None:
        """Go into the evidence, or back to where the reader came from."""
        if reading == self.reading:
            return
        self.set_class(reading, "-reading")
        end = f"{key_names(self)['pane.scroll_end']} all findings   " if self._scan.findings else ""
        self._evidence.border_subtitle = Content(f"{end}Esc back" if reading else "")
        if reading:
            self._evidence.focus()
        else:
            self.take_focus()


def _key(advert: Advert) -> str:
    return f"{advert.environment} {advert.host} {advert.role} {advert.instance}"
