"""A run as it is told by `up`: lines for people, or JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from sugarkube_tui.cli.output import forsake, say, say_json, tell
from sugarkube_tui.cli.render import EventLines, error_lines
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.engine.events import Event, as_json
from sugarkube_tui.engine.outcome import Evidence


class Narration:
    """Tells events.  When nobody can be told any more, the task that began it ends as by Ctrl-C."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lines = EventLines()
        self._work = asyncio.current_task()

    def __call__(self, event: Event) -> None:
        with self._reader():
            if self._as_json:
                say_json(as_json(event))
            else:
                for line in self._lines.of(event):
                    say(line)

    def not_kept(self, problem: Evidence) -> None:
        """Why log or report, or the rest of the log, are not kept; the run goes on."""
        with self._reader():
            if self._as_json:
                say_json({"event": "not_kept", **asdict(problem)})
            else:
                tell(f"▲ {problem.what}: {problem.why}")
                tell(f"  → {problem.remedy}")

    @contextmanager
    def _reader(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SugarkubeError) as error:
            # An engine that fails to tell could not even tell that it ends, and would set nodes aside.
            forsake()
            if self._work is not None:
                self._work.cancel()
            if isinstance(error, SugarkubeError):
                with suppress(OSError):
                    for line in error_lines(error):
                        tell(line)
