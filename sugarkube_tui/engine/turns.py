"""Turns: who may join the cluster when, and with what token (contract §15, "Order across nodes")."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager

from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.asking import Desk
from sugarkube_tui.engine.events import Spent
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.voice import Voice


class DependencyFailed(Exception):
    """What this node needs from another one will not come."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.what)
        self.evidence = evidence


class Turns:
    """The token that joiners wait for, and the order in which they go.

    Args:
        token: if it is known already.
        servers: names of the servers that are to be formed; the agents wait for all of them.
        desk: knows who waits for the operator, and whoever waits for those.
    """

    def __init__(self, token: JoinToken | None, servers: Iterable[str], desk: Desk) -> None:
        self._token = token
        self._no_token: Evidence | None = None
        self._servers_left = set(servers)
        self._in_turn = ""
        self._desk = desk

    def provide(self, token: JoinToken) -> None:
        if self._token is None:
            self._token = token
            self._desk.bell.ring()

    def left(self, name: str) -> None:
        """A node's part has ended, well or not."""
        if name in self._servers_left:
            self._servers_left.discard(name)
            self._desk.bell.ring()

    def source_failed(self, source: str, evidence: Evidence) -> None:
        """The node that the token was to come from has failed."""
        self._no_token = Evidence(
            f"needs the join token of {source}, which failed",
            evidence.what,
            f"settle {source} first, then run it again",
        )
        self._desk.bell.ring()

    async def token(self, node: Voice, source: str) -> JoinToken:
        """The join token, as soon as there is one.

        Raises:
            DependencyFailed: there will be none.
        """
        await self._wait(
            node,
            "waiting for the first server",
            lambda: (source,) if self._token is None and self._no_token is None else (),
            lambda: f"{source} is not up yet",
        )
        if self._token is None:
            raise DependencyFailed(self._no_token or Evidence("there is no join token"))
        return self._token

    @asynccontextmanager
    async def server_turn(self, node: Voice) -> AsyncIterator[None]:
        """Hold the turn to join as a server: etcd takes one learner at a time."""
        await self._wait(
            node,
            "waiting for its turn to join",
            lambda: (self._in_turn,) if self._in_turn else (),
            lambda: f"{self._in_turn} is joining",
        )
        self._in_turn = node.name
        try:
            yield
        finally:
            self._in_turn = ""
            self._desk.bell.ring()

    async def servers_done(self, node: Voice) -> None:
        """Wait until no server is left to be formed."""
        await self._wait(
            node,
            "waiting for the servers",
            lambda: sorted(self._servers_left),
            lambda: f"still to come: {', '.join(sorted(self._servers_left))}",
        )

    async def _wait(
        self, node: Voice, what: str, others: Callable[[], Collection[str]], seen: Callable[[], str]
    ) -> None:
        """Wait until there are no `others` to wait for, and tell what is seen when that changes."""
        if not others():
            return
        told = ""
        with node.stopwatch.spending(Spent.WAITING):
            try:
                while left := others():
                    asking = [name for name in left if name in self._desk.asking]
                    news = f"{', '.join(asking)} waits for your answer" if asking else seen()
                    if news != told:
                        node.waiting(what, None, news, left)
                        told = news
                    await self._desk.bell.rung()
            finally:
                node.wait_ended()
