"""By which means the scan looks: layers, interfaces, and the networks that it may sweep."""

from __future__ import annotations

from dataclasses import replace

from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import Interface
from sugarkube_tui.cluster.subnets import swept_from
from sugarkube_tui.engine.ports import Interest, Lan
from sugarkube_tui.store.consents import Consents


class Means:
    """What is switched on.  The sweep is, but only goes through networks that the operator allowed.

    Attributes:
        layers: those that are on.
        unused: names of interfaces that are off.
        interfaces: all that there were at the last look.
    """

    def __init__(self, lan: Lan, consents: Consents) -> None:
        self.layers = frozenset(Layer)
        self.unused: frozenset[str] = frozenset()
        self.interfaces: tuple[Interface, ...] = ()
        self._lan = lan
        self._consents = consents

    async def find_interfaces(self) -> None:
        """Cables are plugged in, and VPNs come and go."""
        self.interfaces = await self._lan.interfaces()

    def applied_to(self, interest: Interest) -> Interest:
        """The same interest, by these means."""
        used = tuple(interface.name for interface in self.used)
        return replace(
            interest,
            layers=self.layers if self.sweeping else self.layers - {Layer.SWEEP},
            interfaces=tuple(dict.fromkeys(used)) if self.unused else (),
            networks=self.sweeping,
        )

    @property
    def used(self) -> tuple[Interface, ...]:
        return tuple(interface for interface in self.interfaces if interface.name not in self.unused)

    # -- switching

    def switch_layer(self, layer: Layer) -> None:
        self.layers ^= {layer}

    def switch_interface(self, name: str) -> bool:
        """Switch an interface on or off; the last one stays on.

        Returns:
            whether it was switched.
        """
        unused = self.unused ^ {name}
        if all(interface.name in unused for interface in self.interfaces):
            return False
        self.unused = unused
        return True

    # -- sweeping

    @property
    def sweepable(self) -> tuple[str, ...]:
        """The networks that a sweep would go through, in CIDR form."""
        networks = (swept_from(interface) for interface in self.used)
        return tuple(dict.fromkeys(network for network in networks if network))

    @property
    def not_allowed(self) -> tuple[str, ...]:
        """Those of them that have to be asked about."""
        return tuple(network for network in self.sweepable if not self._consents.sweep(network))

    @property
    def refused(self) -> bool:
        """The operator has said no to one of them before."""
        return any(self._consents.sweep(network) is False for network in self.sweepable)

    @property
    def sweeping(self) -> tuple[str, ...]:
        """Those of them that the next look goes through."""
        if Layer.SWEEP not in self.layers:
            return ()
        return tuple(network for network in self.sweepable if self._consents.sweep(network))

    def answer_sweep(self, networks: tuple[str, ...], allowed: bool) -> str:
        """Take the operator's answer; a yes also switches the sweep on.

        Returns:
            why the answer is not kept for later; empty when it is.
        """
        self._consents.answer_sweep(networks, allowed)
        if allowed:
            self.layers |= {Layer.SWEEP}
        return self._consents.problem
