"""Looking before anything is changed: logging in everywhere while the LAN is listened to."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sugarkube_tui.cluster.choices import Choices
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.plan import Problem, Severity
from sugarkube_tui.cluster.queries import ResolveChannel
from sugarkube_tui.cluster.standing import LiveServer
from sugarkube_tui.engine.errors import evidence_of
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.node import NodeRun
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import World
from sugarkube_tui.engine.survey import live_servers


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What came of it; the nodes' facts are with them.

    Attributes:
        live: servers that advertise the environment.
        problems: why the LAN could not be listened to, if so.
        failures: nodes that could not be logged in to or read, with the reason.
    """

    live: tuple[LiveServer, ...]
    problems: tuple[Problem, ...]
    failures: dict[str, Evidence]


async def look_around(
    world: World, environment: Environment, nodes: Mapping[str, NodeRun], on_read: Callable[[str], None]
) -> FirstLook:
    """Log in to all nodes, read their facts, and listen on the LAN meanwhile.

    Args:
        on_read: is told the name of each node whose facts were read.
    """
    listening = asyncio.create_task(live_servers(world.lan, world.api, environment, world.clock))
    try:
        outcomes = await asyncio.gather(
            *(_connect(node, listening, on_read) for node in nodes.values()), return_exceptions=True
        )
        await asyncio.wait({listening})
    finally:
        listening.cancel()
    failures: dict[str, Evidence] = {}
    for name, outcome in zip(nodes, outcomes, strict=True):
        if isinstance(outcome, SugarkubeError | TimeoutError | OSError):
            failures[name] = evidence_of(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
    try:
        return FirstLook(await listening, (), failures)
    except SugarkubeError as error:
        return FirstLook((), (_deaf(error),), failures)


async def _connect(
    node: NodeRun, listening: asyncio.Task[tuple[LiveServer, ...]], on_read: Callable[[str], None]
) -> None:
    await node.connection.open()
    on_read(node.name)
    with node.voice.stopwatch.spending(Spent.WAITING):
        await asyncio.wait({listening})


def _deaf(error: SugarkubeError) -> Problem:
    return Problem(
        "this workstation cannot listen on the nodes' network",
        "the first server listens there itself before it starts; "
        "servers that live elsewhere are not counted: choose them, too",
        Severity.WARNING,
        why=error.what,
    )


def by_own_names(nodes: Mapping[str, NodeRun], failures: Collection[str]) -> dict[str, NodeRun]:
    """A node that was given by its address is called by its own name, as far as that tells nodes apart."""
    facts = {name: node.connection.facts for name, node in nodes.items()}
    hostnames = [read.access.hostname for read in facts.values() if read is not None]
    renamed: dict[str, NodeRun] = {}
    for name, node in nodes.items():
        read = facts[name]
        hostname = read.access.hostname if read is not None else ""
        taken = hostnames.count(hostname) > 1 or hostname in nodes
        if name not in failures and hostname and not taken and is_address(name):
            node.voice.name = hostname
        renamed[node.name] = node
    return renamed


class Release:
    """The k3s release that new nodes get: the one that is chosen, else the channel's, resolved once."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._version = choices.version
        self._turn = asyncio.Lock()

    async def settle(self, nodes: Iterable[NodeRun]) -> str | None:
        """Which one it is; None while no node can ask, and for a release that is brought along."""
        async with self._turn:
            if self._version is None and self._choices.airgap is None:
                self._version = await _resolve_channel(nodes, self._choices)
            return self._version


async def _resolve_channel(nodes: Iterable[NodeRun], choices: Choices) -> str | None:
    """The version behind the channel, the same for all nodes; None while no node can ask for it."""
    for node in nodes:
        facts = node.connection.facts
        if facts is None or "curl" in facts.packages.missing:
            continue
        try:
            url = await node.connection.ask(ResolveChannel(choices.channel))
        except SugarkubeError:
            continue
        version = url.strip().rstrip("/").rsplit("/", 1)[-1].replace("%2B", "+")
        return replace(choices, channel=version).version
    return None


def is_address(name: str) -> bool:
    """The name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
