"""Verify: is the cluster there?  Every server climbs the same ladder, seen from outside, again and again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.engine.proof import Rung
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.proof_evidence import ProofEvidence
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.logs import LogScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.texts import history, ladder, vantages
from sugarkube_tui.tui.texts.proof import trouble_in, verdict
from sugarkube_tui.tui.widgets.grid import Grid
from sugarkube_tui.tui.widgets.log_pane import LogPane
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

RUNGS = tuple(Rung)
HEADS = {
    Rung.ADVERT: ("Advert", "Adv"),
    Rung.TXT: ("TXT", "TXT"),
    Rung.RESOLVES: ("Name", "Name"),
    Rung.NODES_RESOLVE: ("Nodes", "Nods"),
    Rung.PORT: ("6443", "6443"),
    Rung.NODES_REACH: ("Reach", "Rch"),
    Rung.ETCD: ("Etcd", "Etcd"),
    Rung.TLS: ("TLS", "TLS"),
    Rung.CA: ("CA", "CA"),
    Rung.READY: ("Ready", "Rdy"),
}
# A head stands above the cells' text, which begins after the place for a mark.
SERVERS = (
    Column("Server", 12),
    *(Column(f" {HEADS[rung][0]}", 2, grow=1, short=f" {HEADS[rung][1]}") for rung in RUNGS),
    Column(" Verdict", 13),
)
VANTAGES, WIRE, LOOKS = "vantages", "wire", "looks"
"""What the lowest pane can show: ids of widgets."""


class VerifyScreen(LogScreen):
    """Servers by rungs, the highlighted server's ladder, and below: who hears whom, the packets, or the
    looks so far."""

    STAGE = Stage.VERIFY
    BINDINGS: ClassVar[list[BindingType]] = bindings("Verify")

    def body(self) -> Iterable[Widget]:
        with Vertical(classes="box", id="servers-box"):
            yield Grid(SERVERS, widget_id="servers", empty="no server is expected")
        with Container(id="lower"):
            yield Pane("Ladder", "ladder")
            yield Pane("Who hears whom", VANTAGES, "view")
            with Vertical(classes="box view", id=WIRE):
                yield LogPane(
                    "the wire", stamp="{:8.3f}".format, timed=True, wraps=False
                )  # w is the screen's
            yield Pane("Looks, the newest first", LOOKS, "view")

    def ready(self) -> None:
        self._timed: tuple[int, int] | None = None
        self._show_view(WIRE if self.session.proving.capturing else VANTAGES)
        # Else the first look would count the time that drawing the screen takes as the LAN's.
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.session.prove()
        self._redraw()
        self._grid.take_focus()

    def on_unmount(self) -> None:
        self.session.proving.stop()

    @property
    def _grid(self) -> Grid:
        return self.query_one(Grid)

    @property
    def _rung(self) -> Rung:
        """The one that the cursor is on."""
        return RUNGS[self._grid.column]

    # -- drawing

    def always_draws(self) -> bool:
        return self._timed != self._time_and_room()

    def _time_and_room(self) -> tuple[int, int]:
        """What changes without the session's doing: the seconds to the next look, and the terminal's size."""
        due_in = self.session.proving.due_in
        return (-1 if due_in is None else int(due_in), self._grid.room)

    def status(self) -> Content:
        proving = self.session.proving
        if proving.looking:
            return words.state(Mood.BUSY, "looking afresh")
        if proving.due_in is not None:
            return words.state(Mood.WAIT, f"next look in {proving.due_in:.0f} s")
        return super().status()

    def draw(self) -> None:
        self._timed = self._time_and_room()
        proof = self.session.proving.proof
        self.set_class(self.session.proving.ok, "-good")
        self.lead(verdict(self.session.answers.environment, proof))
        self._draw_servers()
        self._draw_ladder()
        self._draw_view()
        self.tell(trouble_in(proof) if proof is not None else None)

    def _draw_servers(self) -> None:
        proving = self.session.proving
        # Whoever is only seen, perhaps a flood of them, stands below those that must be there.
        expected = {server.host for server in (proving.proof.expected if proving.proof else ())}
        hosts = sorted(
            proving.checks, key=lambda host: (bool(expected) and host not in expected, natural(host))
        )
        self._grid.show([self._row(host) for host in hosts])
        box = self.query_one("#servers-box")
        box.border_title = Content(" · ".join(filter(None, ("Servers", vantages.round_of(proving.proof)))))
        box.border_subtitle = words.plain(self._progress())

    def _progress(self) -> str:
        """What is waited for, or what the last look has brought."""
        proving = self.session.proving
        if proving.looking:
            return f"{proving.note} …"
        if proving.looks:
            listed = f"; {self.key_of('verify.looks')} lists them" if proving.looks[-1].news else ""
            return f"{history.news(proving.looks[-1])}{listed}"
        return ""

    def _row(self, host: str) -> Row:
        proving = self.session.proving
        room = self._grid.room
        cells = [
            ladder.cell(
                proving.checks[host].get(rung),
                room,
                changed=(host, rung) in proving.changed,
                looking=proving.looking,
            )
            for rung in RUNGS
        ]
        verdict = Content.assemble(" ", ladder.verdict(proving.server(host)))
        return Row(host, (words.strong(words.short(host)), *cells, verdict))

    def _draw_ladder(self, *, reveal: bool = False) -> None:
        """Draw the highlighted server's ladder; scroll to the cursor's rung when it has moved."""
        proving = self.session.proving
        host = self._grid.highlighted
        pane = self.query_one("#ladder", Pane)
        server = proving.server(host)
        changes = {rung: change for (of, rung), change in proving.changed.items() if of == host}
        width = pane.scrollable_content_region.width
        parts, at = ladder.lines(proving.checks.get(host, {}), server, changes, self._rung, width)
        pane.show(parts, ladder.title(host, server))
        if reveal:
            pane.reveal(at)

    def _draw_view(self) -> None:
        proving = self.session.proving
        if self._view == WIRE:
            heard_by = ", ".join(proving.wire.vantages) or "waiting for the first packet"
            self.query_one(f"#{WIRE}").border_title = words.plain(f"Wire: {heard_by}")
            self.query_one(LogPane).feed(proving.wire.log)
        elif self._view == LOOKS:
            self.query_one(f"#{LOOKS}", Pane).show(history.lines(proving.looks))
        else:
            self.query_one(f"#{VANTAGES}", Pane).show(vantages.lines(proving.proof))

    # -- which view

    def _show_view(self, view: str) -> None:
        """Show one view instead of the one before; who has read that one reads this one."""
        self._view = view
        views = [self.query_one(f"#{name}") for name in (VANTAGES, WIRE, LOOKS)]
        reading = any(widget.has_focus_within for widget in views)
        for widget in views:
            widget.display = widget.id == view
        if reading:
            (self.query_one(LogPane) if view == WIRE else self.query_one(f"#{view}")).focus()

    def _turn_view(self, view: str) -> None:
        """Show a view; the same key brings back the vantages."""
        self._show_view(VANTAGES if self._view == view else view)
        capturing = self._view == WIRE
        if capturing is not self.session.proving.capturing:
            self.session.proving.capture(capturing)
        self._redraw()

    # -- keys

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._draw_ladder(reveal=True)

    def on_grid_moved(self, event: Grid.Moved) -> None:
        self._draw_ladder(reveal=True)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.action_evidence()

    def action_evidence(self) -> None:
        proving = self.session.proving
        host = self._grid.highlighted
        check = proving.checks.get(host, {}).get(self._rung)
        if check is not None:
            self.wizard.push_screen(ProofEvidence(check, proving.changed.get((host, self._rung))))

    def action_wire(self) -> None:
        self._turn_view(WIRE)

    def action_looks(self) -> None:
        self._turn_view(LOOKS)

    def action_again(self) -> None:
        self.session.proving.again()

    def action_proceed(self) -> None:
        self.wizard.finish()
