"""What a cluster says of itself, through a server that we are logged in to: its token and its nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.queries import ReadKubeconfig, ReadToken
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.token import JoinToken, parse_token
from sugarkube_tui.cluster.wording import few
from sugarkube_tui.engine.ladder import Listing
from sugarkube_tui.engine.logins import Identity, Logins
from sugarkube_tui.engine.ports import KubeNode, World

NO_LOGIN = "no server could be logged in to"
LIST_WITHIN_S = 5.0
"""For a list of nodes: a Pi with a card for a disk takes its time."""
NAMES_SHOWN = 3
"""Names of nodes that have the same reason which it has room for."""


class ControlPlane:
    """Credentials, and the lists of nodes that servers give for them.

    Args:
        token: what the CA is compared with; None: the one that a server tells.

    Attributes:
        source: the server that gave the credentials; None while none did.
        problem: why they are not complete.
    """

    def __init__(self, world: World, logins: Logins, token: JoinToken | None) -> None:
        self.token = token
        self.source: Identity | None = None
        self.problem = NO_LOGIN
        self._world = world
        self._logins = logins
        self._kubeconfig: Secret | None = None
        self._listings: dict[str, Listing] = {}

    @property
    def nodes(self) -> tuple[KubeNode, ...]:
        """The cluster's nodes, as the first server that could be asked lists them."""
        return next((listing.nodes for listing in self._listings.values() if listing.nodes), ())

    async def read(self) -> None:
        """Token and kubeconfig, from the first node that gives them.

        A token that was given is what the CA is compared with: a server's own proves less.
        """
        reasons: dict[str, list[str]] = {}
        for name in self._logins:
            try:
                self._kubeconfig = Secret(await self._logins.ask(name, ReadKubeconfig()))
                self.source = self._logins.identities[name]
                if self.token is None or self.token.ca_hash is None:
                    self.token = parse_token(await self._logins.ask(name, ReadToken()), name)
            except SugarkubeError as error:
                reasons.setdefault(_reason(error), []).append(name)
            else:
                self.problem = ""
                return
        # What most nodes say in the same words is said once.
        told = [f"{why}: {few(sorted(names), NAMES_SHOWN)}" for why, names in reasons.items()]
        self.problem = "; ".join((*told, *self._logins.refusals)) or NO_LOGIN

    async def list_at(self, hosts: Iterable[str]) -> None:
        """Ask these servers at once; `nodes` is what the first of them says."""
        await asyncio.gather(*map(self.list, hosts))

    async def list(self, host: str) -> Listing:
        """One server's list of nodes; it is asked once."""
        if self._kubeconfig is None:
            return Listing(problem=self.problem)
        if host not in self._listings:
            clock = self._world.clock
            began = clock.now()
            try:
                nodes = await self._world.kubernetes.nodes(self._kubeconfig, host, LIST_WITHIN_S)
                self._listings[host] = Listing(nodes, (clock.now() - began) * 1000)
            except SugarkubeError as error:
                took = (clock.now() - began) * 1000
                self._listings[host] = Listing((), took, error.what, error.remedy)
        return self._listings[host]


def _reason(error: SugarkubeError) -> str:
    return f"{error.what} ({error.why})" if error.why else error.what
