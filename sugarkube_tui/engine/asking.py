"""Asking: what a node does not settle by itself goes to the operator, while the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.events import Answer, Answered, Asked
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.telling import Teller

Asker = Callable[[Asked], Awaitable[Answer]]
"""Takes a question, without secrets, and gives one of its answers.  Several may be open at a time."""


class GivenUp(ActionFailed):
    """The operator has given the node up: there is nothing more to ask."""


class Bell:
    """Lets everybody who waits for others look again."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()
        self._rung = asyncio.Event()

    async def rung(self) -> None:
        await self._rung.wait()


class Desk:
    """Where nodes ask.

    Args:
        ask: reaches the operator; None when nobody is there: then a failure is final.

    Attributes:
        asking: names of the nodes whose question is open.
        bell: is rung when that changes.
    """

    def __init__(self, teller: Teller, ask: Asker | None) -> None:
        self.asking: set[str] = set()
        self.bell = Bell()
        self._teller = teller
        self._ask = ask

    async def ask(
        self, node: str, title: str, evidence: Evidence, answers: tuple[Answer, ...], without: str = ""
    ) -> Answer:
        """Wait for the operator's answer, without bound: the node's part stays open.

        Args:
            title: of the step that failed.
            without: what going on without the step means.
        """
        if self._ask is None:
            return Answer.GIVE_UP
        self.asking.add(node)
        self.bell.ring()
        asked = self._teller.tell(Asked(self._teller.at, node, title, evidence, answers, without))
        try:
            answer = await self._ask(asked)
        finally:
            self.asking.discard(node)
            self.bell.ring()
        self._teller.tell(Answered(self._teller.at, node, answer))
        return answer
