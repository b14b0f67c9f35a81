"""Tasks that belong to the program, not to a screen: a screen's own workers would die with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

Done = TypeVar("Done")


class Tasks:
    """Strong references to running tasks, by name.

    Args:
        on_fault: gets what a task did not handle itself.
        on_end: called after every task's end.
    """

    def __init__(self, on_fault: Callable[[BaseException], None], on_end: Callable[[], None]) -> None:
        self._on_fault = on_fault
        self._on_end = on_end
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task; one of the same name that is still running is cancelled."""
        self.cancel(name)
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running[name] = task
        task.add_done_callback(self._ended)
        return task

    def cancel(self, prefix: str) -> None:
        """Cancel the tasks of this name, and those whose name goes on after a slash."""
        for name in list(self._running):
            if name == prefix or name.startswith(f"{prefix}/"):
                # It stays referenced by its own clean-up; the name is free at once.
                task = self._running.pop(name)
                if task.cancel():
                    self._running[f"ending {id(task)}"] = task

    def running(self, name: str) -> bool:
        return name in self._running

    async def close(self) -> None:
        """Cancel all, also what is started meanwhile, and wait until each has cleaned up behind itself."""
        while tasks := [task for task in self._running.values() if not task.done()]:
            for task in tasks:
                if not task.cancelling():  # else it cleans up already, and must not be disturbed
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        for name in [name for name, other in self._running.items() if other is task]:
            del self._running[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_fault(error)
        self._on_end()


async def completed(work: Coroutine[Any, Any, Done]) -> Done:
    """Wait for work that must not be left halfway.

    Whoever is cancelled meanwhile waits for its end all the same, and goes on behind it.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()
