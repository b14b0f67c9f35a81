"""Who answers at the registration address?  Looked up in the background while it is typed."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import World
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks

TYPING_S = 0.4
"""Seconds without a key press before the network is asked."""
ANSWER_WITHIN_S = 3.0


class Found(StrEnum):
    """What was found at an address."""

    LOOKING = "looking"
    UNKNOWN_NAME = "no address for this name"
    SILENT = "nobody answers yet"
    NO_API = "something else answers"
    API = "an API server answers"


@dataclass(frozen=True, slots=True)
class AddressLook:
    """One address, looked at.

    Attributes:
        names: what the certificate there covers.
    """

    host: str
    found: Found
    addresses: tuple[str, ...] = ()
    ca_hash: str = ""
    names: tuple[str, ...] = ()
    why: str = ""


class AddressCheck:
    """Looks at one address at a time; the newest one wins."""

    def __init__(self, world: World, tasks: Tasks, changes: Changes) -> None:
        self.look: AddressLook | None = None
        self._world = world
        self._tasks = tasks
        self._changes = changes

    def start(self, host: str) -> None:
        """Look at this address; empty for none."""
        self._tasks.cancel("address")
        self._put(AddressLook(host, Found.LOOKING) if host else None)
        if host:
            self._tasks.start("address", self._check(host))

    async def _check(self, host: str) -> None:
        await asyncio.sleep(TYPING_S)
        try:
            ipaddress.ip_address(host)
            addresses: tuple[str, ...] = (host,)
        except ValueError:
            addresses = await self._world.lan.resolve(host, ANSWER_WITHIN_S)
        if not addresses:
            self._put(AddressLook(host, Found.UNKNOWN_NAME))
            return
        try:
            await self._world.api.connect(addresses[0], API_PORT, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            self._put(AddressLook(host, Found.SILENT, addresses, why=str(error)))
            return
        try:
            identity = await self._world.api.identity(addresses[0], API_PORT, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            self._put(AddressLook(host, Found.NO_API, addresses, why=str(error)))
            return
        self._put(AddressLook(host, Found.API, addresses, ca_hash(identity.ca_pem), identity.names))

    def _put(self, look: AddressLook | None) -> None:
        self.look = look
        self._changes.note()
