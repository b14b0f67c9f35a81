"""Where to look: layers and interfaces, what each has told so far, and the question before a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from sugarkube_tui.cluster.layers import LAYER_TITLES, Layer
from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.cluster.subnets import count_hosts
from sugarkube_tui.tui import words
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.dialogs.confirm import Confirm
from sugarkube_tui.tui.keys import bindings
from sugarkube_tui.tui.state.scan import Scan
from sugarkube_tui.tui.widgets.table import Column, Row, Table
from sugarkube_tui.tui.words import Mood

DRAWS_PER_S = 4
COLUMNS = (Column("Use", 5), Column("Where", 20), Column("So far", 21, grow=1))
LAYER_SAYS = {
    Layer.ADVERTS: "Asks by multicast which services there are: k3s, SSH, SFTP, workstations.",
    Layer.NAMES: "Asks by multicast for the addresses of the names that Pis are expected to have.",
    Layer.REVERSE: "Asks by multicast for the names of addresses that were found otherwise.",
    Layer.NEIGHBOURS: "Reads this workstation's table of MAC addresses; nothing is sent.",
    Layer.SSH: "Reads banner and host key of the hosts that were found; logs in nowhere.",
    Layer.SWEEP: "Connects to port 22 of every address of the subnet; asked for once, then remembered.",
    Layer.GIVEN: "Looks up hosts that you typed, or named in a file or in ~/.ssh/config.",
}


class AskSweep(Confirm):
    """Asks before doors are knocked at that nobody mentioned.

    Args:
        again: the key that asks once more.
    """

    def __init__(self, networks: tuple[str, ...], again: str) -> None:
        where = " and ".join(
            f"each of the {count_hosts(network)} addresses of {network}" for network in networks
        )
        super().__init__(
            "Sweep the subnet?",
            f"Connects to port 22 of {where}, and reads the SSH server's greeting. At most 64 "
            "connections are open at a time; it logs in nowhere.\n\n"
            f"Your answer is remembered: later scans sweep there by themselves, or not. {again} asks again.",
            "yes, sweep it, now and in later scans",
            "no",
        )


class WhereToLook(Dialog[bool]):
    """One row for each layer and each interface; each can be switched on and off.

    Returns:
        whether something was changed.
    """

    KEY_GROUP = "Where to look"
    BINDINGS: ClassVar[list[BindingType]] = bindings(KEY_GROUP)

    def __init__(self, scan: Scan) -> None:
        super().__init__()
        self._scan = scan
        self._before = scan.interest
        self._hint = ""

    def heading(self) -> Content:
        return Content("Where to look")

    def body(self) -> Iterable[Widget]:
        yield Table(COLUMNS, widget_id="where")
        yield Static(id="says", markup=False)
        hint = "{where_to_look.switch} switches on or off   Esc closes; a change looks afresh"
        yield Static(self.wizard.key_names.fill(hint), classes="hint", markup=False)

    async def on_mount(self) -> None:
        await self._scan.means.find_interfaces()
        self._draw()
        self.query_one(Table).take_focus()
        self.set_interval(1 / DRAWS_PER_S, self._draw)

    # -- drawing

    def _draw(self) -> None:
        means = self._scan.means
        self.query_one(Table).show(
            [
                *(self._layer_row(layer) for layer in Layer),
                *(self._interface_row(interface) for interface in means.interfaces),
            ]
        )
        self.query_one("#says", Static).update(self._says())

    def _layer_row(self, layer: Layer) -> Row:
        return Row(
            f"layer {layer}",
            (_use(self._is_on(layer)), words.plain(LAYER_TITLES[layer]), self._layer_cost(layer)),
        )

    def _is_on(self, layer: Layer) -> bool:
        means = self._scan.means
        return bool(means.sweeping) if layer is Layer.SWEEP else layer in means.layers

    def _layer_cost(self, layer: Layer) -> Content:
        told = self._scan.survey.layers.get(layer)
        if told is None:
            return words.muted(self._untold(layer))
        found = sum(
            any(evidence.layer is layer for evidence in host.evidence) for host in self._scan.survey.hosts
        )
        took = f", {words.ms(told.ms)}" if told.ms is not None else ""
        mark = Content.assemble(("▲ ", "$text-warning")) if told.note else Content("")
        cost = f"{told.counted}{took}, {words.plural(found, 'host')}"
        return Content.assemble(mark, words.plain(cost))

    def _untold(self, layer: Layer) -> str:
        means = self._scan.means
        if layer is Layer.SWEEP and means.not_allowed:
            return "you said no; asks again" if means.refused else "asks first"
        return "nothing yet"

    def _interface_row(self, interface: Interface) -> Row:
        survey = self._scan.survey
        if interface not in survey.interfaces:
            heard = words.muted("not listening")
        elif interface.name in survey.echoes:
            heard = words.state(Mood.GOOD, "hears itself")
        else:
            heard = words.state(Mood.WARN, "no own echo")
        return Row(
            f"interface {interface.name}",
            (
                _use(interface.name not in self._scan.means.unused),
                words.plain(f"{interface.name} {interface.address}"),
                Content.assemble(words.plain(f"{interface.network}  "), heard),
            ),
        )

    def _says(self) -> Content:
        if self._hint:
            return Content.assemble((f"▲ {self._hint}", "$text-warning"))
        kind, name = self._highlighted
        if kind == "interface":
            return words.muted(
                "Questions are sent there, and come back to us unless something here blocks multicast."
            )
        if not name:
            return Content("")
        layer = Layer(name)
        told = self._scan.survey.layers.get(layer)
        note = (
            Content.assemble((f"  ▲ {words.plain(told.note).plain}", "$text-warning"))
            if told and told.note
            else ""
        )
        return Content.assemble(words.muted(LAYER_SAYS[layer]), note)

    # -- keys

    @property
    def _highlighted(self) -> tuple[str, str]:
        """`layer` or `interface`, and which."""
        kind, _, name = self.query_one(Table).highlighted.partition(" ")
        return kind, name

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        self._hint = ""
        self._draw()

    def on_table_picked(self, event: Table.Picked) -> None:
        self.action_switch()

    def action_switch(self) -> None:
        kind, name = self._highlighted
        means = self._scan.means
        self._hint = ""
        if kind == "interface":
            if not means.switch_interface(name):
                self._hint = "one interface has to stay"
        elif name == Layer.SWEEP and not means.sweeping:
            self._switch_sweep_on()
        elif name:
            means.switch_layer(Layer(name))
        self._draw()

    def _switch_sweep_on(self) -> None:
        means = self._scan.means
        if asked := means.not_allowed:
            self.app.push_screen(
                AskSweep(asked, self.wizard.key_names["scan.sweep"]),
                lambda allowed: self._answered(asked, allowed),
            )
        elif means.sweepable:
            means.switch_layer(Layer.SWEEP)
        else:
            self._hint = "no interface is in a private network"

    def _answered(self, networks: tuple[str, ...], allowed: bool | None) -> None:
        if allowed is not None:
            self._hint = self._scan.means.answer_sweep(networks, allowed)
        self._draw()

    def action_close(self) -> None:
        self.dismiss(self._scan.interest != self._before)


def _use(on: bool) -> Content:
    return words.state(Mood.GOOD, "yes") if on else words.state(Mood.IDLE, "no")
