"""Which nodes do well as servers, and what speaks against the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from sugarkube_tui.cluster.facts import AccessFacts, NodeFacts

SERVER_MEMORY_MB = 1_800
"""k3s documentation asks for 2 GB on a server; a "2 GB" Pi reports somewhat less."""


class Doubt(StrEnum):
    """What speaks against a node as a server."""

    LITTLE_MEMORY = "little memory"
    SD_CARD = "SD card"


def doubts(access: AccessFacts, *, embedded_etcd: bool) -> tuple[Doubt, ...]:
    """What speaks against this node as a server, with etcd or with SQLite."""
    found = []
    if 0 < access.memory_mb < SERVER_MEMORY_MB:
        found.append(Doubt.LITTLE_MEMORY)
    if embedded_etcd and access.on_sd_card:
        found.append(Doubt.SD_CARD)
    return tuple(found)


def fittest_first(names: Iterable[str], nodes: Mapping[str, NodeFacts]) -> tuple[str, ...]:
    """These nodes, those that do best as servers first; among equals their order stays."""
    return tuple(sorted(names, key=lambda name: len(doubts(nodes[name].access, embedded_etcd=True))))


def moved(names: Iterable[str], name: str, by: int) -> tuple[str, ...]:
    """These names with one of them `by` places further down; it stops at either end."""
    order = list(names)
    place = order.index(name)
    order.insert(min(max(0, place + by), len(order) - 1), order.pop(place))
    return tuple(order)
