"""The proof: the engine's verification, rung by rung as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.token import JoinToken
from sugarkube_tui.engine.ports import Target, World
from sugarkube_tui.engine.verify import Check, Proof, Rung, read_credentials, verify
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks


class Proving:
    """One look from outside at a time; a new one forgets the one before."""

    def __init__(self, world: World, tasks: Tasks, changes: Changes) -> None:
        self.proof: Proof | None = None
        self.error: SugarkubeError | None = None
        self.checks: dict[str, dict[Rung, Check]] = {}
        self._world = world
        self._tasks = tasks
        self._changes = changes

    @property
    def running(self) -> bool:
        return self._tasks.running("proof")

    @property
    def ok(self) -> bool:
        return self.proof is not None and self.proof.ok

    def start(
        self,
        environment: Environment,
        servers: Sequence[Target],
        expected: Sequence[str],
        token: JoinToken | None,
        registration_address: str,
    ) -> None:
        """Look afresh.

        Args:
            servers: the servers that can be logged in to, for token and kubeconfig.
            expected: `.local` names of the servers that must be there.
        """
        self.proof, self.error = None, None
        self.checks = {host: {} for host in expected}
        self._tasks.start("proof", self._verify(environment, servers, expected, token, registration_address))
        self._changes.note()

    def stop(self) -> None:
        self._tasks.cancel("proof")

    async def _verify(
        self,
        environment: Environment,
        servers: Sequence[Target],
        expected: Sequence[str],
        token: JoinToken | None,
        registration_address: str,
    ) -> None:
        try:
            credentials = await read_credentials(self._world, servers, token)
            self.proof = await verify(
                self._world, environment, expected, credentials, registration_address, self._fold
            )
        except SugarkubeError as error:
            self.error = error

    def _fold(self, check: Check) -> None:
        self.checks.setdefault(check.host, {})[check.rung] = check
        self._changes.note()
