"""The keys as tables: for the help, and for the README."""

from __future__ import annotations

from itertools import chain

from sugarkube_tui.tui.key import Key, Keymap, effective, key_id, written
from sugarkube_tui.tui.keys import KEYS, SHARED, TAB, WIDGETS_OF


def help_rows(group: str, keymap: Keymap) -> list[tuple[str, str]]:
    """Key and meaning, for the help screen; all that only moves is one row."""
    rows = [
        (written(effective(group, key, keymap)) if key.action else key.written, key.says)
        for key in KEYS[group]
        if not key.moves
    ]
    if moves := [effective(group, key, keymap) for key in KEYS[group] if key.moves]:
        here = written(tuple(names[0] for names in moves[:2]))
        also = written((*(name for names in moves[:2] for name in names[1:]), *chain(*moves[2:])))
        rows.append((here, f"move; also {also}" if also else "move"))
    return [*rows, (TAB.written, TAB.says)] if group in WIDGETS_OF else rows


def markdown_table() -> str:
    """All keys, for the README."""
    rows = [("everywhere", "app", key) for key in (*SHARED, TAB)]
    rows += [(_where(group), group, key) for group in KEYS for key in KEYS[group] if key not in SHARED]
    return "\n".join(
        [
            "| where | key | what it does | name in the settings file |",
            "| --- | --- | --- | --- |",
            *(
                f"| {where} | {_code(key)} | {key.says} | {f'`{key_id(group, key)}`' if key.action else ''} |"
                for where, group, key in rows
            ),
        ]
    )


def _where(group: str) -> str:
    return group if group in WIDGETS_OF else f"in {group.lower()}"


def _code(key: Key) -> str:
    return " ".join(f"`{name}`" for name in key.written.split())
