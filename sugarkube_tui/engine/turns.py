"""Turns: who may join the cluster when, and with what token (contract §15, "Order across nodes")."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.events import Evidence, Spent
from sugarkube_tui.engine.node import NodeRun


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
    """

    def __init__(self, token: JoinToken | None, servers: Iterable[str]) -> None:
        self._token: asyncio.Future[JoinToken] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting when it fails.
        self._token.add_done_callback(lambda future: future.cancelled() or future.exception())
        if token is not None:
            self._token.set_result(token)
        self._servers_left = set(servers)
        self._in_turn = ""
        self._change = asyncio.Event()

    def provide(self, token: JoinToken) -> None:
        if not self._token.done():
            self._token.set_result(token)

    def left(self, name: str) -> None:
        """A node's part has ended, well or not."""
        self._servers_left.discard(name)
        self._changed()

    def source_failed(self, source: str, evidence: Evidence) -> None:
        """The node that the token was to come from has failed."""
        if not self._token.done():
            self._token.set_exception(
                DependencyFailed(
                    Evidence(
                        f"needs the join token of {source}, which failed",
                        evidence.what,
                        f"settle {source} first, then run it again",
                    )
                )
            )

    async def token(self, node: NodeRun, source: str) -> JoinToken:
        """The join token, as soon as there is one.

        Raises:
            DependencyFailed: there will be none.
        """
        if self._token.done():
            return self._token.result()
        with _waiting(node):
            node.waiting("waiting for the first server", None, f"{source} is not up yet")
            return await asyncio.shield(self._token)

    @asynccontextmanager
    async def server_turn(self, node: NodeRun) -> AsyncIterator[None]:
        """Hold the turn to join as a server: etcd takes one learner at a time."""
        with _waiting(node):
            while self._in_turn:
                node.waiting("waiting for its turn to join", None, f"{self._in_turn} is joining")
                await self._change.wait()
        self._in_turn = node.name
        try:
            yield
        finally:
            self._in_turn = ""
            self._changed()

    async def servers_done(self, node: NodeRun) -> None:
        """Wait until no server is left to be formed."""
        with _waiting(node):
            while self._servers_left:
                left = ", ".join(sorted(self._servers_left))
                node.waiting("waiting for the servers", None, f"still to come: {left}")
                await self._change.wait()

    def _changed(self) -> None:
        """Let everybody who waits look again."""
        self._change.set()
        self._change = asyncio.Event()


@contextmanager
def _waiting(node: NodeRun) -> Iterator[None]:
    with node.stopwatch.spending(Spent.WAITING):
        try:
            yield
        finally:
            node.wait_ended()
