"""Scan: what is on the LAN, and which of it is to become the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.cluster.advert import API_PORT, Advert
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.findings import Finding, Kind
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.sightings import Layer
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.cluster.typed import TypedHost
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.add_host import AddHost
from sugarkube_tui.tui.dialogs.where_to_look import AskSweep, WhereToLook
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.texts.evidence import (
    advert_parts,
    api_state,
    concerns_advert,
    finding_line,
    host_parts,
    mood_of,
)
from sugarkube_tui.tui.texts.silence import silence_parts
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.widgets.warnings import Warnings
from sugarkube_tui.tui.words import Mood

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
NOTES = {
    Kind.SPLIT_BRAIN: "split brain",
    Kind.NOT_THE_TOKENS: "not yours",
    Kind.STALE: "stale",
    Kind.SEVERAL_ADVERTS: "several",
    Kind.WRONG_RECORDS: "wrong TXT",
    Kind.MANGLED: "mangled",
    Kind.LONG_LABEL: "long label",
    Kind.RENAMED: "renamed",
    Kind.CLONED: "cloned",
    Kind.SHARED_NAME: "shared name",
    Kind.JOIN_LOCK: "joining",
}
"""Findings in a column's width; the evidence tells the whole."""
WARNING_ROWS = {"-squat": 2, "-low": 4, "-high": 8}
"""Rows for findings, by the height of the screen."""
REFRESH_S = 0.5
"""Seconds between two looks at whether what is known of an API has become too old."""
AGES_S = 5.0


