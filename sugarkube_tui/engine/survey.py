"""A fresh look at the LAN before anything is decided: which servers of this environment are alive?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import KNOWN_ENVIRONMENTS, Environment
from sugarkube_tui.cluster.findings import Answer, ApiLook
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.sightings import Layer
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import Api, Clock, Given, Interest, Lan

LISTEN_S = 2.5
"""Seconds to listen.  Queries go out at once and after 1 s (RFC 6762 §5.2), and answers come within
120 ms: two of them fit, so that silence means absence."""
ANSWER_WITHIN_S = 5.0


EXPECTED_NAMES = 10
"""How many names `<prefix>0`, `<prefix>1`, … a scan asks for."""


def usual_interest(chosen: Environment, prefix: str, given: Sequence[Given] = ()) -> Interest:
    """What a scan looks for: the chosen and the usual environments, expected names, and given hosts."""
    environments = dict.fromkeys((chosen.name, *KNOWN_ENVIRONMENTS))
    names = [f"{prefix}{number}.local" for number in range(EXPECTED_NAMES)]
    return Interest(
        tuple(Environment(name, chosen.cluster) for name in environments),
        (*names, "raspberrypi.local"),  # what every fresh Pi is called
        tuple(given),
    )


class Ear:
    """A fresh look that goes on in the background while its context is open.

    Attributes:
        survey: all that was heard so far.
    """

    def __init__(self, lan: Lan, interest: Interest, clock: Clock) -> None:
        self.survey = Survey()
        self._lan = lan
        self._interest = interest
        self._clock = clock
        self._began = clock.now()
        self._heard = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Ear:
        self._began = self._clock.now()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    @property
    def listened_ms(self) -> float:
        return (self._clock.now() - self._began) * 1000

    async def until(self, enough: Callable[[Survey], bool], seconds: float) -> None:
        """Wait until what was heard is enough, or the look is so many seconds old.

        Raises:
            SugarkubeError: the look cannot be had.
        """
        assert self._watching is not None
        left = self._began + seconds - self._clock.now()
        tasks = {asyncio.create_task(self._enough(enough)), asyncio.create_task(self._clock.sleep(left))}
        try:
            await asyncio.wait({self._watching, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._watching.done():
            self._watching.result()

    async def _enough(self, enough: Callable[[Survey], bool]) -> None:
        while not enough(self.survey):
            self._heard.clear()
            await self._heard.wait()

    async def _watch(self) -> None:
        async with aclosing(self._lan.watch(self._interest)) as sightings:
            async for sighting in sightings:
                self.survey = self.survey.fold(sighting)
                self._heard.set()


async def listen(lan: Lan, interest: Interest, seconds: float, clock: Clock) -> Survey:
    """All that a fresh look hears within so many seconds."""
    async with Ear(lan, interest, clock) as ear:
        await ear.until(lambda _: False, seconds)
    return ear.survey


async def live_servers(lan: Lan, api: Api, environment: Environment, clock: Clock) -> tuple[LiveServer, ...]:
    """The servers that advertise an environment, each with the CA that it really serves."""
    interest = Interest((environment,), layers=frozenset({Layer.ADVERTS}))
    survey = await listen(lan, interest, LISTEN_S, clock)
    adverts = survey.servers_of(environment)
    looks = await asyncio.gather(*(look_at_api(api, advert, clock) for advert in adverts))
    return tuple(
        LiveServer(advert.host, look.address, look.ca_hash)
        for advert, look in zip(adverts, looks, strict=True)
    )


async def look_at_apis(api: Api, adverts: Sequence[Advert], clock: Clock) -> dict[tuple[str, int], ApiLook]:
    """What advertised APIs turn out to be, all looked at together; by host and port."""
    by_socket = {(advert.host, advert.port): advert for advert in adverts}
    looks = await asyncio.gather(*(look_at_api(api, advert, clock) for advert in by_socket.values()))
    return dict(zip(by_socket, looks, strict=True))


async def look_at_api(api: Api, advert: Advert, clock: Clock) -> ApiLook:
    """Connect to the addresses that an advert gives, then to its name, until one shows its CA."""
    began = clock.now()
    why = "it gives no address"
    # An advert can list any number of addresses.
    for address in dict.fromkeys((*advert.addresses[:3], advert.host)):
        try:
            identity = await api.identity(address, advert.port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            why = str(error) or "no answer in time"
        else:
            took = (clock.now() - began) * 1000
            return ApiLook(Answer.ANSWERS, address, ca_hash(identity.ca_pem), took)
    return ApiLook(Answer.SILENT, why=why)
