"""Nodes that listen on their own network and are asked for their view, while a look at a cluster goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.queries import PeerView
from sugarkube_tui.engine.logins import Logins
from sugarkube_tui.engine.subject import WireSink
from sugarkube_tui.engine.vantage import Heard, Vantage, capture_packets, hear_servers, see_peers


class Outposts:
    """All nodes that we are logged in to.

    Args:
        concerned: only packets that hold one of these texts are told.
        on_wire: gets the mDNS packets that pass at the nodes; None: they are not captured.
    """

    def __init__(
        self, logins: Logins, environment: Environment, concerned: Collection[str], on_wire: WireSink | None
    ) -> None:
        self._logins = logins
        self._environment = environment
        self._concerned = concerned
        self._on_wire = on_wire
        self._hearing: dict[str, asyncio.Task[Heard]] = {}
        self._captures: dict[str, asyncio.Task[None]] = {}

    def attend(self, began_ms: float) -> None:
        """Let the nodes that were just logged in to listen, meanwhile.

        Args:
            began_ms: how old the look is, in milliseconds.
        """
        for name in self._logins:
            if name in self._hearing:
                continue
            hearing = hear_servers(self._logins, name, self._environment)
            self._hearing[name] = asyncio.create_task(hearing)
            if self._on_wire is not None:
                capture = capture_packets(self._logins, name, self._concerned, began_ms, self._on_wire)
                self._captures[name] = asyncio.create_task(capture)

    async def heard(self) -> dict[str, Heard]:
        """What each of them heard, by the name that it is logged in to."""
        return dict(zip(self._hearing, await asyncio.gather(*self._hearing.values()), strict=True))

    async def see(self, view: PeerView) -> dict[str, Vantage]:
        """Each one's view, and what it has heard, by the name that it is logged in to."""
        heard, names = await self.heard(), tuple(self._logins)
        seen = (see_peers(self._logins, name, view, heard.get(name, Heard())) for name in names)
        return dict(zip(names, await asyncio.gather(*seen), strict=True))

    async def captured(self) -> None:
        """Wait until all packets were told."""
        await asyncio.gather(*self._captures.values())

    async def dismiss(self) -> None:
        """Nothing more is wanted of them."""
        background = (*self._hearing.values(), *self._captures.values())
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
