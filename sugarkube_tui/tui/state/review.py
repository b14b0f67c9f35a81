"""The review: a fresh look at nodes and LAN, and the plan that follows from it."""

from __future__ import annotations

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.engine.formation import Formation, Look, Request
from sugarkube_tui.engine.ports import World
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks


class Review:
    """Looks and plans; changes nothing.

    Attributes:
        read: names of the nodes whose facts have been read in the present look.
    """

    def __init__(self, world: World, tasks: Tasks, changes: Changes) -> None:
        self.found: Look | None = None
        self.error: SugarkubeError | None = None
        self.request: Request | None = None
        self.read: list[str] = []
        self._world = world
        self._tasks = tasks
        self._changes = changes

    @property
    def looking(self) -> bool:
        return self._tasks.running("review")

    @property
    def ready(self) -> bool:
        """The plan may be carried out."""
        found = self.found
        return (
            not self.looking
            and found is not None
            and bool(found.plan.nodes)
            and not found.failures
            and not found.plan.blocked
        )

    def look(self, request: Request) -> None:
        self.found, self.error, self.request, self.read = None, None, request, []
        self._tasks.start("review", self._look(request))
        self._changes.note()

    def stop(self) -> None:
        self._tasks.cancel("review")

    async def _look(self, request: Request) -> None:
        formation = Formation(self._world, request)
        try:
            self.found = await formation.look(self._on_read)
        except SugarkubeError as error:
            self.error = error
        finally:
            await formation.close()

    def _on_read(self, name: str) -> None:
        self.read.append(name)
        self._changes.note()
