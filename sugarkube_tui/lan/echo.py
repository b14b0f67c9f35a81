"""Whether our own questions come back to us: if not, something on this computer stops multicast."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sugarkube_tui.cluster.sightings import EchoHeard
from sugarkube_tui.lan.interfaces import Link
from sugarkube_tui.lan.outbox import Outbox
from sugarkube_tui.lan.tap import Tap, is_question


class Echoes:
    """Listens on each interface until it has heard one of this workstation's questions there.

    Args:
        links: one of each interface is enough.
    """

    def __init__(self, links: Iterable[Link], outbox: Outbox) -> None:
        self.note = ""
        self._outbox = outbox
        self._taps: dict[str, Tap] = {}
        links = tuple(links)
        self._own = {link.address for link in links}
        for name, link in {link.name: link for link in links}.items():
            try:
                self._taps[name] = Tap(link, self._listener(name))
            except OSError as error:
                self.note = f"whether our own questions come back on {name} cannot be heard: {error.strerror}"

    def close(self) -> None:
        for tap in self._taps.values():
            tap.close()

    def _listener(self, name: str) -> Callable[[bytes, str], None]:
        def heard(packet: bytes, sender: str) -> None:
            if sender in self._own and is_question(packet):
                self._taps[name].close()
                self._outbox.tell(EchoHeard(name, self._outbox.at_ms))

        return heard
