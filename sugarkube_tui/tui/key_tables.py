"""The keys as tables: for the help, and for the README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, groupby

from sugarkube_tui.tui.key import Key, Keymap, effective, key_id, written
from sugarkube_tui.tui.keys import KEYS, SHARED, TAB, WIDGETS_OF


def help_rows(group: str, keymap: Keymap) -> list[tuple[str, str]]:
    """Key and meaning, for the help screen; all that only moves is one row."""
    rows = [
        (_series([written(effective(group, key, keymap)) for key in keys]), keys[0].says)
        for keys in _alike(key for key in KEYS[group] if not key.moves)
    ]
    if moves := [effective(group, key, keymap) for key in KEYS[group] if key.moves]:
        here = written(tuple(names[0] for names in moves[:2]))
        also = written((*(name for names in moves[:2] for name in names[1:]), *chain(*moves[2:])))
        rows.append((here, f"move; also {also}" if also else "move"))
    return [*rows, (TAB.written, TAB.says)] if group in WIDGETS_OF else rows


def markdown_table() -> str:
    """All keys, for the README."""
    rows = [("everywhere", "app", [key]) for key in (*SHARED, TAB)]
    rows += [
        (_where(group), group, keys)
        for group in KEYS
        for keys in _alike(key for key in KEYS[group] if key not in SHARED)
    ]
    return "\n".join(
        [
            "| where | key | what it does | name in the settings file |",
            "| --- | --- | --- | --- |",
            *(
                f"| {where} | {_series([_code(key) for key in keys])} | {keys[0].says} "
                f"| {_series([f'`{key_id(group, key)}`' if key.action else '' for key in keys])} |"
                for where, group, keys in rows
            ),
        ]
    )


def _alike(keys: Iterable[Key]) -> list[list[Key]]:
    """Keys in a row that are told in one, since they do the same with one thing after the other."""
    return [list(group) for _, group in groupby(keys, key=lambda key: key.says)]


def _series(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} … {texts[-1]}"


def _where(group: str) -> str:
    return group if group in WIDGETS_OF else f"in {group.lower()}"


def _code(key: Key) -> str:
    return " ".join(f"`{name}`" for name in key.written.split())
