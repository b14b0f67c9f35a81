"""The simulated LAN itself: what is heard on it, who can be logged in to, and how its time runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from sugarkube_tui.cluster.actions import (
    Condition,
    ControlUnit,
    InstallK3s,
    InstallPackages,
    Reboot,
    StepClock,
    UnitVerb,
    Upload,
    WaitUntil,
    WriteFile,
)
from sugarkube_tui.cluster.choices import Choices, ClockPolicy
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import AccessError, ConnectionLost
from sugarkube_tui.cluster.hosts import Survey
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.queries import OpenPorts, ReadToken, ServedCa
from sugarkube_tui.cluster.sightings import AdvertGone, AdvertSeen, LayerTold, Sighting
from sugarkube_tui.cluster.token import ca_hash, parse_token
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.events import Warned
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.engine.ports import Given, Interest, Login, Target, World
from sugarkube_tui.engine.survey import listen
from sugarkube_tui.simulator.clock import (
    DEFAULT_SPEED,
    SPEED_VARIABLE,
    LeapingClock,
    ScaledClock,
    make_clock,
)
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.steps.catalog import PROBED
from sugarkube_tui.steps.k3s import BINARY
from sugarkube_tui.wiring import demo_world
from tests.engine.conftest import form, names, targets

DEV, PROD = Environment("dev"), Environment("prod")


def quiet(*_: object) -> None:
    """Takes log lines and progress."""


async def until_all_are_told(sightings: AsyncIterator[Sighting]) -> None:
    async for sighting in sightings:
        if isinstance(sighting, LayerTold) and sighting.layer is Layer.GIVEN:
            return


class TestWhatIsHeard:
    async def test_all_machines_within_half_a_second(self, simulation: Simulation) -> None:
        world = simulation.world
        survey = await listen(world.lan, Interest((DEV, PROD)), 0.5, world.clock)
        assert [host.name for host in survey.hosts] == [
            "printer.local",
            *(f"{name}.local" for name in names(0, 1, 2, 3, 4, 5, 7)),
        ]
        assert all(host.seen_ms < 500 for host in survey.hosts)
        first = survey.hosts[1]
        assert first.addresses == ("192.168.3.10",)
        assert first.macs[0].startswith("d8:3a:dd")
        assert first.pi_reasons
        assert first.host_keys == (simulation.pi("sugarkube0").host_key,)
        assert survey.hosts[0].pi_reasons == ()
        (advert,) = survey.servers_of(PROD)
        assert advert.host == "sugarkube7.local"
        assert advert.problems == ()
        assert survey.echoes == {"eth0"}
        assert set(survey.layers) == USUAL_LAYERS

    async def test_names_that_were_asked_for_and_hosts_typed_by_hand(self, world: World) -> None:
        given = tuple(Given(name, name) for name in ("192.168.3.12", "nowhere.local"))
        survey = await listen(world.lan, Interest((DEV,), ("sugarkube0.local",), given), 0.5, world.clock)
        named, typed, lost = (
            survey.host(name) for name in ("sugarkube0.local", "192.168.3.12", "nowhere.local")
        )
        assert named is not None
        assert "answers to its name" in {evidence.what for evidence in named.evidence}
        assert typed is not None
        assert typed.name == "sugarkube2.local"
        assert lost is not None
        assert lost.addresses == ()

    async def test_layers_that_are_switched_off_find_nothing(self, world: World) -> None:
        only_sweep = Interest((DEV, PROD), ("sugarkube0.local",), layers=frozenset({Layer.SWEEP}))
        survey = await listen(world.lan, only_sweep, 0.5, world.clock)
        assert {evidence.layer for host in survey.hosts for evidence in host.evidence} == {Layer.SWEEP}
        assert survey.adverts == ()
        assert "192.168.3.10" in [host.name for host in survey.hosts]

    async def test_an_advert_appears_while_we_listen(self, simulation: Simulation) -> None:
        world = simulation.world
        heard: asyncio.Queue[Sighting] = asyncio.Queue()

        async def watch() -> None:
            async with aclosing(world.lan.watch(Interest((DEV,)))) as sightings:
                async for sighting in sightings:
                    heard.put_nowait(sighting)

        watching = asyncio.create_task(watch())
        await form(world, targets(0), Choices())
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        survey = Survey()
        while not heard.empty():
            survey = survey.fold(heard.get_nowait())
        (advert,) = survey.servers_of(DEV)
        assert advert.host == "sugarkube0.local"
        assert advert.txt["ip4"] == "192.168.3.10"

    async def test_a_host_that_restarts_says_goodbye(self, simulation: Simulation) -> None:
        sightings = simulation.world.lan.watch(Interest((PROD,)))
        async with aclosing(sightings):
            await until_all_are_told(sightings)
            simulation.pi("sugarkube7").reboot()
            gone = [await anext(sightings) for _ in range(3)]
        assert {type(sighting) for sighting in gone} > {AdvertGone}
        assert not any(isinstance(sighting, AdvertSeen) for sighting in gone)

    async def test_a_host_without_power_says_nothing_and_a_fresh_look_misses_it(
        self, simulation: Simulation
    ) -> None:
        world = simulation.world
        sightings = world.lan.watch(Interest((PROD,)))
        async with aclosing(sightings):
            await until_all_are_told(sightings)
            simulation.power_off("sugarkube7")
            simulation.pi("sugarkube5").reboot()
            assert "sugarkube7" not in str(await anext(sightings))
        survey = await listen(world.lan, Interest((PROD,)), 0.5, world.clock)
        assert survey.host("sugarkube7.local") is None

    async def test_a_file_that_is_no_service_announces_nothing(self, simulation: Simulation) -> None:
        simulation.pi("sugarkube0").write(DEV.advert_path, "<service-group>")
        survey = await listen(simulation.world.lan, Interest((DEV,)), 5.0, simulation.world.clock)
        assert survey.servers_of(DEV) == ()

    async def test_names_resolve(self, world: World) -> None:
        assert await world.lan.resolve("sugarkube3.local", 1.0) == ("192.168.3.13",)
        assert await world.lan.resolve("nowhere.local", 1.0) == ()


class TestLoggingIn:
    @pytest.mark.parametrize("host", ["192.168.3.10", "sugarkube0.local", "SugarKube0.local."])
    async def test_by_address_and_by_name(self, world: World, host: str) -> None:
        machine = await world.machines.open(Target("pi", host))
        answers = await machine.probe(["access"])
        assert answers["access"]["hostname"] == "sugarkube0"

    @pytest.mark.parametrize(
        ("host", "why"),
        [
            ("nowhere.local", "does not resolve"),
            ("192.168.3.99", "No answer"),
            ("printer.local", "refuses connections"),
        ],
    )
    async def test_who_is_not_there_does_not_answer(self, world: World, host: str, why: str) -> None:
        with pytest.raises(AccessError, match=why):
            await world.machines.open(Target("x", host))

    async def test_the_wrong_user_is_not_let_in(self, world: World) -> None:
        with pytest.raises(AccessError, match="does not let root in"):
            await world.machines.open(Target("x", "192.168.3.10", Login(user="root")))

    async def test_every_probe_is_answered(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.17"))
        asked = [step.id for step in PROBED]
        answers = await machine.probe(asked)
        assert list(answers) == asked
        assert all(answers.values())


class TestActions:
    async def test_a_reboot_ends_the_login_and_changes_the_boot_id(self, simulation: Simulation) -> None:
        world, pi = simulation.world, simulation.pi("sugarkube0")
        target = Target("x", pi.address)
        machine = await world.machines.open(target)
        before = pi.boot_id
        await machine.apply(Reboot("because", before), quiet, quiet)
        began = world.clock.now()
        await world.clock.sleep(1)
        with pytest.raises(ConnectionLost):
            await machine.probe(["access"])
        with pytest.raises(AccessError, match="refuses connections"):
            await world.machines.open(target)
        while not pi.is_up:
            await world.clock.sleep(1)
        assert 25 < world.clock.now() - began < 48
        assert pi.boot_id != before
        with pytest.raises(ConnectionLost):
            await machine.probe(["access"])
        assert await (await world.machines.open(target)).probe(["boot"])

    async def test_a_backup_is_kept(self, simulation: Simulation) -> None:
        machine = await simulation.world.machines.open(Target("x", "192.168.3.10"))
        pi = simulation.pi("sugarkube0")
        old = pi.files["/etc/nsswitch.conf"]
        await machine.apply(WriteFile("/etc/nsswitch.conf", "new\n", backup=True), quiet, quiet)
        assert pi.files["/etc/nsswitch.conf"] == "new\n"
        (backup,) = [path for path in pi.files if path.startswith("/etc/nsswitch.conf.bak.")]
        assert pi.files[backup] == old

    async def test_an_unknown_unit_cannot_be_started(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.10"))
        with pytest.raises(ActionFailed, match="failed"):
            await machine.apply(ControlUnit(UnitVerb.START, "k3s"), quiet, quiet)

    async def test_a_missing_curl_fails_what_needs_it(self, simulation: Simulation) -> None:
        simulation.pi("sugarkube0").packages.discard("curl")
        machine = await simulation.world.machines.open(Target("x", "192.168.3.10"))
        with pytest.raises(ActionFailed) as failure:
            await machine.apply(InstallK3s("server", None, "stable"), quiet, quiet)
        assert failure.value.evidence.exit_status == 127

    async def test_packages_take_as_long_as_they_do(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.10"))
        lines: list[str] = []
        began = world.clock.now()
        await machine.apply(InstallPackages(("jq", "tcpdump")), lines.append, quiet)
        assert 15 < world.clock.now() - began < 40
        assert "Setting up jq (1.7.1-6+deb13u1) ..." in lines

    async def test_an_upload_tells_its_progress(self, simulation: Simulation) -> None:
        machine = await simulation.world.machines.open(Target("x", "192.168.3.10"))
        shares: list[float | None] = []
        action = Upload(Path("k3s-arm64"), BINARY, "ab" * 32, 70_000_000, 0o755)
        await machine.apply(action, quiet, lambda share, seen: shares.append(share))
        assert shares[-1] == 1.0
        binary = simulation.pi("sugarkube0").binary
        assert binary is not None
        assert binary.sha256 == "ab" * 32

    async def test_an_unbounded_wait_does_not_exist(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.10"))
        began = world.clock.now()
        with pytest.raises(ActionFailed, match="in vain"):
            await machine.apply(WaitUntil(Condition.SERVER_UP, "", 30.0, "k3s"), quiet, quiet)
        assert 30 <= world.clock.now() - began < 33

    async def test_a_clock_that_is_off_is_corrected_when_asked(self, simulation: Simulation) -> None:
        pi = simulation.pi("sugarkube0")
        pi.clock_offset_ms = 4_000.0
        story = await form(simulation.world, targets(0), Choices(clock=ClockPolicy.FIX))
        assert story.result is Result.CHANGED
        assert "correct the clock with systemd-timesyncd" in story.actions()
        assert story.of(Warned) == []
        await (await simulation.world.machines.open(Target("x", pi.address))).apply(
            StepClock("systemd-timesyncd"), quiet, quiet
        )
        assert abs(pi.clock_offset_ms) < 10


class TestK3s:
    async def test_the_token_names_the_served_ca(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.17"))
        token = parse_token(await machine.ask(ReadToken()), "x")
        served = await machine.ask(ServedCa("sugarkube7.local"))
        assert token.ca_hash == ca_hash(served.encode())

    async def test_ports_of_etcd_open_with_etcd_only(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.17"))
        answer = await machine.ask(OpenPorts("192.168.3.17", (2379, 6443)))
        assert answer == "2379 closed\n6443 open\n"

    async def test_a_node_without_mdns_resolves_no_local_name(self, world: World) -> None:
        machine = await world.machines.open(Target("x", "192.168.3.10"))
        with pytest.raises(ActionFailed) as failure:
            await machine.ask(ServedCa("sugarkube7.local"))
        assert "Could not resolve host" in failure.value.why

    async def test_without_the_memory_cgroup_it_never_starts(self, simulation: Simulation) -> None:
        world, pi = simulation.world, simulation.pi("sugarkube0")
        machine = await world.machines.open(Target("x", pi.address))
        await machine.apply(InstallK3s("server", None, "stable"), quiet, quiet)
        await machine.apply(ControlUnit(UnitVerb.START, "k3s"), quiet, quiet)
        with pytest.raises(ActionFailed) as failure:
            await machine.apply(WaitUntil(Condition.SERVER_UP, "", 300.0, "k3s"), quiet, quiet)
        assert "hopeless" in failure.value.what
        assert "failed to find memory cgroup" in failure.value.why

    async def test_a_cluster_survives_the_reboot_of_all_its_servers(self, simulation: Simulation) -> None:
        world = simulation.world
        await form(world, targets(0, 1, 2), Choices(servers=3))
        for name in names(0, 1, 2):
            simulation.power_off(name)
        for name in names(0, 1, 2):
            simulation.power_on(name)
        await world.clock.sleep(120)
        again = await form(world, targets(0, 1, 2), Choices(servers=3))
        assert again.result is Result.OK


class TestTime:
    async def test_leaping_time_wakes_sleepers_in_order(self) -> None:
        clock = LeapingClock()
        woken: list[float] = []

        async def sleeper(seconds: float) -> None:
            await clock.sleep(seconds)
            woken.append(clock.now())

        real = time.monotonic()
        await asyncio.gather(*(sleeper(seconds) for seconds in (3600.0, 1.0, 60.0)))
        assert woken == [1.0, 60.0, 3600.0]
        assert time.monotonic() - real < 5

    async def test_a_cancelled_sleeper_does_not_move_time(self) -> None:
        clock = LeapingClock()
        sleeper = asyncio.create_task(clock.sleep(1000))
        await asyncio.sleep(0)
        sleeper.cancel()
        await clock.sleep(1)
        await asyncio.gather(sleeper, return_exceptions=True)
        assert clock.now() == 1.0

    async def test_scaled_time_runs_faster(self) -> None:
        clock = ScaledClock(100_000)
        before = clock.now()
        await clock.sleep(100)
        assert clock.now() - before >= 100

    @pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
    def test_time_runs_forward_only(self, speed: float) -> None:
        with pytest.raises(ValueError, match="cannot run"):
            make_clock(speed)

    @pytest.mark.parametrize(
        ("text", "speed"), [("", DEFAULT_SPEED), ("fast", DEFAULT_SPEED), ("-3", DEFAULT_SPEED), ("20", 20.0)]
    )
    def test_the_demos_speed_comes_from_a_variable(
        self, monkeypatch: pytest.MonkeyPatch, text: str, speed: float
    ) -> None:
        monkeypatch.setenv(SPEED_VARIABLE, text)
        clock = demo_world("fresh", None).clock
        assert isinstance(clock, ScaledClock)
        assert clock.speed == speed

    async def test_a_whole_run_in_scaled_time(self) -> None:
        story = await form(demo_world("fresh", 2_000), targets(0, 1), Choices())
        assert story.result is Result.CHANGED
