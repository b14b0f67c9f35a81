"""The scan: one live look at the LAN, what the API servers say of themselves, and who is selected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.hosts import AdvertSeen, Host, HostSeen, Sighting, Survey
from sugarkube_tui.cluster.standing import LiveServer, natural
from sugarkube_tui.cluster.token import ca_hash
from sugarkube_tui.engine.ports import Interest, World
from sugarkube_tui.engine.survey import usual_interest
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks

ANSWER_WITHIN_S = 5.0
QUIET_AFTER_S = 4.0
"""Seconds after which a look that heard nothing says so: queries go out at 0, 1 and 3 s."""


class Answering(StrEnum):
    """What an advertised API was found to do."""

    ASKING = "asking"
    ANSWERS = "answers"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class ApiLook:
    """An advertised API, looked at.

    Attributes:
        address: where it answered.
        ca_hash: of the CA it serves.
        why: why it is silent.
    """

    answering: Answering = Answering.ASKING
    address: str = ""
    ca_hash: str = ""
    ms: float | None = None
    why: str = ""


class Scan:
    """A look at the LAN that goes on while the operator works."""

    def __init__(
        self, world: World, defaults: Defaults, typed: Iterable[str], tasks: Tasks, changes: Changes
    ) -> None:
        self.survey = Survey()
        self.error: SugarkubeError | None = None
        self.typed = list(typed)
        self.began = world.clock.now()
        self.last_ms = 0.0
        self._world = world
        self._defaults = defaults
        self._tasks = tasks
        self._changes = changes
        self._apis: dict[tuple[str, int], ApiLook] = {}
        self._decided: dict[str, bool] = {}
        self._ours = re.compile(rf"{re.escape(defaults.prefix)}\d*(-\d+)?|raspberrypi(-\d+)?")

    # -- looking

    def start(self) -> None:
        """Forget what was heard, and look afresh.  What the operator selected stays selected."""
        self.survey = Survey()
        self.error = None
        self._apis.clear()
        self.began = self._world.clock.now()
        self.last_ms = 0.0
        self._tasks.cancel("api")
        self._tasks.start("scan", self._watch())
        self._changes.note()

    def stop(self) -> None:
        self._tasks.cancel("scan")
        self._tasks.cancel("api")

    @property
    def running(self) -> bool:
        return self._tasks.running("scan")

    @property
    def listened(self) -> float:
        """Seconds since this look began."""
        return self._world.clock.now() - self.began

    @property
    def quiet(self) -> bool:
        """Long enough without any host to say that there is none."""
        return not self.survey.hosts and self.listened >= QUIET_AFTER_S

    @property
    def interest(self) -> Interest:
        return usual_interest(self._defaults.choices.environment, self._defaults.prefix, tuple(self.typed))

    async def _watch(self) -> None:
        try:
            async with aclosing(self._world.lan.watch(self.interest)) as sightings:
                async for sighting in sightings:
                    self._fold(sighting)
        except SugarkubeError as error:
            self.error = error
        except OSError as error:
            self.error = SugarkubeError(
                "this workstation cannot listen on the LAN",
                why=str(error),
                remedy="connect it to the Pis' network, then look again with r",
            )
        self._changes.note()

    def _fold(self, sighting: Sighting) -> None:
        self.survey = self.survey.fold(sighting)
        if isinstance(sighting, HostSeen | AdvertSeen):
            self.last_ms = max(self.last_ms, sighting.at_ms)
        if isinstance(sighting, AdvertSeen):
            self._look_at(sighting.advert)
        self._changes.note()

    def _look_at(self, advert: Advert) -> None:
        key = (advert.host or advert.instance, advert.port)
        if key not in self._apis:
            self._apis[key] = ApiLook()
            self._tasks.start(f"api/{key[0]}:{key[1]}", self._identify(advert, key))

    async def _identify(self, advert: Advert, key: tuple[str, int]) -> None:
        began = self._world.clock.now()
        why = "it gives no address"
        for address in dict.fromkeys((*advert.addresses, advert.host)):
            if not address:
                continue
            try:
                identity = await self._world.api.identity(address, advert.port, ANSWER_WITHIN_S)
            except (OSError, TimeoutError) as error:
                why = str(error) or "no answer in time"
                continue
            took = (self._world.clock.now() - began) * 1000
            self._apis[key] = ApiLook(Answering.ANSWERS, address, ca_hash(identity.ca_pem), took)
            self._changes.note()
            return
        self._apis[key] = ApiLook(Answering.SILENT, why=why)
        self._changes.note()

    def api(self, advert: Advert) -> ApiLook:
        return self._apis.get((advert.host or advert.instance, advert.port), ApiLook())

    def live_servers(self, environment: Environment) -> tuple[LiveServer, ...]:
        """As far as this look has come; the review looks again."""
        return tuple(
            LiveServer(advert.host, look.address, look.ca_hash)
            for advert in self.survey.servers_of(environment)
            for look in (self.api(advert),)
        )

    # -- selecting

    @property
    def hosts(self) -> list[Host]:
        return sorted(self.survey.hosts, key=lambda host: natural(host.name))

    def host(self, name: str) -> Host | None:
        """The host of exactly this name, however strange it is."""
        return next((host for host in self.survey.hosts if host.name == name), None)

    @property
    def selected(self) -> list[Host]:
        return [host for host in self.hosts if self.is_selected(host)]

    def is_selected(self, host: Host) -> bool:
        """The operator's word; else a typed host, or one with an expected name that is in no other cluster.

        Servers of the environment itself are selected, too: the join token is read from them.
        """
        for name in (host.name, *host.aliases):
            if name in self._decided:
                return self._decided[name]
        if any(host.is_called(name) or name in host.addresses for name in self.typed):
            return True
        ours = self._defaults.choices.environment
        return bool(self._ours.fullmatch(host.short_name)) and all(
            advert.environment == ours for advert in host.adverts
        )

    def toggle(self, name: str) -> None:
        host = self.host(name)
        if host is not None:
            self._decided[host.name] = not self.is_selected(host)
            self._changes.note()

    def leave_out(self, name: str) -> None:
        self._decided[name] = False
        self._changes.note()

    def add(self, name: str) -> None:
        """Look for one more host; what was heard of the others is heard again at once."""
        if name not in self.typed:
            self.typed.append(name)
        self._decided[name] = True
        self.start()
