"""The rungs of the ladder that the workstation sees by itself, for one server after another."""

from __future__ import annotations

import asyncio

from sugarkube_tui.cluster.errors import said
from sugarkube_tui.engine import ladder
from sugarkube_tui.engine.control_plane import ControlPlane
from sugarkube_tui.engine.ears import Ears
from sugarkube_tui.engine.ladder import Listing, Observed
from sugarkube_tui.engine.members import node_of
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.subject import CheckSink

ANSWER_WITHIN_S = 3.0
"""For a name or a connection; TCP asks again after 1 s for the first time."""


class Knocking:
    """Knocks at servers.

    Args:
        tell: gets each rung as it is decided.
    """

    def __init__(
        self,
        world: World,
        ears: Ears,
        cluster: ControlPlane,
        registration_address: str,
        tell: CheckSink,
    ) -> None:
        self._world = world
        self._ears = ears
        self._cluster = cluster
        self._registration_address = registration_address
        self._tell = tell

    async def at(self, seen: Observed) -> None:
        """Climb with one server, and note what is observed of it."""
        known = seen.address
        await asyncio.gather(self._hear(seen), self._resolve(seen), self._reach(seen, known))
        if seen.address != known:  # others follow the name, so that is what counts
            await self._reach(seen, seen.address)
        if not seen.address:
            self._tell(ladder.port_rung(seen))
        self._tell(ladder.tls_rung(seen, self._registration_address))
        self._tell(ladder.ca_rung(seen, self._cluster.token, self._cluster.problem))
        listing = Listing(problem="6443 does not open")
        if seen.refused == "":
            listing = await self._cluster.list(seen.address)
            if not listing.nodes and seen.addresses:  # its certificate may cover the name alone
                listing = await self._cluster.list(seen.host)
        self._tell(ladder.ready_rung(seen.host, node_of(listing.nodes, seen), listing))

    async def _hear(self, seen: Observed) -> None:
        """The advert's rungs, as soon as it is heard."""
        await self._ears.hear(seen.host)
        seen.advert = self._ears.advert_of(seen.host)
        seen.heard_ms = self._ears.heard_ms(seen.host)
        seen.deaf = self._ears.deaf.partition("\n")[0]
        self._tell(ladder.advert_rung(seen))
        self._tell(ladder.txt_rung(seen))

    async def _resolve(self, seen: Observed) -> None:
        began = self._world.clock.now()
        seen.addresses = await self._world.lan.resolve(seen.host, ANSWER_WITHIN_S, fresh=True)
        seen.resolved_ms = self._ms(began)
        self._tell(ladder.resolves_rung(seen))

    async def _reach(self, seen: Observed, address: str) -> None:
        """Connect, and see who answers."""
        if not address:
            return
        seen.identity, seen.identity_problem = None, ""
        api, clock = self._world.api, self._world.clock
        began = clock.now()
        try:
            await api.connect(address, seen.port, ANSWER_WITHIN_S)
            seen.refused = ""
        except (OSError, TimeoutError) as error:
            seen.refused = said(error) or "no answer"
        seen.connected_ms = self._ms(began)
        self._tell(ladder.port_rung(seen))
        if seen.refused:
            return
        began = clock.now()
        try:
            seen.identity = await api.identity(address, seen.port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            seen.identity_problem = said(error) or "no answer"
        seen.identity_ms = self._ms(began)

    def _ms(self, began: float) -> float:
        return (self._world.clock.now() - began) * 1000
