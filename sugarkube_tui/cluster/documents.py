"""Reading a document's tables (TOML) key by key: errors name file, key and the nearest valid key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sugarkube_tui.cluster.errors import InvalidInput, nearest

Value = TypeVar("Value")

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    str: "text in quotes",
    list: "a list",
    dict: "a table",
    datetime: "a date with time",
}


class Table:
    """One table.  Ask for its keys, then `finish`: what nobody has asked for is a mistake.

    Args:
        file: named in errors.
        path: of this table in the document, with dots; empty for the document itself.

    Raises (by all methods):
        InvalidInput: a key is missing or unknown, or its value cannot be used.
    """

    def __init__(self, values: Mapping[str, object], file: str, path: str = "") -> None:
        self._values = values
        self._file = file
        self._path = path
        self._known: set[str] = set()

    def place(self, key: str) -> str:
        """`plan.toml, choices.servers`"""
        return f"{self._file}, {self._key(key)}"

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Whatever is invalid in here is this key's value."""
        try:
            yield
        except InvalidInput as error:
            raise InvalidInput(
                error.what, where=self.place(key), why=error.why, remedy=error.remedy
            ) from error

    def has(self, key: str) -> bool:
        self._known.add(key)
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        return self._take(key, str, default)

    def number(self, key: str, default: int | None = None) -> int:
        return self._take(key, int, default)

    def flag(self, key: str, default: bool | None = None) -> bool:
        return self._take(key, bool, default)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is not there."""
        values: list[object] = self._take(key, list, [])
        for value in values:
            if type(value) is not str:
                raise self._wrong(key, value, "a list of texts in quotes")
        return tuple(str(value) for value in values)

    def moment(self, key: str) -> datetime | None:
        """A date with time and time zone; None when it is not there."""
        if not self.has(key):
            return None
        value = self._take(key, datetime, None)
        if value.tzinfo is None:
            raise self._wrong(key, value, "a date with time and time zone")
        return value

    def table(self, key: str) -> Table:
        """A table within this one; an empty one when it is not there."""
        return Table(self._take(key, dict, {}), self._file, self._key(key))

    def tables(self, key: str) -> dict[str, Table]:
        """The tables within a table, by their names."""
        inner: dict[str, object] = self._take(key, dict, {})
        outer = Table(inner, self._file, self._key(key))
        return {name: outer.table(name) for name in inner}

    def finish(self) -> None:
        """Refuse keys that nobody knows."""
        for key in self._values:
            if key not in self._known:
                known = sorted(self._known)
                raise InvalidInput(
                    f"there is no key {key!r}",
                    where=self.place(key),
                    remedy=nearest(key, known, f"use one of {', '.join(known)}"),
                )

    def _take(self, key: str, kind: type[Value], default: Value | None) -> Value:
        self._known.add(key)
        if key not in self._values:
            if default is None:
                raise InvalidInput(
                    f"the key {key!r} is missing", where=self.place(key), remedy=f"add it: {_WORDS[kind]}"
                )
            return default
        value = self._values[key]
        if type(value) is not kind:  # a bool is an int, but no number
            raise self._wrong(key, value, _WORDS[kind])
        return value

    def _key(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _wrong(self, key: str, value: object, wanted: str) -> InvalidInput:
        told = _WORDS.get(type(value), type(value).__name__)
        return InvalidInput(f"this is {told}", where=self.place(key), remedy=f"give {wanted}")
