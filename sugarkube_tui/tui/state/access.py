"""Access: logging in to the selected hosts, and reading who they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sugarkube_tui.cluster.errors import (
    HostKeyChanged,
    InvalidInput,
    KeyChange,
    SugarkubeError,
    Trouble,
)
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.saved_plan import SavedNode
from sugarkube_tui.engine.advice import with_advice
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import Given, Login, SshAdvice, Target, World
from sugarkube_tui.engine.resuming import host_of
from sugarkube_tui.steps.catalog import PROBED, read_facts
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.login_form import LoginForms
from sugarkube_tui.tui.tasks import Tasks


class Entry(StrEnum):
    """How far logging in to a host has come."""

    UNTRIED = "not tried"
    TRYING = "logging in"
    IN = "in"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HostAccess:
    """One host's access.

    Attributes:
        login: what was tried, and works when `entry` is `IN`.
        advice: what ~/.ssh/config says about it, once it was tried.
        facts: what its probes said.
        problem: why it failed.
        change: of its host key, where that is the trouble.
        ms: how long the login took.
    """

    host: Host
    entry: Entry = Entry.UNTRIED
    login: Login = field(default_factory=Login)
    advice: SshAdvice = field(default_factory=SshAdvice)
    facts: NodeFacts | None = None
    problem: Evidence | None = None
    change: KeyChange | None = None
    ms: float | None = None

    @property
    def name(self) -> str:
        return self.host.short_name

    @property
    def alias(self) -> str:
        """What ~/.ssh/config and known_hosts may call it."""
        return self.host.ssh_alias or self.host.name

    @property
    def trouble(self) -> Trouble | None:
        """Of which kind the problem is; None when it is no matter of access, or there is none."""
        return self.problem.trouble if self.problem is not None else None

    @property
    def target(self) -> Target:
        return Target(self.name, self.host.address, self.login, alias=self.alias)

    def failed(self, error: BaseException) -> HostAccess:
        """The same, with what went wrong."""
        return replace(
            self,
            entry=Entry.FAILED,
            problem=evidence_of(error),
            change=error.change if isinstance(error, HostKeyChanged) else None,
        )


class Access:
    """Logs in to hosts concurrently; each keeps the login that let us in.

    Attributes:
        forms: go for the hosts that are not in yet.
    """

    def __init__(self, world: World, login: Login, tasks: Tasks, changes: Changes) -> None:
        self.forms = LoginForms(login)
        self.hosts: dict[str, HostAccess] = {}
        self._world = world
        self._tasks = tasks
        self._changes = changes

    def choose(self, hosts: Sequence[Host], named: Mapping[str, Given | None] | None = None) -> None:
        """The hosts it is about; what is known of those that stay is kept.

        Args:
            named: by host, how the operator named it: a user or port makes a login of its own.
        """
        before = self.hosts
        self.hosts = {
            host.short_name: known
            if (known := before.get(host.short_name)) and known.host.address == host.address
            else HostAccess(host)
            for host in hosts
        }
        for name in before.keys() - self.hosts.keys():
            self._tasks.cancel(f"access/{name}")
        self.forms.name(named or {})
        self._changes.note()

    def resume(self, nodes: Sequence[SavedNode]) -> None:
        """The hosts of a saved plan, with their logins."""
        self.forms.take_up(nodes)
        self.choose([host_of(node) for node in nodes])

    def separate(self, name: str) -> None:
        """Give this host a form of its own, which begins with what was tried last."""
        one = self.hosts[name]
        tried = one.entry in (Entry.IN, Entry.FAILED)
        self.forms.separate(name, one.login if tried else None)
        self._changes.note()

    def rejoin(self, name: str) -> None:
        """Let the common form go for this host again."""
        self.forms.rejoin(name)
        self._changes.note()

    # -- hosts

    def leave_out(self, name: str) -> None:
        self._tasks.cancel(f"access/{name}")
        self.hosts.pop(name, None)
        self._changes.note()

    @property
    def all_in(self) -> bool:
        return bool(self.hosts) and all(one.entry is Entry.IN for one in self.hosts.values())

    @property
    def busy(self) -> bool:
        return any(one.entry is Entry.TRYING for one in self.hosts.values())

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(one.target for one in self.hosts.values())

    @property
    def intended(self) -> tuple[Target, ...]:
        """The same, but hosts that are not in yet have the login that is tried next."""
        return tuple(replace(one, login=self._next_login(one)).target for one in self.hosts.values())

    def _next_login(self, one: HostAccess) -> Login:
        if one.entry is Entry.IN:
            return one.login
        try:
            return with_advice(self.forms.of(one.name).read(), one.advice)
        except InvalidInput:
            return one.login  # what is half typed is no login yet

    @property
    def facts(self) -> dict[str, NodeFacts]:
        return {name: one.facts for name, one in self.hosts.items() if one.facts is not None}

    # -- logging in

    def begin(self) -> bool:
        """Log in to the hosts that were never tried; True when there were any.

        Raises:
            InvalidInput: as for `test`.
        """
        new = [name for name, one in self.hosts.items() if one.entry is Entry.UNTRIED]
        self._test(new)
        return bool(new)

    def test(self, *, all_again: bool = False) -> None:
        """Log in to the hosts that are not in yet, with what their forms say.

        Raises:
            InvalidInput: a field cannot be used.
        """
        self._test([name for name, one in self.hosts.items() if all_again or one.entry is not Entry.IN])

    def trust(self, name: str) -> None:
        """Pin the host key that was shown last, in place of the one before, and log in with it.

        Raises:
            InvalidInput: a field cannot be used.
            SugarkubeError: the pins cannot be written.
        """
        change = self.hosts[name].change
        if change is not None:
            self._world.host_keys.replace(change)
            self._test([name])

    def _test(self, names: Sequence[str]) -> None:
        names = [name for name in names if self.hosts[name].entry is not Entry.TRYING]
        logins = {name: self.forms.of(name).read() for name in names}  # before any is tried
        for name, login in logins.items():
            trying = HostAccess(self.hosts[name].host, Entry.TRYING, login)
            self.hosts[name] = trying
            self._tasks.start(f"access/{name}", self._try(trying))
        self._changes.note()

    def stop(self) -> None:
        """Give up what is still being tried."""
        self._tasks.cancel("access")
        for name, one in self.hosts.items():
            if one.entry is Entry.TRYING:
                self.hosts[name] = HostAccess(one.host)
        self._changes.note()

    async def _try(self, one: HostAccess) -> None:
        try:
            one = await self._advised(one)
            began = self._world.clock.now()
            machine = await self._world.machines.open(one.target)
            try:
                facts = read_facts(await machine.probe([step.id for step in PROBED]))
            finally:
                await machine.close()
        except (SugarkubeError, TimeoutError, OSError) as error:
            self._put(one.failed(error))
            return
        took = (self._world.clock.now() - began) * 1000
        self._put(replace(one, entry=Entry.IN, facts=facts, ms=took))

    async def _advised(self, one: HostAccess) -> HostAccess:
        """With the user that ~/.ssh/config names, where the operator named none."""
        advice = await self._world.ssh_settings.advice(one.alias, one.host.address)
        advised = replace(one, advice=advice, login=with_advice(one.login, advice))
        self._put(advised)
        return advised

    def _put(self, access: HostAccess) -> None:
        if access.name in self.hosts:
            self.hosts[access.name] = access
        self._changes.note()
