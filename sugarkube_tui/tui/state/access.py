"""Access: logging in to the selected hosts, and reading who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.cluster.errors import InvalidInput, SugarkubeError
from sugarkube_tui.cluster.facts import NodeFacts
from sugarkube_tui.cluster.hosts import Host
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.events import Evidence
from sugarkube_tui.engine.ports import Login, Target, World
from sugarkube_tui.steps.catalog import PROBED, read_facts
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks
from sugarkube_tui.tui.words import problem_of


class Entry(StrEnum):
    """How far logging in to a host has come."""

    UNTRIED = "not tried yet"
    TRYING = "logging in"
    IN = "in"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HostAccess:
    """One host's access.

    Attributes:
        login: what was tried, and works when `entry` is `IN`.
        facts: what its probes said.
    """

    host: Host
    entry: Entry = Entry.UNTRIED
    login: Login = field(default_factory=Login)
    facts: NodeFacts | None = None
    problem: Evidence | None = None
    ms: float | None = None

    @property
    def name(self) -> str:
        return self.host.short_name

    @property
    def target(self) -> Target:
        alias = self.host.ssh_alias or self.host.name
        return Target(self.name, self.host.address, self.login, alias=alias)


@dataclass(slots=True)
class LoginForm:
    """What is in the fields.  It goes for every host that is not in yet."""

    user: str
    identity: str = ""
    password: str = ""
    sudo_password: str = ""
    port: int = 22

    @classmethod
    def of(cls, login: Login) -> LoginForm:
        return cls(
            login.user,
            str(login.identity or ""),
            login.password.reveal() if login.password else "",
            login.sudo_password.reveal() if login.sudo_password else "",
            login.port,
        )

    def read(self) -> Login:
        """The login that the fields say.

        Raises:
            InvalidInput: a field cannot be used.
        """
        user = self.user.strip()
        if not user or any(character.isspace() for character in user):
            raise InvalidInput("the user's name is empty or has blanks", where="User", remedy="usually: pi")
        identity = Path(self.identity.strip()).expanduser() if self.identity.strip() else None
        if identity is not None and not identity.is_file():
            raise InvalidInput(
                f"there is no file {identity}",
                where="Identity file",
                remedy="give a private key, or leave it empty for the agent's keys and the default files",
            )
        return Login(
            user,
            self.port,
            identity,
            Secret(self.password) if self.password else None,
            Secret(self.sudo_password) if self.sudo_password else None,
        )


class Access:
    """Logs in to hosts concurrently; each keeps the login that let us in."""

    def __init__(self, world: World, login: Login, tasks: Tasks, changes: Changes) -> None:
        self.form = LoginForm.of(login)
        self.hosts: dict[str, HostAccess] = {}
        self._world = world
        self._tasks = tasks
        self._changes = changes

    def choose(self, hosts: Sequence[Host]) -> None:
        """The hosts it is about; what is known of those that stay is kept."""
        before = self.hosts
        self.hosts = {
            host.short_name: known
            if (known := before.get(host.short_name)) and known.host.address == host.address
            else HostAccess(host)
            for host in hosts
        }
        for name in before.keys() - self.hosts.keys():
            self._tasks.cancel(f"access/{name}")
        self._changes.note()

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
    def facts(self) -> dict[str, NodeFacts]:
        return {name: one.facts for name, one in self.hosts.items() if one.facts is not None}

    def test(self, *, all_again: bool = False) -> None:
        """Log in to the hosts that are not in yet, with what the form says.

        Raises:
            InvalidInput: a field cannot be used.
        """
        login = self.form.read()
        for name, one in self.hosts.items():
            if one.entry is Entry.TRYING or (one.entry is Entry.IN and not all_again):
                continue
            trying = HostAccess(one.host, Entry.TRYING, login)
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
        began = self._world.clock.now()
        try:
            machine = await self._world.machines.open(one.target)
            try:
                facts = read_facts(await machine.probe([step.id for step in PROBED]))
            finally:
                await machine.close()
        except (SugarkubeError, TimeoutError, OSError) as error:
            self._put(one.name, HostAccess(one.host, Entry.FAILED, one.login, problem=problem_of(error)))
            return
        took = (self._world.clock.now() - began) * 1000
        self._put(one.name, HostAccess(one.host, Entry.IN, one.login, facts, ms=took))

    def _put(self, name: str, access: HostAccess) -> None:
        if name in self.hosts:
            self.hosts[name] = access
        self._changes.note()
