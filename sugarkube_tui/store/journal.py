"""A run's journal on disk: every event as JSON, and each node's log as text."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from sugarkube_tui.engine.board import Board
from sugarkube_tui.engine.events import Event, RunFinished, as_json
from sugarkube_tui.store.paths import private
from sugarkube_tui.store.run_lock import RunLock

_FORBIDDEN = str.maketrans(dict.fromkeys("/\\\0", "_"))


class RunJournal:
    """Takes a run's events.  Files and directory are for the operator's eyes only (0700, 0600).

    Until the run's end it holds the directory's lock, so that another program can tell that it goes on.

    Trouble with the disk ends the journal, never the run: `problem` then says what happened.
    """

    def __init__(self, runs: Path, environment: str) -> None:
        stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S.%f")[:-3]
        self.directory = runs / f"{stamp}-{environment.translate(_FORBIDDEN)}"
        self.problem = ""
        self._files: dict[str, IO[str]] = {}
        self._board = Board()
        self._lock: RunLock | None = None
        try:
            private(self.directory)
        except OSError as error:
            self.problem = f"no log is kept: {error}"
        with suppress(OSError):  # not every file system has locks
            self._lock = RunLock(self.directory)

    def __call__(self, event: Event) -> None:
        if self.problem:
            return
        try:
            self._write("events.jsonl", json.dumps(as_json(event), ensure_ascii=False))
            self._board.fold(event)
            for name, node in self._board.nodes.items():
                for entry in node.log.take():
                    self._write(f"{name.translate(_FORBIDDEN)}.log", f"{entry.at:8.2f}  {entry.text}")
        except OSError as error:
            self.problem = f"the log stops here: {error}"
        if isinstance(event, RunFinished) and self._lock is not None:
            self._lock.release()
        if isinstance(event, RunFinished) or self.problem:
            self.close()

    def _write(self, name: str, line: str) -> None:
        file = self._files.get(name)
        if file is None:
            path = self.directory / name
            path.touch(mode=0o600)
            file = self._files[name] = path.open("a", encoding="utf-8", errors="replace", buffering=1)
        file.write(line + "\n")

    def close(self) -> None:
        for file in self._files.values():
            with suppress(OSError):
                file.close()
        self._files.clear()
