"""Other keys for the wizard's bindings, as the settings file names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key, key_to_character

from sugarkube_tui.cluster.errors import InvalidInput, nearest
from sugarkube_tui.tui.key import Key, Keymap, effective, key_id, written
from sugarkube_tui.tui.keys import KEYS, WIDGETS_OF

MODIFIERS = ("ctrl", "shift", "alt", "super", "meta", "hyper")


@dataclass(frozen=True, slots=True)
class _Bound:
    """A binding with the keys that it has in the end."""

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
    known = {key_id(group, key): key for group in KEYS for key in KEYS[group] if key.action}
    keymap = {}
    for name, keys in wanted.items():
        if name not in known:
            remedy = nearest(name, known, "README.md lists the names")
            raise InvalidInput(f"keys: there is no binding {name!r}", where=where, remedy=remedy)
        names = _names(name, keys, where)
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
                remedy="use a character such as 'x', a name like 'f5', 'space' or 'pagedown', or 'ctrl+x'; "
                "several are separated by commas",
            )
    return names


def _textual_name(name: str) -> str:
    """Textual's name for a key: `question_mark` for `?`, and `f5` for `F5`."""
    return _character_to_key(name) if len(name) == 1 else name.lower()


def _exists(name: str) -> bool:
    *modifiers, key = name.split("+")
    known = key in set(Keys) or key in KEY_NAME_REPLACEMENTS.values() or key_to_character(key) is not None
    return known and all(modifier in MODIFIERS for modifier in modifiers)


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
            if key.action:
                names = frozenset(map(_textual_name, effective(group, key, keymap)))
                yield _Bound(key_id(group, key), group, key, names)


def _describe(bound: _Bound) -> str:
    return f"{bound.id} ({bound.key.says})"
