"""The scan: one live look at the LAN, what it has found, and who is selected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing

from sugarkube_tui.cluster.advert import Advert, normal_host
from sugarkube_tui.cluster.choices import Defaults
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.findings import ApiLook, Finding, findings
from sugarkube_tui.cluster.hearing import Diagnosis, Hearing, diagnose
from sugarkube_tui.cluster.hosts import Host, Survey
from sugarkube_tui.cluster.sightings import AdvertSeen, Sighting
from sugarkube_tui.cluster.standing import LiveServer, natural
from sugarkube_tui.cluster.typed import TypedHost
from sugarkube_tui.engine.ports import Given, Interest, World
from sugarkube_tui.engine.survey import usual_interest
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.tui.state.apis import Apis
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.means import Means
from sugarkube_tui.tui.tasks import Tasks

QUIET_AFTER_S = 4.0
"""Seconds after which a look that heard nothing says so: queries go out at 0, 1 and 3 s."""


class Scan:
    """A look at the LAN that goes on while the operator works.

    Args:
        given: hosts that the operator named.
        consents: which networks may be swept.
        known_cas: the CA that an environment's known join token names.
    """

    def __init__(
        self,
        world: World,
        defaults: Defaults,
        given: Iterable[Given],
        consents: Consents,
        known_cas: Callable[[], Mapping[Environment, str]],
        tasks: Tasks,
        changes: Changes,
    ) -> None:
        self.survey = Survey()
        self.error: SugarkubeError | None = None
        self.given = list(given)
        self.means = Means(world.lan, consents)
        self.began = world.clock.now()
        self._world = world
        self._defaults = defaults
        self._known_cas = known_cas
        self._tasks = tasks
        self._changes = changes
        self._apis = Apis(world, tasks, changes)
        self._found: tuple[tuple[int, int], tuple[Finding, ...]] | None = None
        self._decided: dict[str, bool] = {}
        self._resumed = False
        self._ours = re.compile(rf"{re.escape(defaults.prefix)}\d*(-\d+)?|raspberrypi(-\d+)?")

    # -- looking

    def start(self) -> None:
        """Forget what was heard, and look afresh.  What the operator selected stays selected."""
        self.survey = Survey()
        self.error = None
        self._apis.forget()
        self.began = self._world.clock.now()
        self._tasks.start("scan", self._watch())
        self._changes.note()

    def stop(self) -> None:
        self._tasks.cancel("scan")
        self._apis.stop()

    def refresh(self) -> None:
        """Look again at advertised APIs whose last look is too old; for a screen that shows them."""
        if self.running:
            self._apis.refresh(advert for host in self.survey.hosts for advert in host.adverts)

    @property
    def running(self) -> bool:
        return self._tasks.running("scan")

    @property
    def listened(self) -> float:
        """Seconds since this look began."""
        return self._world.clock.now() - self.began

    @property
    def settled(self) -> bool:
        """The look is old enough for its silence to mean something."""
        return self.listened >= QUIET_AFTER_S

    @property
    def interest(self) -> Interest:
        choices = self._defaults.choices
        return self.means.applied_to(usual_interest(choices.environment, self._defaults.prefix, self.given))

    async def _watch(self) -> None:
        try:
            await self.means.find_interfaces()
            async with aclosing(self._world.lan.watch(self.interest)) as sightings:
                async for sighting in sightings:
                    self._fold(sighting)
        except SugarkubeError as error:
            self.error = error
        except OSError as error:
            self.error = SugarkubeError(
                "this workstation cannot listen on the LAN",
                why=str(error),
                remedy="connect it to the Pis' network, then look again",
            )
        self._changes.note()

    def _fold(self, sighting: Sighting) -> None:
        self.survey = self.survey.fold(sighting)
        if isinstance(sighting, AdvertSeen):
            self._apis.meet(sighting.advert)
        self._changes.note()

    # -- what was found

    @property
    def hosts(self) -> list[Host]:
        return sorted(self.survey.hosts, key=lambda host: natural(host.name))

    def host(self, name: str) -> Host | None:
        """The host of exactly this name, however strange it is."""
        return next((host for host in self.survey.hosts if host.name == name), None)

    def api(self, advert: Advert) -> ApiLook:
        return self._apis.look(advert)

    def live_servers(self, environment: Environment) -> tuple[LiveServer, ...]:
        """As far as this look has come; the review looks again."""
        return tuple(
            LiveServer(advert.host, look.address, look.ca_hash)
            for advert in self.survey.servers_of(environment)
            for look in (self.api(advert),)
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What to know before anything is formed here, the serious findings first."""
        moment = (self._changes.revision, int(self.listened))
        if self._found is None or self._found[0] != moment:
            now_ms, names = self.listened * 1000, self.interest.names
            found = findings(self.survey, self._apis.looks, self._known_cas(), now_ms, names)
            self._found = (moment, found)
        return self._found[1]

    @property
    def diagnosis(self) -> Diagnosis:
        """What keeps this workstation from hearing; nothing while it cannot be told."""
        return diagnose(self.survey) if self.settled else Diagnosis(Hearing.UNKNOWN)

    # -- selecting

    @property
    def selected(self) -> list[Host]:
        return [host for host in self.hosts if self.is_selected(host)]

    def is_selected(self, host: Host) -> bool:
        """The operator's word; else a host that was asked for, or one with an expected name that is in no
        other cluster.

        Servers of the environment itself are selected, too: the join token is read from them.  A host in
        ~/.ssh/config is not asked for by being there.  Of a saved plan, exactly its nodes are selected.
        """
        names = (host.name, *host.aliases)
        for name in (*names, *host.addresses):
            if name in self._decided:
                return self._decided[name]
        if self.given_for(host) is not None:
            return True
        if self._resumed:
            return False
        ours = self._defaults.choices.environment
        expected = any(self._ours.fullmatch(name.removesuffix(".local")) for name in (*names, host.ssh_alias))
        return expected and all(advert.environment == ours for advert in host.adverts)

    def toggle(self, name: str) -> None:
        host = self.host(name)
        if host is not None:
            self._decided[host.name] = not self.is_selected(host)
            self._changes.note()

    def leave_out(self, name: str) -> None:
        self._decided[name] = False
        self._changes.note()

    def add(self, typed: TypedHost) -> None:
        """Look for one more host; what was heard of the others is heard again at once."""
        given = Given.typed(typed)
        self.given = [*(one for one in self.given if one.name != given.name or one.ssh_alias), given]
        self._decided[given.name] = True
        self.start()

    def given_for(self, host: Host) -> Given | None:
        """How the operator named this host; None when it was found, or is only in ~/.ssh/config."""
        return next((one for one in self.given if not one.ssh_alias and _is_meant(one, host)), None)

    def resume(self, defaults: Defaults, nodes: Iterable[Given]) -> None:
        """Look for what a saved plan is about, with exactly its nodes selected."""
        self._defaults = defaults
        self._resumed = True
        self._decided.clear()
        aliases = [given for given in self.given if given.ssh_alias]
        self.given = [*aliases, *nodes]
        self.start()


def _is_meant(given: Given, host: Host) -> bool:
    names = {normal_host(given.name), normal_host(given.host)}
    return any(map(host.is_called, names)) or not names.isdisjoint(host.addresses)
