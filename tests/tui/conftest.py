"""The wizard on a simulated LAN whose time leaps: keys only, and no test waits for a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from screenshots.driving import Driver, wizard
from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.saved_plan import SavedPlan
from sugarkube_tui.engine.events import Event
from sugarkube_tui.engine.ports import Given, World
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.settings import Settings
from sugarkube_tui.tui.state.journal import OpenJournal

SMALL = (80, 24)
LARGE = (120, 36)

Start = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Keep the developer's terminal and home out of it."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_ANIMATIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield


@pytest.fixture
def held() -> HeldSimulation:
    return HeldSimulation()


@pytest.fixture
def start() -> Start:
    """Starts the wizard on a world: `async with start(world) as driver`."""

    @asynccontextmanager
    async def run(
        world: World,
        size: tuple[int, int] = SMALL,
        *,
        variables: dict[str, str] | None = None,
        consents: Consents | None = None,
        kept: KeptPlan | None = None,
        given: tuple[Given, ...] = (),
        plan: SavedPlan | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
        open_journal: OpenJournal | None = None,
        settings: Settings | None = None,
    ) -> AsyncIterator[Driver]:
        app = wizard(
            world,
            variables=variables,
            consents=consents,
            given=given,
            on_event=on_event,
            open_journal=open_journal,
            settings=settings,
            kept=kept,
            plan=plan,
        )
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            driver = Driver(app, pilot)
            scan = app.session.scan
            await driver.until(lambda: scan.running or scan.error is not None, "the look to begin")
            yield driver

    return run
