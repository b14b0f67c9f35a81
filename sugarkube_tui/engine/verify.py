"""Verify: fresh looks at a cluster, from the workstation and from its nodes, each server on the same ladder.

An advert is a rumour until then (contract §5, §8, §10).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace

from sugarkube_tui.cluster.advert import HTTPS_TYPE, normal_host
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.engine.climb import Climb
from sugarkube_tui.engine.logins import Logins
from sugarkube_tui.engine.ports import HERE, WireLine, World
from sugarkube_tui.engine.proof import Proof
from sugarkube_tui.engine.subject import CheckSink, NoteSink, Subject, WireSink, ignore

PACKETS_VARIABLE = "SUGARKUBE_DEBUG_MDNS"
"""Set to 1, it shows the mDNS packets that pass, as it does in sugarkube's own scripts."""


def shows_packets(variables: Mapping[str, str]) -> bool:
    """Whether the environment's variables want the packets shown."""
    return variables.get(PACKETS_VARIABLE, "").strip() == "1"


class Verifier:
    """Looks at one cluster, again and again; stays logged in to its nodes in between.

    Args:
        on_check: gets each rung as it is decided; the same one again when more is known.
        on_note: gets what is waited for, in words.

    Attributes:
        on_wire: gets the mDNS packets that pass during a look; None: they are not captured.
    """

    def __init__(
        self,
        world: World,
        subject: Subject,
        on_check: CheckSink = ignore,
        on_note: NoteSink = ignore,
        on_wire: WireSink | None = None,
    ) -> None:
        self.on_wire = on_wire
        self._world = world
        self._subject = replace(subject, expected=tuple(map(normal_host, subject.expected)))
        self._on_check = on_check
        self._on_note = on_note
        self._logins = Logins(world)
        self._known: dict[str, tuple[str, ...]] = {}

    async def look(self) -> Proof:
        """One fresh look; what could not be looked at is told in the proof."""
        look = Climb(self._world, self._subject, self._logins, self._known, self._on_check, self._on_note)
        wire = self.on_wire
        if wire is None:
            return await look.take()
        capture = asyncio.create_task(_capture_here(self._world, self._subject.environment, wire))
        try:
            return await look.take(wire)
        finally:
            capture.cancel()
            await asyncio.gather(capture, return_exceptions=True)

    async def close(self) -> None:
        await self._logins.close()


async def prove(
    world: World,
    subject: Subject,
    on_check: CheckSink = ignore,
    on_note: NoteSink = ignore,
    on_wire: WireSink | None = None,
) -> Proof:
    """One look, and the connections closed behind it."""
    verifier = Verifier(world, subject, on_check, on_note, on_wire)
    try:
        return await verifier.look()
    finally:
        await verifier.close()


async def _capture_here(world: World, environment: Environment, sink: WireSink) -> None:
    try:
        async with aclosing(world.lan.packets((environment.service_type, HTTPS_TYPE))) as packets:
            async for line in packets:
                sink(line)
    except SugarkubeError as error:
        sink(WireLine(0.0, HERE, f"packets cannot be captured here: {error.what}"))
