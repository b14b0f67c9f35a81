"""A fresh look at the LAN before anything is decided: which servers of this environment are alive?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import KNOWN_ENVIRONMENTS, Environment
from sugarkube_tui.cluster.hosts import Sighting, Survey
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import Api, Clock, Interest, Lan

LISTEN_S = 2.5
"""Seconds to listen.  Queries go out at once and after 1 s (RFC 6762 §5.2), and answers come within
120 ms: two of them fit, so that silence means absence."""
ANSWER_WITHIN_S = 5.0


EXPECTED_NAMES = 10
"""How many names `<prefix>0`, `<prefix>1`, … a scan asks for."""


def usual_interest(chosen: Environment, prefix: str, typed: Sequence[str] = ()) -> Interest:
    """What a scan looks for: the chosen and the usual environments, expected names, and typed hosts."""
    environments = dict.fromkeys((chosen.name, *KNOWN_ENVIRONMENTS))
    names = [f"{prefix}{number}.local" for number in range(EXPECTED_NAMES)]
    return Interest(
        tuple(Environment(name, chosen.cluster) for name in environments),
        (*names, "raspberrypi.local"),  # what every fresh Pi is called
        tuple(typed),
    )


def never_enough(sighting: Sighting) -> bool:
    return False


async def listen(
    lan: Lan,
    interest: Interest,
    seconds: float,
    clock: Clock,
    enough: Callable[[Sighting], bool] = never_enough,
) -> Survey:
    """All that is heard, from a fresh look, until the time is over or a sighting is `enough`."""
    survey = Survey()

    async def collect() -> None:
        nonlocal survey
        async with aclosing(lan.watch(interest)) as sightings:
            async for sighting in sightings:
                survey = survey.fold(sighting)
                if enough(sighting):
                    return

    collector = asyncio.create_task(collect())
    sleeper = asyncio.create_task(clock.sleep(seconds))
    try:
        done, _ = await asyncio.wait({collector, sleeper}, return_when=asyncio.FIRST_COMPLETED)
        if collector in done:
            collector.result()  # a look that cannot be had has failed
    finally:
        collector.cancel()
        sleeper.cancel()
        await asyncio.gather(collector, sleeper, return_exceptions=True)
    return survey


async def live_servers(lan: Lan, api: Api, environment: Environment, clock: Clock) -> tuple[LiveServer, ...]:
    """The servers that advertise an environment, each with the CA that it really serves."""
    survey = await listen(lan, Interest((environment,)), LISTEN_S, clock)
    adverts = survey.servers_of(environment)
    return tuple(await asyncio.gather(*(_live(api, advert) for advert in adverts)))


async def _live(api: Api, advert: Advert) -> LiveServer:
    # An advert can list any number of addresses.
    for address in (*advert.addresses[:3], advert.host):
        with suppress(OSError, TimeoutError):
            identity = await api.identity(address, advert.port, ANSWER_WITHIN_S)
            return LiveServer(advert.host, address, ca_hash(identity.ca_pem))
    return LiveServer(advert.host, "", "")
