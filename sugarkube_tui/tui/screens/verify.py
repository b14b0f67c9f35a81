"""Verify: is the cluster there?  Every server climbs the same ladder, seen from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.engine.events import Evidence
from sugarkube_tui.engine.ports import KubeNode
from sugarkube_tui.engine.verify import Check, Held, Rung
from sugarkube_tui.tui import words
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.screens.base import WizardScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

HEADS = {
    Rung.ADVERT: "Advert",
    Rung.TXT: "TXT",
    Rung.RESOLVES: "Name",
    Rung.PORT: "6443",
    Rung.TLS: "TLS",
    Rung.CA: "CA",
    Rung.READY: "Ready",
}
SERVERS = (Column("Server", 11, grow=2), *(Column(head, 7, grow=1) for head in HEADS.values()))
NODES = (Column("Node", 12, grow=2), Column("State", 10), Column("Roles", 14, grow=3), Column("Version", 13))
MOODS = {Held.YES: Mood.GOOD, Held.NO: Mood.BAD, Held.UNKNOWN: Mood.IDLE}


class VerifyScreen(WizardScreen):
    """Servers by rungs, the highlighted server's ladder, and the nodes that Kubernetes lists."""

    STAGE = Stage.VERIFY
    BINDINGS: ClassVar[list[BindingType]] = bindings("Verify")

    def body(self) -> Iterable[Widget]:
        with Vertical(classes="box", id="servers-box") as box:
            box.border_title = Content("Servers")
            yield Table(SERVERS, widget_id="servers", empty="no server is expected")
        with Horizontal(id="lower"):
            yield Pane("Ladder", "ladder")
            with Vertical(classes="box", id="nodes-box") as box:
                box.border_title = Content("Nodes in Kubernetes")
                yield Table(NODES, widget_id="nodes")

    def ready(self) -> None:
        self.query_one("#servers", Table).take_focus()
        self.session.prove()

    # -- drawing

    def draw(self) -> None:
        proving = self.session.proving
        self.lead(self._verdict())
        hosts = sorted(proving.checks, key=natural)
        self.query_one("#servers", Table).show([self._row(host) for host in hosts])
        nodes = proving.proof.nodes if proving.proof is not None else ()
        ordered = sorted(nodes, key=lambda node: natural(node.name))
        self.query_one("#nodes", Table).show(
            [_node_row(node) for node in ordered],
            empty="asking …" if proving.running else "Kubernetes could not be asked",
        )
        self._draw_ladder()
        if proving.error is not None:
            self.tell(proving.error)
        elif proving.proof is not None and proving.proof.problem:
            self.tell(Evidence(proving.proof.problem))

    def _verdict(self) -> Content:
        proving = self.session.proving
        environment = str(self.session.environment)
        proof = proving.proof
        if proof is None:
            if proving.running:
                return words.state(Mood.BUSY, f"{environment}: looking afresh, from outside …")
            return words.state(Mood.BAD, f"{environment}: could not look; r looks again")
        seen = f"{proof.seen} of {words.plural(len(proof.servers), 'server')} seen"
        ready = sum(node.state == "Ready" for node in proof.nodes)
        nodes = f"{ready} of {words.plural(len(proof.nodes), 'node')} Ready"
        self.set_class(proof.ok, "-good")
        if proof.ok:
            return words.state(Mood.GOOD, f"{environment} is there: {seen}, {nodes}")
        return words.state(Mood.BAD, f"{environment} is not proved: {seen}, {nodes}; r looks again")

    def _row(self, host: str) -> Row:
        checks = self.session.proving.checks[host]
        cells = [self._cell(checks.get(rung)) for rung in Rung]
        return Row(host, (words.strong(host.removesuffix(".local")), *cells))

    def _cell(self, check: Check | None) -> Content:
        if check is None:
            return words.state(Mood.WAIT, "…") if self.session.proving.running else words.muted("·")
        took = f" {words.brief_ms(check.ms)}" if check.ms and check.held is Held.YES else ""
        word = {Held.YES: "ok", Held.NO: "no", Held.UNKNOWN: "open"}[check.held]
        mood = MOODS[check.held]
        if took and not self.has_class("-wide"):
            return Content.assemble((f"{mood.glyph}{took}", mood.colour))
        return Content.assemble((f"{mood.glyph} {word}", mood.colour), (took, words.MUTED))

    def _draw_ladder(self) -> None:
        host = self.query_one("#servers", Table).highlighted
        checks = self.session.proving.checks.get(host, {})
        parts: list[Content] = []
        for rung in Rung:
            check = checks.get(rung)
            if check is None:
                parts.append(words.muted(f"· {rung.value}"))
                continue
            mood = MOODS[check.held]
            parts.append(
                Content.assemble((f"{mood.glyph} {rung.value:<18}", mood.colour), words.plain(check.seen))
            )
            if check.remedy:
                parts.append(words.remedy(check.remedy))
        self.query_one("#ladder", Pane).show(
            parts, f"Ladder: {host.removesuffix('.local')}" if host else "Ladder"
        )

    # -- keys

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        if event.table.id == "servers":
            self._draw_ladder()

    def action_again(self) -> None:
        self.tell(None)
        self.session.prove()

    def action_run(self) -> None:
        self.session.proving.stop()
        self.wizard.go(Stage.RUN)

    def action_back(self) -> None:
        self.action_run()

    def action_proceed(self) -> None:
        self.wizard.finish()


def _node_row(node: KubeNode) -> Row:
    mood = Mood.GOOD if node.state == "Ready" else Mood.BAD
    return Row(
        node.name,
        (
            words.strong(node.name),
            words.state(mood, node.state),
            words.plain(", ".join(node.roles) or "agent"),
            words.muted(node.version),
        ),
    )
