"""Who answers at the registration address?  Looked up in the background while it is typed."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace

from sugarkube_tui.cluster.address_checks import Answer
from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.errors import said
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import World
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks

TYPING_S = 0.4
"""Seconds without a key press before the network is asked."""
ANSWER_WITHIN_S = 3.0
AGAIN_S = 5.0
"""Seconds between two looks: an address may come up while it is looked at."""


class AddressCheck:
    """Looks at one address at a time, again and again; the newest one wins.

    Attributes:
        answer: what is known of it; None: there is none to look at.
    """

    def __init__(self, world: World, tasks: Tasks, changes: Changes) -> None:
        self.answer: Answer | None = None
        self._world = world
        self._tasks = tasks
        self._changes = changes

    def start(self, host: str) -> None:
        """Look at this address; empty for none."""
        self.stop()
        self._put(Answer(host) if host else None)
        if host:
            self._tasks.start("address", self._look_on(host))

    def stop(self) -> None:
        """Look no more; what was seen last stays."""
        self._tasks.cancel("address")

    async def _look_on(self, host: str) -> None:
        await asyncio.sleep(TYPING_S)
        while True:
            first = self.answer is not None and not self.answer.done
            await self._look(host, told=first)
            await asyncio.sleep(AGAIN_S)

    async def _look(self, host: str, *, told: bool) -> None:
        """Look once.

        Args:
            told: show each check as it comes out; else only the whole, so that nothing flickers.
        """
        answer = Answer(host)

        def found(**seen: object) -> None:
            nonlocal answer
            answer = replace(answer, **seen)  # type: ignore[arg-type]
            if told or answer.done:
                self._put(answer)

        addresses = await self._addresses(host)
        found(addresses=addresses, done=not addresses)
        if not addresses:
            return
        try:
            await self._world.api.connect(addresses[0], API_PORT, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            found(port_open=False, why=said(error), done=True)
            return
        found(port_open=True)
        try:
            identity = await self._world.api.identity(addresses[0], API_PORT, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            found(why=said(error), done=True)
            return
        found(ca_hash=ca_hash(identity.ca_pem), names=identity.names, done=True)

    async def _addresses(self, host: str) -> tuple[str, ...]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return await self._world.lan.resolve(host, ANSWER_WITHIN_S)
        return (host,)

    def _put(self, answer: Answer | None) -> None:
        if answer != self.answer:
            self.answer = answer
            self._changes.note()
