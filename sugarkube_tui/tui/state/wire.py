"""The wire: mDNS packets as they pass, the last ones of them, as lines of a log."""

from __future__ import annotations

from sugarkube_tui.engine.log import Kind, Log, LogEntry
from sugarkube_tui.engine.ports import WireLine

WIRE_LINES = 500


class Wire:
    """What was captured.

    Attributes:
        log: one entry for each packet: vantage, what it says; its "step" is the vantage.
        vantages: where packets were captured, in the order in which they came.
    """

    def __init__(self) -> None:
        self.log = Log(lines=WIRE_LINES)
        self.vantages: list[str] = []

    def write(self, line: WireLine, began_s: float) -> None:
        """Take down a packet of a capture that began at `began_s`."""
        if line.vantage not in self.vantages:
            self.vantages.append(line.vantage)
        at_s = began_s + line.at_ms / 1000
        self.log.write(LogEntry(at_s, Kind.OUTPUT, line.vantage, f"{line.vantage:<16}  {line.text}"))
