"""What the workstation hears of a cluster's adverts, while a look at it goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Self

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.engine.ports import Clock, Interest, Lan
from sugarkube_tui.engine.survey import Listener

LISTEN_S = 2.5
"""Seconds to listen for adverts that are expected.  Questions go out at once and after 1 s (RFC 6762
§5.2): absence takes two of them, spaced, that nobody answers."""
SETTLE_S = 0.5
"""Seconds to go on listening once the expected servers were heard: somebody else may pose as one, and
answers come within 120 ms of a question."""


class Ears:
    """Listens with a fresh cache, from its entry as a context on.

    Attributes:
        deaf: why nobody can listen here; empty when somebody can.
    """

    def __init__(self, lan: Lan, clock: Clock, environment: Environment) -> None:
        self.deaf = ""
        self._environment = environment
        interest = Interest((environment,), layers=frozenset({Layer.ADVERTS}))
        self._listener = Listener(lan, interest, clock)

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._listener.__aexit__(*reason)

    @property
    def survey(self) -> Survey:
        """All that was heard so far."""
        return self._listener.survey

    @property
    def listened_ms(self) -> float:
        return self._listener.listened_ms

    @property
    def adverts(self) -> tuple[Advert, ...]:
        """The servers that were heard so far."""
        return self.survey.servers_of(self._environment)

    def advert_of(self, host: str) -> Advert | None:
        """A server's advert, if it was heard."""
        return next((advert for advert in self.adverts if advert.host == host), None)

    def heard_ms(self, host: str) -> float:
        """When a server was heard first, or how long it was listened for in vain."""
        return self.survey.heard_after_ms(self._environment).get(host, self.listened_ms)

    async def hear_first(self, expected: Collection[str]) -> None:
        """Listen until all expected servers were heard, or somebody where none is, for `LISTEN_S` at most."""

        def enough(survey: Survey) -> bool:
            heard = survey.heard_after_ms(self._environment)
            return set(expected) <= set(heard) if expected else bool(heard)

        await self._listen(enough, LISTEN_S)

    async def settle(self) -> None:
        """Go on listening for a moment."""
        await self._listen(lambda _: False, min(self.listened_ms / 1000 + SETTLE_S, LISTEN_S))

    async def hear(self, host: str) -> None:
        """Listen for one server; it has the whole time of a look."""
        await self._listen(lambda _: self.advert_of(host) is not None, LISTEN_S)

    async def _listen(self, enough: Callable[[Survey], bool], seconds: float) -> None:
        """As `Listener.until`; a workstation that cannot listen still sees the rest."""
        try:
            await self._listener.until(enough, seconds)
        except SugarkubeError as error:
            self.deaf = str(error)
