"""One key binding: what it is called, how it is written, and which keys it has in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Keymap = Mapping[str, str]
"""Names of bindings, and Textual's names of their keys, separated by commas."""

_NAMES = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One binding.

    Attributes:
        keys: Textual's key names, separated by commas.
        action: what it does, without `action_`; empty: a widget does it, and it is listed for the help only.
        label: for the footer.
        says: for the help screen.
        shown: it is in the footer.
        display: how the key is written in the footer; empty: as its name.
        id: for remapping; empty: made from group and action.
        essential: it keeps the built-in keys beside those of the settings file.
        moves: it only moves within a widget, as it does everywhere: the help has one line for all of these.
    """

    keys: str
    action: str
    label: str
    says: str
    shown: bool = True
    display: str = ""
    id: str = ""
    essential: bool = False
    moves: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Textual's names of the keys, one by one."""
        return tuple(filter(None, self.keys.split(",")))

    @property
    def written(self) -> str:
        """All its keys, as they are printed on keyboards."""
        if not self.action and self.display:
            return self.display
        return written(self.names)


def written(names: tuple[str, ...]) -> str:
    """`? F1` for `question_mark` and `f1`."""
    return " ".join(map(_written, names))


def _written(name: str) -> str:
    *modifiers, key = name.split("+")
    short = _NAMES.get(key) or (key if len(key) == 1 else key.replace("_", " ").capitalize())
    return "+".join([*(modifier.capitalize() for modifier in modifiers), short])


def key_id(group: str, key: Key) -> str:
    """What a binding is called in the settings file, such as `scan.rescan`."""
    if key.id:
        return key.id
    action = key.action.split("(")[0]
    return f"{group.lower().replace(' ', '_')}.{action}{'_back' if '(-' in key.action else ''}"


def effective(group: str, key: Key, keymap: Keymap) -> tuple[str, ...]:
    """Textual's names of the keys that a binding has."""
    remapped = keymap.get(key_id(group, key)) if key.action else None
    return tuple(remapped.split(",")) if remapped else key.names
