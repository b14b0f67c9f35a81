"""Scan: what is on the LAN, and which of it is to become the cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.token import short_hash
from sugarkube_tui.engine.events import Evidence
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.screens.dialogs import AddHost
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.scan import Answering, ApiLook
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

HOSTS = (
    Column("Use", 5),
    Column("Host", 16, grow=3),
    Column("Address", 15),
    Column("k3s", 17, grow=1),
    Column("Seen", 7),
    Column("Evidence", 24, grow=2, wide=True),
)
ADVERTS = (
    Column("Environment", 14, grow=1),
    Column("Server", 18, grow=3),
    Column("Role", 7),
    Column("API", 18),
    Column("CA", 10),
)


class ScanScreen(WizardScreen):
    """Two live tables, and at wide widths the evidence for the highlighted host."""

    STAGE = Stage.SCAN
    LEAD = "Which hosts shall form the cluster?"
    BINDINGS: ClassVar[list[BindingType]] = bindings("Scan")

    def body(self) -> Iterable[Widget]:
        with Horizontal():
            with Vertical(id="tables"):
                with Vertical(classes="box", id="hosts-box") as box:
                    box.border_title = Content("Hosts")
                    yield Table(HOSTS, widget_id="hosts")
                with Vertical(classes="box", id="adverts-box") as box:
                    box.border_title = Content("k3s adverts")
                    yield Table(ADVERTS, widget_id="adverts")
            yield Pane("Evidence", "evidence")

    def ready(self) -> None:
        self.query_one("#hosts", Table).take_focus()

    def always_draws(self) -> bool:
        return not self.session.scan.survey.hosts

    # -- drawing

    def status(self) -> Content:
        if not self.has_class("-wide"):
            return super().status()  # the way through the wizard is worth more than a count
        scan = self.session.scan
        where = "demo LAN · " if self.session.world.simulated else ""
        found = f"{words.plural(len(scan.hosts), 'host')} in {words.ms(scan.last_ms)}" if scan.hosts else "…"
        return words.muted(f"{where}{found}")

    def draw(self) -> None:
        scan = self.session.scan
        hosts = scan.hosts
        selected = scan.selected
        if hosts:
            self.lead(
                Content.assemble(
                    f"{self.LEAD}  ", (f"{words.plural(len(selected), 'host')} selected", "bold $text-accent")
                )
            )
        else:
            self.lead(self.LEAD)
        self.query_one("#hosts", Table).show(
            [self._host_row(host) for host in hosts], empty=self._nothing() if not hosts else ""
        )
        adverts = scan.survey.adverts
        self.query_one("#adverts", Table).show(
            [self._advert_row(advert) for advert in adverts],
            empty="none heard: no server of this cluster is on the LAN yet",
        )
        self._draw_evidence()
        if scan.error is not None:
            self.tell(scan.error)

    def _host_row(self, host: Host) -> Row:
        selected = self.session.scan.is_selected(host)
        mark = words.state(Mood.GOOD, "yes") if selected else words.state(Mood.IDLE, "no")
        environments = dict.fromkeys(str(advert.environment) for advert in host.adverts)
        k3s = words.plain(", ".join(environments)) if environments else words.muted("none heard")
        return Row(
            host.name,
            (
                mark,
                words.strong(host.short_name) if selected else words.plain(host.short_name),
                words.plain(next(iter(host.addresses), "no address")),
                k3s,
                words.muted(words.ms(host.seen_ms)),
                words.muted(", ".join(host.evidence)),
            ),
        )

    def _advert_row(self, advert: Advert) -> Row:
        look = self.session.scan.api(advert)
        return Row(
            f"{advert.environment} {advert.host} {advert.role} {advert.instance}",
            (
                words.plain(str(advert.environment)),
                words.plain(f"{advert.host.removesuffix('.local') or advert.instance}:{advert.port}"),
                words.plain(advert.role or "none"),
                _api(look),
                words.plain(short_hash(look.ca_hash) if look.ca_hash else "…"),
            ),
        )

    def _nothing(self) -> str:
        scan = self.session.scan
        looked = (
            f"Asked for {', '.join(scan.interest.names[:2])} … {scan.interest.names[-1]}, ssh and k3s adverts"
        )
        if not scan.quiet:
            return f"Listening on the LAN …\n\n{looked}."
        return (
            f"✖ Nothing found after {scan.listened:.0f} s\n\n{looked}.\n\nLikely causes\n"
            "  · the Pis are off, still booting, or have another host name\n"
            "  · this workstation is on another network, or a VPN is up\n"
            "  · the switch, access point or a firewall drops multicast (UDP 5353)\n\n"
            "a adds a host by name or address   r looks again"
        )

    def _draw_evidence(self) -> None:
        host = self.session.scan.host(self.query_one("#hosts", Table).highlighted)
        pane = self.query_one("#evidence", Pane)
        if host is None:
            pane.show([], "Evidence")
            return
        parts: list[Content | str] = [
            words.muted("Name"),
            f"  {host.name}",
            *(f"  also {alias}" for alias in host.aliases),
            "",
            words.muted("Addresses"),
            *(f"  {address}" for address in host.addresses or ("none yet",)),
            *([f"  MAC {host.mac}"] if host.mac else []),
            "",
            words.muted("Why we believe it"),
            *(f"  {piece}" for piece in host.evidence),
            f"  first seen after {words.ms(host.seen_ms)}",
            "",
            words.muted("k3s adverts"),
        ]
        for advert in host.adverts:
            parts.append(f"  {advert.environment} {advert.role} port {advert.port}")
            parts += [Content.assemble((f"  ▲ {issue}", "$text-warning")) for issue in advert.problems]
            look = self.session.scan.api(advert)
            if look.why:
                parts.append(words.muted(f"  {look.why}"))
        if not host.adverts:
            parts.append("  none")
        pane.show(parts, f"Evidence: {host.short_name}")

    # -- keys

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

    def _added(self, host: str | None) -> None:
        if host:
            self.tell(None)
            self.session.scan.add(host)
            self.query_one("#hosts", Table).highlight(host)

    def action_proceed(self) -> None:
        hosts = self.session.scan.selected
        if not hosts:
            self.tell(
                Evidence(
                    "no host is selected", remedy="Space selects the highlighted host; a adds one by name"
                )
            )
            return
        self.session.access.choose(hosts)
        self.go_on()


def _api(look: ApiLook) -> Content:
    match look.answering:
        case Answering.ASKING:
            return words.state(Mood.WAIT, "asking")
        case Answering.ANSWERS:
            return words.state(Mood.GOOD, f"answers {words.ms(look.ms)}")
        case Answering.SILENT:
            return words.state(Mood.BAD, "silent")