class ScanScreen(WizardScreen):
    """Hosts and adverts as they come, what is wrong on this LAN, and the evidence for the highlighted row.

    The evidence is beside the tables where there is room, else `e` shows it in their place.
    """

    STAGE = Stage.SCAN
    LEAD = "Which hosts shall form the cluster?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Scan")

    def __init__(self) -> None:
        super().__init__()
        self._subject = "hosts"
        self._drawn_at = -1

    def body(self) -> Iterable[Widget]:
        if tour := self.session.world.tour:
            yield Static(words.pair("Demo", tour.shows, 5), classes="tour shows", markup=False)
            yield Static(words.pair("Try", tour.hint, 5), classes="tour", markup=False)
        silence = Pane("Looking", "silence")
        silence.border_subtitle = self._keys("add_host", "sweep", "look", "rescan")
        yield silence
        with Horizontal(id="found"):
            with Vertical(id="tables"):
                with Vertical(classes="box", id="hosts-box") as box:
                    box.border_subtitle = self._keys("rescan", "sweep", "evidence")
                    yield Table(HOSTS, widget_id="hosts")
                with Vertical(classes="box", id="adverts-box"):
                    yield Table(ADVERTS, widget_id="adverts")
                yield Warnings("warnings")
            yield Pane("Evidence", "evidence")

    def _keys(self, *actions: str) -> Content:
        return Content("   ".join(f"{self.key_of(f'scan.{one}')} {one.replace('_', ' ')}" for one in actions))

    def ready(self) -> None:
        self.query_one("#silence", Pane).focus()
        self.set_interval(REFRESH_S, self.session.scan.refresh)

    def always_draws(self) -> bool:
        """Ages grow, and silence gets its meaning, by time alone."""
        return self._moment != self._drawn_at

    @property
    def _moment(self) -> int:
        """With hosts on the screen, ages need no more than a look every few seconds."""
        scan = self.session.scan
        return int(scan.listened / (AGES_S if scan.survey.hosts else 1.0))

    # -- drawing

    def status(self) -> Content:
        if not self.has_class("-wide"):
            return super().status()  # the way through the wizard is worth more than a count
        hosts = self.session.scan.hosts
        where = f"{self.lan} · " if self.lan else ""
        took = words.ms(max((host.seen_ms for host in hosts), default=0.0))
        return words.muted(f"{where}{words.plural(len(hosts), 'host')} in {took}" if hosts else f"{where}…")

    def draw(self) -> None:
        scan = self.session.scan
        self._drawn_at = self._moment
        hosts = scan.hosts
        self._show_found(bool(hosts))
        selected = words.plural(len(scan.selected), "host")
        self.lead(
            Content.assemble(f"{self.LEAD}  ", (f"{selected} selected", "bold $text-accent"))
            if hosts
            else self.LEAD
        )
        self.query_one("#silence", Pane).show(
            silence_parts(scan, self.wizard.key_names), "Nothing found" if scan.settled else "Looking"
        )
        self.query_one("#hosts-box").border_title = self._hosts_title()
        self.query_one("#hosts", Table).show([self._host_row(host) for host in hosts])
        self._draw_adverts(scan.survey.adverts, scan.findings)
        self._draw_warnings(scan.findings)
        self._draw_evidence()
        if scan.error is not None:
            self.tell(self._cannot_look(scan.error))

    def _cannot_look(self, error: SugarkubeError) -> Evidence:
        problem = evidence_of(error)
        return replace(problem, remedy=f"{problem.remedy}: {self.key_of('scan.rescan')}")

    def _show_found(self, found: bool) -> None:
        """Tables, or why there is nothing to put into them."""
        if found == self.has_class("-found"):
            return
        self.set_class(found, "-found")
        if found:
            self._focus_table()
            self.call_after_refresh(self._redraw)  # what was hidden has its size only then
        else:
            self._read(False)
            self.query_one("#silence", Pane).focus()

    def _hosts_title(self) -> Content:
        told = self.session.scan.survey.layers.get(Layer.SWEEP)
        if told is None:
            return Content("Hosts")
        return Content(f"Hosts   sweep: {told.counted}")

    def _host_row(self, host: Host) -> Row:
        scan = self.session.scan
        selected = scan.is_selected(host)
        environments = dict.fromkeys(str(advert.environment) for advert in host.adverts)
        evidence = dict.fromkeys((*host.pi_reasons[:1], *(piece.what for piece in host.evidence)))
        return Row(
            host.name,
            (
                words.state(Mood.GOOD, "yes") if selected else words.state(Mood.IDLE, "no"),
                words.strong(host.short_name) if selected else words.plain(host.short_name),
                words.plain(next(iter(host.addresses), "no address")),
                words.state(Mood.GOOD, "Pi") if host.pi_reasons else words.state(Mood.IDLE, "?"),
                words.plain(", ".join(environments)) if environments else words.muted("none heard"),
                words.muted(words.ms(host.seen_ms)),
                words.muted(words.age(scan.listened - host.last_ms / 1000)),
                words.muted(", ".join(evidence)),
            ),
        )

    def _draw_adverts(self, adverts: Sequence[Advert], found: Sequence[Finding]) -> None:
        counts = Counter(str(advert.environment) for advert in adverts if advert.role == "server")
        groups = "".join(f"   {name}: {words.plural(count, 'server')}" for name, count in counts.items())
        self.query_one("#adverts-box").border_title = Content(f"k3s adverts{groups or '   none heard'}")
        before: Advert | None = None
        rows = []
        for advert in adverts:
            begins = before is None or before.environment != advert.environment
            rows.append(self._advert_row(advert, begins, found))
            before = advert
        self.query_one("#adverts", Table).show(
            rows, empty="none heard: no server of this cluster is on the LAN yet"
        )

    def _advert_row(self, advert: Advert, begins: bool, found: Sequence[Finding]) -> Row:
        """Adverts of one environment are below one another; its name stands out at their head."""
        look = self.session.scan.api(advert)
        # Of two clusters under one name, the one that is not ours is the one to know.
        concerning = sorted(
            (one for one in found if concerns_advert(one, advert)),
            key=lambda one: (not one.serious, len(one.hosts)),
        )
        finding = next(iter(concerning), None)
        environment = str(advert.environment)
        port = "" if advert.port == API_PORT else f":{advert.port}"
        return Row(
            _key(advert),
            (
                words.strong(environment) if begins else words.muted(environment),
                words.plain(advert.host.removesuffix(".local") + port),
                api_state(look, advert),
                words.state(mood_of(finding), NOTES[finding.kind]) if finding else words.muted(""),
                words.plain(advert.role or "none"),
                words.plain(short_hash(look.ca_hash) if look.ca_hash else "…"),
            ),
        )

    def _draw_warnings(self, found: Sequence[Finding]) -> None:
        diagnosis = self.session.scan.diagnosis
        lines = [words.state(Mood.WARN, diagnosis.what)] if diagnosis.what else []
        lines += [words.state(Mood.WARN, problem.what) for problem in self.session.strangers()]
        lines += [finding_line(finding) for finding in found]
        rows = next((rows for height, rows in WARNING_ROWS.items() if self.has_class(height)), 0)
        elsewhere = f"{self.key_of('scan.evidence')} reads"
        width = self.query_one("#tables").size.width
        self.query_one(Warnings).show(lines, width, rows, elsewhere)

    def _draw_evidence(self) -> None:
        scan = self.session.scan
        key = self.query_one(f"#{self._subject}", Table).highlighted
        pane = self.query_one("#evidence", Pane)
        if self._subject == "hosts":
            host = scan.host(key)
            parts = host_parts(scan, host) if host is not None else []
            title = host.short_name if host is not None else ""
        else:
            advert = next((one for one in scan.survey.adverts if _key(one) == key), None)
            parts = advert_parts(scan, advert) if advert is not None else []
            title = f"advert of {advert.host}" if advert is not None else ""
        for problem in self.session.strangers():
            parts += [words.state(Mood.WARN, problem.what), f"  {problem.why}", words.remedy(problem.remedy)]
        if scan.diagnosis.what:
            parts += [words.state(Mood.WARN, scan.diagnosis.what)]
            parts += [f"  · {cause}" for cause in scan.diagnosis.causes]
        pane.show(parts, f"Evidence: {title}" if title else "Evidence")

    # -- keys

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self.focused is None:  # the evidence had it, and has no room beside the tables any more
            self._focus_table()
        self._redraw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The evidence is for the table that was used last; where there is little room, it gets all of it."""
        for name in ("hosts", "adverts"):
            if self.query_one(f"#{name}", Table).rows.has_focus and self._subject != name:
                self._subject = name
                self.set_class(name == "adverts", "-adverts")
                self._draw_evidence()

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._draw_evidence()

    def on_table_picked(self, event: Table.Picked) -> None:
        if event.table.id == "hosts":
            self.action_select()

    def action_select(self) -> None:
        self.session.scan.toggle(self.query_one("#hosts", Table).highlighted)
        self.tell(None)

    def action_rescan(self) -> None:
        self.tell(None)
        self.session.scan.start()

    def action_add_host(self) -> None:
        self.wizard.push_screen(AddHost(), self._added)

    def _added(self, typed: TypedHost | None) -> None:
        if typed is not None:
            self.tell(None)
            self.session.scan.add(typed)
            self.query_one("#hosts", Table).highlight(typed.host)

    def action_look(self) -> None:
        self.wizard.push_screen(WhereToLook(self.session.scan), self._looked)

    def _looked(self, changed: bool | None) -> None:
        if changed:
            self.action_rescan()

    def action_sweep(self) -> None:
        means = self.session.scan.means
        if asked := means.not_allowed:
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
        self._read(self.has_class("-found") and not self.has_class("-reading"))

    def action_close_evidence(self) -> None:
        self._read(False)

    def _read(self, reading: bool) -> None:
        """Go into the evidence, or back to where the reader came from."""
        if reading == self.has_class("-reading"):
            return
        self.set_class(reading, "-reading")
        pane = self.query_one("#evidence", Pane)
        end = f"{self.key_of('pane.scroll_end')} all findings   " if self.session.scan.findings else ""
        pane.border_subtitle = Content(f"{end}Esc back" if reading else "")
        if reading:
            pane.focus()
        else:
            self._focus_table()

    def _focus_table(self) -> None:
        self.query_one(f"#{self._subject}", Table).take_focus()

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


def _key(advert: Advert) -> str:
    return f"{advert.environment} {advert.host} {advert.role} {advert.instance}"
