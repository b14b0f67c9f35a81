"""Which pieces of evidence belong to one machine: joined by name and address, by MAC, by SSH host key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """What one piece of evidence says of who it is about; what it does not say is empty."""

    name: str = ""
    addresses: tuple[str, ...] = ()
    mac: str = ""
    host_key: str = ""


def machines(pieces: Sequence[Identity]) -> list[list[int]]:
    """Group pieces by machine, whatever order they came in.

    A name, and an address, belong to one machine.  A MAC address or a host key joins groups of different
    addresses (a Pi on cable and Wi-Fi), but not groups of different `.local` names: cards that were
    cloned share their host key, and a router answers with one MAC address for many.

    Returns:
        Indices of the pieces, group by group.
    """
    groups = _Groups(len(pieces))
    # An address can be a name, too, when it was all that was known.
    for alike in _shared(pieces, lambda piece: (piece.name, *piece.addresses)):
        groups.join(alike)
    names = {root: _local_names(pieces[index] for index in group) for root, group in groups.by_root().items()}
    for marks in (lambda piece: [piece.mac], lambda piece: [piece.host_key]):
        for alike in _shared(pieces, marks):
            together = set[str]().union(*(names[root] for root in {groups.root(i) for i in alike}))
            if len(together) <= 1:
                groups.join(alike)
                names[groups.root(alike[0])] = together
    return list(groups.by_root().values())


def _local_names(pieces: Iterable[Identity]) -> set[str]:
    return {piece.name for piece in pieces if piece.name.endswith(".local")}


def _shared(pieces: Sequence[Identity], marks: Callable[[Identity], Iterable[str]]) -> list[list[int]]:
    """The pieces that have a mark in common, for each mark."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, piece in enumerate(pieces):
        for mark in marks(piece):
            if mark:
                found[mark].append(index)
    return [found[mark] for mark in sorted(found)]


class _Groups:
    """Disjoint sets of the numbers below `count`."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, index: int) -> int:
        while self._parents[index] != index:
            self._parents[index] = index = self._parents[self._parents[index]]
        return index

    def join(self, indices: Iterable[int]) -> None:
        first, *others = indices
        for index in others:
            self._parents[self.root(index)] = self.root(first)

    def by_root(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parents)):
            found[self.root(index)].append(index)
        return found
