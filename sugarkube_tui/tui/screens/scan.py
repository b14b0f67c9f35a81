"""Scan: what is on the LAN, and which of it is to become the cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.words import Mood

if TYPE_CHECKING:  # not before there is something to put into them: the first frame comes sooner
    from sugarkube_tui.cluster.typed import TypedHost
    from sugarkube_tui.tui.state.scan import Scan
    from sugarkube_tui.tui.widgets.found import Found
    from sugarkube_tui.tui.widgets.table import Table

SILENT_KEYS = "{scan.add_host} add host   {scan.sweep} sweep   {scan.look} look   {scan.rescan} rescan"
REFRESH_S = 0.5
"""Seconds between two looks at whether what is known of an API has become too old."""
AGES_S = 5.0


class ScanScreen(WizardScreen):
    """Hosts and adverts as they come, what is wrong on this LAN, and the evidence for the highlighted row.

    The tables are made when there is something to put into them.
    """

    STAGE = Stage.SCAN
    LEAD = "Which hosts shall form the cluster?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Scan")

    def __init__(self) -> None:
        super().__init__()
        self._found: Found | None = None
        self._wanted = ""
        self._drawn_at = -1

    def body(self) -> Iterable[Widget]:
        if tour := self.session.world.tour:
            yield Static(words.pair("Demo", tour.shows, 5), classes="tour shows", markup=False)
            yield Static(words.pair("Try", tour.hint, 5), classes="tour", markup=False)
        silence = Pane("Looking", "silence")
        silence.border_subtitle = Content(self.wizard.key_names.fill(SILENT_KEYS))
        yield silence

    def ready(self) -> None:
        self.query_one("#silence", Pane).focus()
        self.set_interval(REFRESH_S, self._refresh)

    def _refresh(self) -> None:
        if self.session.has_scan:
            self.session.scan.refresh()

    def always_draws(self) -> bool:
        """Ages grow, and silence gets its meaning, by time alone."""
        return self.session.has_scan and self._moment != self._drawn_at

    @property
    def _moment(self) -> int:
        """With hosts on the screen, ages need no more than a look every few seconds."""
        scan = self.session.scan
        return int(scan.listened / (AGES_S if scan.survey.hosts else 1.0))

    # -- drawing

    def status(self) -> Content:
        if not self.session.has_scan or not self.has_class("-wide"):
            return super().status()  # the way through the wizard is worth more than a count
        hosts = self.session.scan.hosts
        where = f"{self.lan} · " if self.lan else ""
        took = words.ms(max((host.seen_ms for host in hosts), default=0.0))
        return words.muted(f"{where}{words.plural(len(hosts), 'host')} in {took}" if hosts else f"{where}…")

    def draw(self) -> None:
        if self.session.has_scan:
            self._draw_scan(self.session.scan)
        else:  # it begins behind the first frame
            begins = words.state(Mood.BUSY, "Listening on the LAN …")
            self.query_one("#silence", Pane).show([begins], "Looking")

    def _draw_scan(self, scan: Scan) -> None:
        self._drawn_at = self._moment
        hosts = scan.hosts
        self._show_found(bool(hosts))
        selected = words.plural(len(scan.selected), "host")
        self.lead(
            Content.assemble(f"{self.LEAD}  ", (f"{selected} selected", "bold $text-accent"))
            if hosts
            else self.LEAD
        )
        if not hosts:
            self._draw_silence(scan)
        if self._found is not None:
            self._found.show(self.session.strangers())
        if scan.error is not None:
            self.tell(self._cannot_look(scan.error))

    def _draw_silence(self, scan: Scan) -> None:
        from sugarkube_tui.tui.texts.silence import silence_parts

        title = "Nothing found" if scan.settled else "Looking"
        self.query_one("#silence", Pane).show(silence_parts(scan, self.wizard.key_names), title)

    def _cannot_look(self, error: SugarkubeError) -> Evidence:
        problem = evidence_of(error)
        return replace(problem, remedy=f"{problem.remedy}: {self.key_of('scan.rescan')}")

    def _show_found(self, found: bool) -> None:
        """Tables, or why there is nothing to put into them."""
        if found == self.has_class("-found"):
            return
        if not found:
            self._read(False)
        self.set_class(found, "-found")
        if not found:
            self.query_one("#silence", Pane).focus()
        elif self._found is None:
            self.call_next(self._make_tables)
        else:
            self._begin_tables(self._found)

    async def _make_tables(self) -> None:
        from sugarkube_tui.tui.widgets.found import Found

        if self.is_left:
            return
        found = Found(self.session.scan)
        await self.query_one("#body").mount(found)
        chosen = next((host.name for host in self.session.scan.selected), "")
        found.hosts.highlight(self._wanted or chosen)
        self._found = found
        if self.has_class("-found") and not self.is_left:  # still
            self._redraw()  # a table without rows hides them, and they lose the focus by that
            self._begin_tables(found)

    def _begin_tables(self, found: Found) -> None:
        found.take_focus()
        self.call_after_refresh(self._redraw)  # what was hidden has its size only then

    # -- keys

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self.focused is None and self._found is not None:
            self._found.take_focus()  # the evidence had it, and has no room beside the tables any more
        self._redraw()

    def on_table_picked(self, event: Table.Picked) -> None:
        if event.table.id == "hosts":
            self.action_select()

    def action_select(self) -> None:
        if self._found is not None:
            self.session.scan.toggle(self._found.hosts.highlighted)
            self.tell(None)

    def action_rescan(self) -> None:
        self.tell(None)
        self.session.scan.start()

    def action_add_host(self) -> None:
        from sugarkube_tui.tui.dialogs.add_host import AddHost

        self.wizard.push_screen(AddHost(), self._added)

    def _added(self, typed: TypedHost | None) -> None:
        if typed is not None:
            self.tell(None)
            self.session.scan.add(typed)
            self._wanted = typed.host
            if self._found is not None:
                self._found.hosts.highlight(typed.host)

    def action_look(self) -> None:
        from sugarkube_tui.tui.dialogs.where_to_look import WhereToLook

        self.wizard.push_screen(WhereToLook(self.session.scan), self._looked)

    def _looked(self, changed: bool | None) -> None:
        if changed:
            self.action_rescan()

    def action_sweep(self) -> None:
        means = self.session.scan.means
        if asked := means.not_allowed:
            from sugarkube_tui.tui.dialogs.where_to_look import AskSweep

            self.wizard.push_screen(
                AskSweep(asked, self.key_of("scan.sweep")), lambda allowed: self._sweep_if(asked, allowed)
            )
        elif means.sweepable:
            self._sweep()
        else:
            self.tell(
                Evidence("there is no network to sweep", "no interface that is in use has a private network")
            )

    def _sweep_if(self, networks: tuple[str, ...], allowed: bool | None) -> None:
        if allowed is None:
            return
        problem = self.session.scan.means.answer_sweep(networks, allowed)
        if allowed:
            self._sweep()
        if problem:
            self.tell(Evidence(problem))

    def _sweep(self) -> None:
        """Look afresh, with the sweep."""
        self.session.scan.means.layers |= {Layer.SWEEP}
        self.action_rescan()

    def action_evidence(self) -> None:
        self._read(self._found is not None and not self._found.reading)

    def action_close_evidence(self) -> None:
        self._read(False)

    def _read(self, reading: bool) -> None:
        if self._found is not None and self.has_class("-found"):
            self._found.read(reading)

    def action_proceed(self) -> None:
        hosts = self.session.scan.selected
        if not hosts:
            self.tell(
                Evidence(
                    "no host is selected",
                    remedy=f"{self.key_of('scan.select')} selects the highlighted host; "
                    f"{self.key_of('scan.add_host')} adds one by name",
                )
            )
            return
        self.session.choose_hosts(hosts)
        self.go_on()
