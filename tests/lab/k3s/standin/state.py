"""The cluster's data: keys and values that every server holds and that grow alike by exchange.

This stands for etcd. Every record carries a revision from a clock that never runs backwards and is always
ahead of what it has seen; of two records with one key the later wins, on every server, in any order. A
deleted key stays as a record without a value, so that a server which was away learns of the deletion.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files

#: keys that change all the time and mean nothing after a restart
VOLATILE = "lease/"

Records = dict[str, tuple[int, Any]]


@dataclass(frozen=True)
class Entry:
    """A present value and the revision that wrote it."""

    revision: int
    value: Any


class Store:
    """The records of one server, kept on its disk."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._records: Records = {}
        self._clock = 0
        self._digest: str | None = None
        self.on_change: Callable[[], None] = lambda: None

    def load(self) -> None:
        """Read what the last run left."""
        if self._path and self._path.exists():
            self._take(from_json(json.loads(self._path.read_text())))

    def move(self, path: Path) -> None:
        """Keep the data elsewhere from now on."""
        with self._lock:
            self._path = path
            self._save()

    def get(self, key: str) -> Entry | None:
        """A key's value, if it has one."""
        with self._lock:
            record = self._records.get(key)
        if record is None or record[1] is None:
            return None
        return Entry(record[0], _copy(record[1]))

    def was_deleted(self, key: str) -> bool:
        """True if the key had a value once."""
        with self._lock:
            record = self._records.get(key)
        return record is not None and record[1] is None

    def list(self, prefix: str) -> dict[str, Entry]:
        """All values below a prefix, by what follows it."""
        with self._lock:
            found = {key: record for key, record in self._records.items() if key.startswith(prefix)}
        return {
            key.removeprefix(prefix): Entry(record[0], _copy(record[1]))
            for key, record in sorted(found.items())
            if record[1] is not None
        }

    def put(self, key: str, value: Any) -> int:
        """Write a value; returns its revision."""
        with self._lock:
            self._clock = max(self._clock + 1, time.time_ns() // 1000)
            self._records[key] = (self._clock, _copy(value))
            self._digest = None
            revision = self._clock
            if not key.startswith(VOLATILE):
                self._save()
        self.on_change()
        return revision

    def delete(self, key: str) -> None:
        """Forget a value, everywhere."""
        if self.get(key) is not None:
            self.put(key, None)

    @property
    def revision(self) -> int:
        """The latest revision seen."""
        with self._lock:
            return self._clock

    def digest(self) -> str:
        """Equal on two servers exactly when they hold the same."""
        with self._lock:
            if self._digest is None:
                lines = sorted(f"{key}={record[0]}" for key, record in self._records.items())
                self._digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            return self._digest

    def records(self) -> dict[str, Any]:
        """Everything, as it travels between servers."""
        with self._lock:
            return {key: [record[0], record[1]] for key, record in self._records.items()}

    def merge(self, incoming: dict[str, Any]) -> bool:
        """Take over what is newer; True if anything was."""
        with self._lock:
            durable, changed = self._take(from_json(incoming))
            if durable:
                self._save()
        if changed:
            self.on_change()
        return changed

    def _take(self, incoming: Records) -> tuple[bool, bool]:
        durable = changed = False
        for key, record in incoming.items():
            self._clock = max(self._clock, record[0])
            mine = self._records.get(key)
            if mine is None or record[0] > mine[0]:
                self._records[key] = record
                changed = True
                durable = durable or not key.startswith(VOLATILE)
        if changed:
            self._digest = None
        return durable, changed

    def _save(self) -> None:
        if self._path:
            files.write(self._path, json.dumps(self.records()))


def from_json(document: dict[str, Any]) -> Records:
    """Records as they were sent or stored."""
    return {str(key): (int(revision), value) for key, (revision, value) in document.items()}


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
