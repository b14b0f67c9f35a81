"""A fresh look at the LAN before anything is decided: which servers of this environment are alive?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from ipaddress import ip_address

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import KNOWN_ENVIRONMENTS, Environment
from sugarkube_tui.cluster.errors import said
from sugarkube_tui.cluster.findings import Answering, ApiLook
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import Api, Clock, Given, Interest, Lan

LISTEN_S = 2.5
"""Seconds to listen.  Queries go out at once and after 1 s (RFC 6762 §5.2), and answers come within
120 ms: two of them fit, so that silence means absence."""
ANSWER_WITHIN_S = 5.0
APIS_LIMIT = 64
"""Advertised APIs that are looked at together: more are a flood."""


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


class Listener:
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

    async def __aenter__(self) -> Listener:
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
    async with Listener(lan, interest, clock) as listener:
        await listener.until(lambda _: False, seconds)
    return listener.survey


async def live_servers(lan: Lan, api: Api, environment: Environment, clock: Clock) -> tuple[LiveServer, ...]:
    """The servers that advertise an environment, each with the CA that it really serves."""
    interest = Interest((environment,), layers=frozenset({Layer.ADVERTS}))
    survey = await listen(lan, interest, LISTEN_S, clock)
    adverts = survey.servers_of(environment)
    looks = await look_at_apis(api, adverts, clock)
    answers = ((advert, looks.get((advert.host, advert.port), ApiLook())) for advert in adverts)
    return tuple(LiveServer(advert.host, look.address, look.ca_hash) for advert, look in answers)


async def look_at_apis(api: Api, adverts: Sequence[Advert], clock: Clock) -> dict[tuple[str, int], ApiLook]:
    """What advertised APIs turn out to be, by host and port; of a flood only the first `APIS_LIMIT`."""
    by_socket = {(advert.host, advert.port): advert for advert in adverts}
    some = dict(list(by_socket.items())[:APIS_LIMIT])
    looks = await asyncio.gather(*(look_at_api(api, advert, clock) for advert in some.values()))
    return dict(zip(some, looks, strict=True))


async def look_at_api(api: Api, advert: Advert, clock: Clock) -> ApiLook:
    """Connect to the addresses that an advert gives, all at once, else to its name; the first CA counts.

    Addresses outside private networks are not dialled: whoever spreads an advert could send us anywhere.
    """
    began = clock.now()

    async def look_at(address: str) -> ApiLook:
        try:
            identity = await api.identity(address, advert.port, ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            return ApiLook(Answering.SILENT, why=said(error) or "no answer in time")
        took = (clock.now() - began) * 1000
        return ApiLook(Answering.ANSWERS, address, ca_hash(identity.ca_pem), took)

    near = [address for address in advert.addresses if ip_address(address).is_private][:3]
    found = ApiLook(Answering.SILENT, why="it gives no address")
    for together in (near, [advert.host]):
        looking = [asyncio.create_task(look_at(address)) for address in together]
        try:
            for look in asyncio.as_completed(looking):
                if (found := await look).answer is Answering.ANSWERS:
                    return found
        finally:
            for task in looking:
                task.cancel()
            await asyncio.gather(*looking, return_exceptions=True)
    return found
