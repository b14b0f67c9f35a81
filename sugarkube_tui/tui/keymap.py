"""Other keys for the wizard's bindings, as the settings file names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key, key_to_character

from sugarkube_tui.cluster.errors import InvalidInput, nearest
from sugarkube_tui.tui.key import Key, Keymap, effective, key_id, written
from sugarkube_tui.tui.keys import KEYS, WIDGETS_OF

MODIFIERS = ("ctrl", "shift", "alt", "super", "meta", "hyper")
SENT_AS = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "return": "enter",
    "ctrl+left_square_bracket": "escape",
}
"""Keys for which most terminals send what they send for another one."""
TAKEN = {
    "tab": "goes to the next field or pane",
    "shift+tab": "goes to the previous field or pane",
    "ctrl+c": "copies what the mouse has selected",
    "ctrl+q": "leaves",
}
"""What keys do everywhere, whatever else they are bound to."""
TYPING = ("Find", "Field", "Go to", "Add host", "Trust key", "Save file")
"""Groups whose keys work while text is typed."""
_ANY_KEY = (
    "use a character such as 'x', a name like 'f5', 'space' or 'pagedown', or 'ctrl+x'; "
    "several are separated by commas"
)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A binding with the keys that it has in the end; one that cannot have others has no name."""

    id: str
    group: str
    key: Key
    names: frozenset[str]

    def has_always(self, name: str) -> bool:
        """It is a built-in key of the binding."""
        return name in map(_textual_name, self.key.names)


def read_keymap(wanted: Mapping[str, str], where: str) -> dict[str, str]:
    """What Textual is to be told.

    Args:
        wanted: names of bindings and keys, as in the settings file.
        where: the file, for errors.

    Returns:
        The same with Textual's names for the keys.  What is essential, such as leaving, keeps its built-in
        keys beside the wanted ones.

    Raises:
        InvalidInput: a binding or a key does not exist, or one key would do two things on a screen.
    """
    if not wanted:
        return {}
    known = {key_id(group, key): key for group in KEYS for key in KEYS[group] if key.action}
    elsewhere = {key_id(group, key) for group in KEYS if group not in TYPING for key in KEYS[group]}
    keymap = {}
    for name, keys in wanted.items():
        if name not in known:
            remedy = nearest(name, known, "README.md lists the names")
            raise InvalidInput(f"keys: there is no binding {name!r}", where=where, remedy=remedy)
        names = _names(name, keys, where)
        for key in names:
            if key not in known[name].names:
                _refuse_what_never_comes(name, key, where, typing=name not in elsewhere)
        if known[name].essential:
            names = list(dict.fromkeys((*names, *map(_textual_name, known[name].names))))
        keymap[name] = ",".join(names)
    _refuse_clashes(keymap, where)
    return keymap


def _names(binding: str, keys: str, where: str) -> list[str]:
    given = [keys] if keys == "," else keys.split(",")
    names = [_textual_name(name.strip()) for name in given]
    for name, given_so in zip(names, given, strict=True):
        if not _exists(name):
            raise InvalidInput(
                f"keys.{binding}: {given_so!r} is no key" if name else f"keys.{binding}: a key is missing",
                where=where,
                remedy=nearest(name, _KEY_NAMES, _ANY_KEY),
            )
    return names


def _textual_name(name: str) -> str:
    """Textual's name for a key: `question_mark` for `?`, `f5` for `F5`, and `A` for `shift+a`."""
    if len(name) == 1:
        return _character_to_key(name)
    *modifiers, key = name.lower().split("+")
    if modifiers == ["shift"] and len(key) == 1 and key.isalpha():
        return key.upper()
    return "+".join([*modifiers, _character_to_key(key) if len(key) == 1 else key])


_KEY_NAMES = {
    name
    for name in (*(key.value for key in Keys), *KEY_NAME_REPLACEMENTS.values())
    if re.fullmatch(r"[a-z0-9_]{2,}", name) and name != Keys.Ignore.value
}
"""Textual's names of keys that are no letters or digits."""


def _exists(name: str) -> bool:
    *modifiers, key = name.split("+")
    character = key_to_character(key)
    # A character has one name only: Textual finds some by other ones, such as `esc`, but never sends those.
    written_so = character is not None and character.isprintable() and _character_to_key(character) == key
    named = key in _KEY_NAMES or written_so
    return named and len(set(modifiers)) == len(modifiers) and all(one in MODIFIERS for one in modifiers)


def _refuse_what_never_comes(binding: str, name: str, where: str, *, typing: bool) -> None:
    """Refuse a key that would do nothing, since something else comes or happens instead."""
    key = written((name,))
    character = key_to_character(name)
    if other := SENT_AS.get(name):
        why = f"terminals send {written((other,))} for {key}"
    elif does := TAKEN.get(name):
        why = f"{key} {does}"
    elif typing and character is not None and character.isprintable():
        why = f"{key} would be typed into the field"
    else:
        return
    raise InvalidInput(f"keys.{binding}: {why}", where=where, remedy="use another key")


def _refuse_clashes(keymap: Keymap, where: str) -> None:
    """Refuse a key that would do two things where both could be meant, if the keymap brings it about."""
    for screen, groups in _together():
        owner: dict[str, _Bound] = {}
        for bound in _bound(groups, keymap):
            for name in sorted(bound.names):
                other = owner.setdefault(name, bound)
                if other.id != bound.id and not (other.has_always(name) and bound.has_always(name)):
                    raise InvalidInput(
                        f"keys: {written((name,))!r} would do two things on {screen}: {_describe(other)}, "
                        f"and {_describe(bound)}",
                        where=where,
                        remedy="give one of them another key",
                    )


def _together() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Screens, with the groups of keys that work there at the same time: only one widget has the focus."""
    for screen, widgets in WIDGETS_OF.items():
        yield screen, (screen,)
        for widget in widgets:
            yield screen, (screen, widget, *(("Table",) if widget == "Grid" else ()))


def _bound(groups: Iterable[str], keymap: Keymap) -> Iterator[_Bound]:
    for group in groups:
        for key in KEYS[group]:
            names = frozenset(map(_textual_name, effective(group, key, keymap)))
            yield _Bound(key_id(group, key) if key.action else "", group, key, names)


def _describe(bound: _Bound) -> str:
    return f"{bound.id} ({bound.key.says})" if bound.id else bound.key.says
