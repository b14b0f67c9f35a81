"""Layers: the ways to find hosts."""

from __future__ import annotations

from enum import StrEnum


class Layer(StrEnum):
    """One way to find hosts; the value is its name on the command line."""

    ADVERTS = "adverts"  # DNS-SD services
    NAMES = "names"  # expected names, asked for their addresses
    REVERSE = "reverse"  # addresses, asked for their names
    NEIGHBOURS = "neighbours"  # the kernel's table of MAC addresses
    SSH = "ssh"  # banner and host key of hosts that were found otherwise
    SWEEP = "sweep"  # port 22 of every address of a subnet
    GIVEN = "given"  # typed by hand, from a file or from ~/.ssh/config


LAYER_TITLES = {
    Layer.ADVERTS: "adverts (DNS-SD)",
    Layer.NAMES: "expected names",
    Layer.REVERSE: "names of addresses",
    Layer.NEIGHBOURS: "neighbour table",
    Layer.SSH: "SSH banner and key",
    Layer.SWEEP: "port-22 sweep",
    Layer.GIVEN: "given by you",
}

USUAL_LAYERS = frozenset(Layer) - {Layer.SWEEP}
"""All but the sweep, which knocks at doors that nobody mentioned and wants to be asked for."""
