"""Asking on a terminal: one question at a time, even where several nodes ask."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from threading import Thread

from sugarkube_tui.cli.output import tell
from sugarkube_tui.cli.settled_by import TROUBLES
from sugarkube_tui.engine.board import evidence_lines
from sugarkube_tui.engine.events import Answer, Asked


class Operator:
    """Answers nodes from standard input."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def ask(self, asked: Asked) -> Answer:
        """Show a question and take the number of one of its answers; at the input's end, the last one."""
        async with self._turn:
            tell(f"\n? {asked.node} needs an answer, the others go on: {asked.title}")
            for line in evidence_lines(asked.evidence, TROUBLES):
                tell(f"  {line}")
            for number, answer in enumerate(asked.answers, start=1):
                means = f" ({asked.without})" if answer is Answer.SKIP else ""
                tell(f"  {number} {answer}{means}")
            while True:
                text = await read_line(f"{asked.node}: 1 to {len(asked.answers)}? ")
                if text is None:
                    return asked.answers[-1]
                if text.isdecimal() and 1 <= int(text) <= len(asked.answers):
                    return asked.answers[int(text) - 1]


async def read_line(prompt: str) -> str | None:
    """A line from the terminal, without blanks around it; None at its end.  Ctrl-C interrupts it at once.

    The thread that reads is left behind then: one of the event loop's own would be waited for.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def settle(text: str | None) -> None:
        if not line.done():
            line.set_result(text)

    def read() -> None:
        text = sys.stdin.readline()
        with suppress(RuntimeError):  # the loop may be gone by then
            loop.call_soon_threadsafe(settle, text.strip() if text else None)

    Thread(target=read, daemon=True).start()
    return await line
