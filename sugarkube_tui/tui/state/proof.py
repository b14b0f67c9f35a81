"""The proof: one fresh look after another, for as long as somebody watches."""

from __future__ import annotations

import asyncio
from collections import deque

from sugarkube_tui.cluster.advert import normal_host
from sugarkube_tui.cluster.standing import natural
from sugarkube_tui.engine.ports import WireLine, World
from sugarkube_tui.engine.proof import Check, Proof, Rung, ServerProof
from sugarkube_tui.engine.subject import Subject
from sugarkube_tui.engine.verify import Verifier
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.state.looks import Change, Look
from sugarkube_tui.tui.state.wire import Wire
from sugarkube_tui.tui.tasks import Tasks

REST_S = 10.0
"""Seconds from the end of one look to the next."""
KEPT_LOOKS = 20
TASK = "proof"


class Proving:
    """Looks at one cluster, again and again; what an earlier look found stays until a new one replaces it.

    Args:
        capturing: whether packets are taken down from the start.

    Attributes:
        checks: each server's rungs as they were decided last, by host.
        changed: the rungs that were something else at the look before.
        proof: the last look that came to its end.
        note: what the present look waits for.
        due: when the next look begins, by the world's clock; None while one goes on.
        looks: the last ones, the newest last.
    """

    def __init__(self, world: World, tasks: Tasks, changes: Changes, *, capturing: bool = False) -> None:
        self.capturing = capturing
        self._world = world
        self._tasks = tasks
        self._changes = changes
        self._wanted = asyncio.Event()
        self._forget(None)

    def _forget(self, subject: Subject | None) -> None:
        hosts = map(normal_host, subject.expected if subject is not None else ())
        self.checks: dict[str, dict[Rung, Check]] = {host: {} for host in hosts}
        self.changed: dict[tuple[str, Rung], Change] = {}
        self.proof: Proof | None = None
        self.note = ""
        self.due: float | None = None
        self.looks: deque[Look] = deque(maxlen=KEPT_LOOKS)
        self.wire = Wire()
        self._subject = subject
        self._verifier: Verifier | None = None
        self._before = self.checks
        self._opened = self._began = self._world.clock.now()

    # -- what is known

    @property
    def looking(self) -> bool:
        return self._tasks.running(TASK) and self.due is None

    @property
    def due_in(self) -> float | None:
        """Seconds until the next look; None while one goes on, and when none will come."""
        return max(0.0, self.due - self._world.clock.now()) if self.due is not None else None

    @property
    def ok(self) -> bool:
        """The last look has proved the cluster."""
        return self.proof is not None and self.proof.ok

    def server(self, host: str) -> ServerProof | None:
        """What the last whole look made of a server."""
        servers = self.proof.servers if self.proof is not None else ()
        return next((server for server in servers if server.host == host), None)

    # -- looking

    def forget(self) -> None:
        """Look no more, and know nothing."""
        self.stop()
        self._forget(None)

    def start(self, subject: Subject) -> None:
        """Forget what was, and look at this cluster until `stop`."""
        self.stop()
        self._forget(subject)
        self.again()

    def again(self) -> None:
        """Look at once, or as soon as the present look has ended."""
        if self._subject is None:
            return
        self._wanted.set()
        if not self._tasks.running(TASK):
            sink = self._hear if self.capturing else None
            self._verifier = Verifier(self._world, self._subject, self._fold, self._tell, sink)
            self._tasks.start(TASK, self._go_on(self._verifier))
        self._changes.note()

    def stop(self) -> None:
        """Look no more; what was found stays."""
        self._tasks.cancel(TASK)
        self.due = None

    def capture(self, capturing: bool) -> None:
        """Take down packets, from a fresh look on, or no more."""
        self.capturing = capturing
        if self._verifier is not None:
            self._verifier.on_wire = self._hear if capturing else None
        if capturing:
            self.again()

    async def _go_on(self, verifier: Verifier) -> None:
        try:
            while True:
                self._wanted.clear()
                await self._look(verifier)
                await self._rest()
        finally:
            await verifier.close()

    async def _look(self, verifier: Verifier) -> None:
        self.due, self._began = None, self._world.clock.now()
        self._before = {host: dict(rungs) for host, rungs in self.checks.items()}
        at_s = self._began - self._opened
        try:
            proof = await verifier.look()
        except Exception:
            self.proof = None  # what was proved before says nothing any more
            raise
        hosts = {server.host for server in proof.servers}
        earlier = set(self._before) if self.proof is not None else hosts
        self.proof = proof
        self.checks = {host: rungs for host, rungs in self.checks.items() if host in hosts}
        self.changed = {cell: change for cell, change in self.changed.items() if change.host in hosts}
        self.looks.append(
            Look(
                at_s,
                proof.ok,
                proof.seen,
                proof.must_be,
                proof.ms_elapsed,
                tuple(sorted(self.changed.values(), key=_place)),
                tuple(sorted(hosts - earlier, key=natural)),
                tuple(sorted(earlier - hosts, key=natural)),
            )
        )

    async def _rest(self) -> None:
        """Until the next look is due, or wanted at once."""
        clock = self._world.clock
        self.due = clock.now() + REST_S
        self._changes.note()
        sleep = asyncio.create_task(clock.sleep(REST_S))
        wanted = asyncio.create_task(self._wanted.wait())
        try:
            await asyncio.wait((sleep, wanted), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wanted.cancel()

    # -- what the engine tells

    def _fold(self, check: Check) -> None:
        cell = check.host, check.rung
        was = self._before.get(check.host, {}).get(check.rung)
        if was is not None and was.held is not check.held:
            self.changed[cell] = Change(*cell, was.held, check.held)
        else:
            self.changed.pop(cell, None)
        self.checks.setdefault(check.host, {})[check.rung] = check
        self._changes.note()

    def _tell(self, note: str) -> None:
        self.note = note
        self._changes.note()

    def _hear(self, line: WireLine) -> None:
        if self.capturing:
            self.wire.write(line, self._began - self._opened)
            self._changes.note()


def _place(change: Change) -> tuple[object, int]:
    return natural(change.host), list(Rung).index(change.rung)
