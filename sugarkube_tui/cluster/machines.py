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

    A name belongs to one machine.  An address joins a name to another one whose addresses include all of
    its own: aliases have the same addresses, while two machines between which a virtual address has moved
    have others, too.  A MAC address or a host key joins groups of different addresses (a Pi on cable and
    Wi-Fi), but not groups of different `.local` names: cloned cards share their host key, and a router
    answers with one MAC address for many.

    Returns:
        Indices of the pieces, group by group.
    """
    groups = _Groups(len(pieces))
    for alike in _shared(pieces, lambda piece: [piece.name]):
        groups.join(alike)
    _join_aliases(groups, pieces)
    # What is known by its address alone goes to the one that has it; a name can be an address, too.
    for marks in (
        lambda piece: (piece.name, *piece.addresses),
        lambda piece: [piece.mac],
        lambda piece: [piece.host_key],
    ):
        _join_unless_named_differently(groups, pieces, marks)
    return list(groups.by_root().values())


def _join_aliases(groups: _Groups, pieces: Sequence[Identity]) -> None:
    """Join each name to the only one that has all of its addresses, and perhaps more."""
    addresses: dict[int, frozenset[str]] = {}
    for root, group in groups.by_root().items():
        if _local_names(pieces[index] for index in group):
            addresses[root] = frozenset(a for index in group for a in pieces[index].addresses)
    known = sorted(set(addresses.values()), key=lambda found: (len(found), sorted(found)))
    for found in known:
        larger = [other for other in known if found < other]
        widest = [other for other in larger if not any(other < another for another in larger)]
        goal = widest[0] if len(widest) == 1 else found
        if found:
            groups.join([root for root, own in addresses.items() if own in (found, goal)])


def _join_unless_named_differently(
    groups: _Groups, pieces: Sequence[Identity], marks: Callable[[Identity], Iterable[str]]
) -> None:
    names = {root: _local_names(pieces[index] for index in group) for root, group in groups.by_root().items()}
    aliases = {name: root for root, own in names.items() for name in own}
    for alike in _shared(pieces, marks):
        roots = {groups.root(index) for index in alike}
        together = set[str]().union(*(names[root] for root in roots))
        if len({groups.root(aliases[name]) for name in together}) <= 1:
            groups.join(alike)
            names[groups.root(alike[0])] = together


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
