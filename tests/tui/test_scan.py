"""The scan screen: what is found and why, what is wrong, what is not found, and names made to do harm."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from textual.app import ComposeResult

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.cluster.advert import Advert
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.layers import USUAL_LAYERS, Layer
from sugarkube_tui.cluster.sightings import (
    AdvertSeen,
    EchoHeard,
    HostGone,
    HostSeen,
    Interface,
    LayerTold,
    Listening,
    LockSeen,
    Platform,
    Sighting,
)
from sugarkube_tui.engine.ports import Given, Interest, ServerIdentity, World
from sugarkube_tui.store.consents import Consents
from sugarkube_tui.tui.dialogs.where_to_look import AskSweep, WhereToLook
from sugarkube_tui.tui.screens.scan import ScanScreen
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.apis import REFRESH_S
from sugarkube_tui.tui.widgets.found import Found
from sugarkube_tui.tui.widgets.pane import Pane
from sugarkube_tui.tui.widgets.table import Table
from tests.tui.conftest import SMALL, Start

WIDE = (140, 40)
SIZES = pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "140x40"])
HOSTILE = ("[/foo]", "[k3s]pi", "[bold red]", "\x1b[2Jclear\x1b]0;title\x07", "sugarkube[0]", "a" * 300)
DEV, PROD = Environment("dev"), Environment("prod")
ETH0 = Interface("eth0", "192.168.3.2", "192.168.3.0/24")
WLAN0 = Interface("wlan0", "10.1.2.3", "10.0.0.0/8")
OURS, FOREIGN = b"our CA", b"a forged CA"


@dataclass
class ScriptedLan:
    """Says what it was given, and then keeps silent."""

    sightings: Sequence[Sighting] = ()
    error: SugarkubeError | None = None
    interests: list[Interest] = field(default_factory=list)
    found: tuple[Interface, ...] = (ETH0,)

    async def watch(self, interest: Interest) -> AsyncGenerator[Sighting, None]:
        self.interests.append(interest)
        if self.error is not None:
            raise self.error
        for sighting in self.sightings:
            yield sighting
        await asyncio.Event().wait()

    async def interfaces(self) -> tuple[Interface, ...]:
        return self.found

    async def resolve(self, name: str, timeout: float, *, fresh: bool = False) -> tuple[str, ...]:
        return ()


@dataclass
class ScriptedApi:
    """Serves a CA at each of these addresses."""

    served: dict[str, bytes]

    async def connect(self, host: str, port: int, timeout: float) -> None:
        await self.identity(host, port, timeout)

    async def identity(self, host: str, port: int, timeout: float) -> ServerIdentity:
        if host not in self.served:
            raise ConnectionRefusedError(111, "Connection refused")
        return ServerIdentity(self.served[host], ())


def on(
    held: HeldSimulation, sightings: Sequence[Sighting], served: Mapping[str, bytes] | None = None
) -> World:
    return replace(held.world, lan=ScriptedLan(sightings), api=ScriptedApi(dict(served or {})))


def lan_of(world: World) -> ScriptedLan:
    assert isinstance(world.lan, ScriptedLan)
    return world.lan


def named(name: str, address: str, at_ms: float = 5.0) -> HostSeen:
    return HostSeen(f"{name}.local", (address,), Layer.NAMES, "answers to its name", at_ms, "eth0")


def server(name: str, address: str, environment: Environment = DEV) -> AdvertSeen:
    host = f"{name}.local"
    txt = {
        "k3s": "1",
        "cluster": environment.cluster,
        "env": environment.name,
        "role": "server",
        "phase": "server",
        "leader": host,
    }
    instance = f"k3s-{environment.slug}@{host} (server)"
    return AdvertSeen(
        Advert(environment, host, 6443, "server", (address,), txt, instance, environment.service_type),
        9.0,
        "eth0",
    )


def listening(platform: Platform = Platform.LINUX, *, echo: bool = True) -> list[Sighting]:
    heard: list[Sighting] = [EchoHeard("eth0", 1.0)] if echo else []
    return [Listening((ETH0,), platform), *heard]


async def evidence_of(driver: Driver, row: str, table: str = "hosts") -> None:
    """Highlight a row, and read its evidence where it does not show by itself."""
    widget = driver.app.screen.query_one(f"#{table}", Table)
    await driver.until(lambda: any(one.key.startswith(row) for one in widget._rows), f"the row {row}")
    widget.take_focus()
    await driver.press("home")
    while not widget.highlighted.startswith(row):
        await driver.press("down")
    if not driver.app.screen.has_class("-wide"):
        await driver.press("e")
    await driver.shows("Evidence: ")


async def evidence_says(driver: Driver, *phrases: str) -> None:
    """Wait until the pane shows all of these, however it wraps them."""
    pane = driver.app.screen.query_one("#evidence", Pane)

    def is_said() -> bool:
        x, y, width, height = pane.content_region
        lines = driver.text().splitlines()[y : y + height]
        text = " ".join(" ".join(line[x : x + width] for line in lines).split())
        return all(phrase in text for phrase in phrases)

    await driver.until(is_said, f"{phrases}")


# -- evidence


@SIZES
async def test_the_evidence_says_who_it_is_and_why_we_believe_it(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    advert = HostSeen(
        "sugarkube3.local",
        ("10.0.0.3", "fd00::3"),
        Layer.ADVERTS,
        "_workstation._tcp advert",
        12.0,
        "eth0",
        mac="d8:3a:dd:00:00:03",
    )
    greeting = HostSeen(
        "",
        ("10.0.0.3",),
        Layer.SSH,
        "SSH server",
        40.0,
        "eth0",
        host_key="SHA256:abc",
        banner="SSH-2.0-OpenSSH_9.2p1 Raspbian",
    )
    world = on(held, [*listening(), advert, greeting, replace(advert, at_ms=30_000.0)])
    async with start(world, size) as driver:
        await driver.shows("✔ Pi")
        await held.clock.sleep(95.0)
        await evidence_of(driver, "sugarkube3.local")
        await evidence_says(
            driver,
            "Name sugarkube3.local",
            "10.0.0.3",
            "fd00::3",
            "MAC d8:3a:dd:00:00:03",
            "Host key SHA256:abc",
            "SSH server SSH-2.0-OpenSSH_9.2p1 Raspbian",
            "✔ MAC d8:3a:dd:00:00:03 belongs to Raspberry Pi",
            "✔ its SSH server was built for Raspberry Pi OS",
            "adverts (DNS-SD): _workstation._tcp advert eth0, IPv4 IPv6; first after 12 ms, last 1 min ago",
            "SSH banner and key: SSH server eth0, IPv4; first after 40 ms, last 1 min ago",
        )
        if size == SMALL:
            assert driver.app.screen.query_one("#tables").region.area == 0
            await driver.press("escape")
            await driver.shows("✔ yes sugarkube3")


async def test_the_adverts_evidence_shows_its_records(held: HeldSimulation, start: Start) -> None:
    world = on(held, [*listening(), server("sugarkube0", "10.0.0.1")], {"10.0.0.1": OURS})
    async with start(world, WIDE) as driver:
        await driver.shows("✔ answers")
        await driver.press("tab")
        await driver.shows("Evidence: advert of sugarkube0.local")
        await evidence_says(
            driver,
            "sugar/dev server ✔ answers",
            f"CA {hashlib.sha256(OURS).hexdigest()[:8]}… at 10.0.0.1",
            "SRV sugarkube0.local:6443",
            "TXT phase=server",
        )


async def test_a_host_that_says_nothing_of_a_pi_is_marked_so(held: HeldSimulation, start: Start) -> None:
    async with start(on(held, [*listening(), named("printer", "10.0.0.9")])) as driver:
        await driver.shows("· no printer 10.0.0.9 · ? none heard")
        await evidence_of(driver, "printer.local")
        await evidence_says(driver, "Why it looks like a Pi nothing says so yet")


async def test_the_highlight_begins_on_a_host_that_is_chosen(held: HeldSimulation, start: Start) -> None:
    seen = [*listening(), named("printer", "10.0.0.9"), named("sugarkube0", "10.0.0.1")]
    async with start(on(held, seen), WIDE) as driver:
        await driver.shows("✔ yes sugarkube0", "Evidence: sugarkube0")


# -- findings


@SIZES
async def test_a_killed_server_becomes_stale_while_its_advert_is_cached(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    api = ScriptedApi({"10.0.0.1": OURS})
    world = replace(held.world, lan=ScriptedLan([*listening(), server("sugarkube0", "10.0.0.1")]), api=api)
    async with start(world, size) as driver:
        await driver.shows("✔ answers")
        api.served.clear()
        await held.clock.sleep(REFRESH_S)
        await driver.shows(
            "✖ stale", "▲ stale", "▲ sugarkube0.local advertises sugar/dev, but nobody answers"
        )
        api.served["10.0.0.1"] = OURS
        await held.clock.sleep(REFRESH_S)
        await driver.shows("✔ answers")
        assert "stale" not in driver.text()


@SIZES
async def test_two_clusters_under_one_name_and_a_server_that_is_not_the_tokens(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    sightings = [*listening(), server("sugarkube0", "10.0.0.1"), server("sugarkube1", "10.0.0.2")]
    world = on(held, sightings, {"10.0.0.1": OURS, "10.0.0.2": FOREIGN})
    token = f"K10{hashlib.sha256(OURS).hexdigest()}::server:not-to-be-shown"
    async with start(world, size, variables={"SUGARKUBE_TOKEN_DEV": token}) as driver:
        await driver.shows("✖ split brain", "✖ not yours", "✖ several clusters answer as sugar/dev")
        await driver.shows("✖ sugarkube1.local: not the cluster that your")
        await evidence_of(driver, "sugarkube1.local")
        await evidence_says(driver, "nothing joins before the others are gone", "no token is sent there")
        assert "not-to-be-shown" not in driver.text()


async def test_another_environments_server_is_not_measured_by_this_ones_token(
    held: HeldSimulation, start: Start
) -> None:
    token = f"K10{hashlib.sha256(OURS).hexdigest()}::server:password"
    world = on(held, [*listening(), server("sugarkube7", "10.0.0.7", PROD)], {"10.0.0.7": FOREIGN})
    async with start(world, variables={"SUGARKUBE_TOKEN": token}) as driver:
        await driver.shows("✔ answers")
        assert driver.app.session.scan.findings == ()


@SIZES
async def test_environments_are_grouped(held: HeldSimulation, start: Start, size: tuple[int, int]) -> None:
    sightings = [
        *listening(),
        server("sugarkube7", "10.0.0.7", PROD),
        server("sugarkube1", "10.0.0.1"),
        server("sugarkube0", "10.0.0.2"),
    ]
    served = {"10.0.0.1": OURS, "10.0.0.2": OURS, "10.0.0.7": FOREIGN}
    async with start(on(held, sightings, served), size) as driver:
        await driver.shows("k3s adverts sugar/dev: 2 servers sugar/prod: 1 server")
        rows = driver.app.screen.query_one("#adverts", Table)._rows
        assert [row.cells[0].plain for row in rows] == ["sugar/dev", "sugar/dev", "sugar/prod"]
        assert driver.app.session.scan.findings == ()


@SIZES
async def test_a_renamed_pi_and_a_join_lock_are_told(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    lock = LockSeen("k3s join lock sugar/dev", "sugarkube2.local", 7.0)
    renamed = replace(named("sugarkube0-2", "10.0.0.2"), mac="b8:27:eb:00:00:02")
    async with start(on(held, [*listening(), renamed, lock]), size) as driver:
        await driver.shows("▲ sugarkube0-2.local was most likely renamed")
        await held.clock.sleep(42.0)
        await driver.shows("▲ sugarkube2.local holds “k3s join lock sugar/dev”, for 4")
        await evidence_of(driver, "sugarkube0-2.local")
        await evidence_says(driver, "→ give it a name of its own")
        if size == SMALL:
            await driver.press("G")
        await evidence_says(driver, "Also found on this LAN", "→ a server is being joined")


async def test_more_findings_than_fit_are_counted(held: HeldSimulation, start: Start) -> None:
    sightings = [*listening(), *(server(f"sugarkube{number}", f"10.0.0.{number}") for number in range(5))]
    async with start(on(held, sightings)) as driver:
        await driver.shows("e reads 4 more")
        await evidence_of(driver, "sugarkube0.local")
        await driver.press("G")
        await evidence_says(driver, "sugarkube4.local advertises sugar/dev")


async def test_where_there_is_little_room_the_table_that_is_used_has_it(
    held: HeldSimulation, start: Start
) -> None:
    sightings = [*listening(), *(server(f"sugarkube{number}", f"10.0.0.{number}") for number in range(5))]
    served = {"10.0.0.1": OURS, "10.0.0.2": FOREIGN}
    async with start(on(held, sightings, served), (60, 16)) as driver:
        await driver.shows("several clusters answer as sugar/dev", "e reads this, and")
        boxes = {name: driver.app.screen.query_one(f"#{name}-box") for name in ("hosts", "adverts")}
        assert boxes["hosts"].outer_size.height >= 8
        assert boxes["adverts"].outer_size.height == 1
        await driver.press("tab")
        await driver.until(lambda: boxes["adverts"].outer_size.height >= 8, "the adverts to have the room")
        assert boxes["hosts"].outer_size.height == 1
        await driver.press("e")
        await driver.shows("Evidence: advert of sugarkube0.local", "End all findings")
        await driver.press("end")
        await evidence_says(driver, "sugarkube4.local advertises sugar/dev", "→ if it is switched off")


# -- silence


async def test_nothing_found_says_what_was_looked_for_and_what_to_do(
    held: HeldSimulation, start: Start
) -> None:
    told = [
        LayerTold(Layer.ADVERTS, 9, "questions"),
        LayerTold(Layer.NEIGHBOURS, 1, "reads", 3.0, "no ip(8)"),
    ]
    async with start(on(held, [*listening(), *told])) as driver:
        await driver.shows("Listening on the LAN: eth0 (192.168.3.2)")
        await held.clock.sleep(5.0)
        await driver.shows(
            "Nothing found after 5 s on eth0",
            "nobody answered",
            "→ s sweeps 192.168.3.0/24 for SSH servers",
            "· the switch or access point drops multicast (UDP 5353)",
            "adverts (DNS-SD): 9 questions · ",
            "1 read, 3 ms (▲ no ip(8))",
            "Off port-22 sweep",
            "Names sugarkube0.local",
            "a add host s sweep l look r rescan",
        )
        await driver.press("enter")
        await driver.shows("no host is selected")
        await driver.stage(Stage.SCAN)


@SIZES
@pytest.mark.parametrize(
    ("platform", "cause"),
    [
        (Platform.LINUX, "sudo ufw allow mdns"),
        (Platform.MACOS, "Local Network, allow the terminal"),
        (Platform.WSL, "networkingMode=mirrored"),
    ],
)
async def test_multicast_that_is_blocked_here_is_told_with_this_systems_causes(
    held: HeldSimulation, start: Start, size: tuple[int, int], platform: Platform, cause: str
) -> None:
    async with start(on(held, listening(platform, echo=False)), size) as driver:
        await driver.shows("Listening on the LAN: eth0")
        await held.clock.sleep(5.0)
        await driver.shows(
            "▲ multicast is blocked on this workstation", "→ s sweeps 192.168.3.0/24", "Likely causes", cause
        )


async def test_a_deaf_workstation_is_told_of_even_when_hosts_were_found_otherwise(
    held: HeldSimulation, start: Start
) -> None:
    met = HostSeen("", ("10.0.0.3",), Layer.NEIGHBOURS, "MAC", 3.0, "eth0", mac="d8:3a:dd:00:00:03")
    async with start(on(held, [*listening(echo=False), met])) as driver:
        await driver.shows("10.0.0.3")
        await held.clock.sleep(5.0)
        await driver.shows("▲ multicast is blocked on this workstation")
        await evidence_of(driver, "10.0.0.3")
        await evidence_says(driver, "· its firewall drops UDP 5353")


async def test_a_lan_that_cannot_be_heard_is_told(held: HeldSimulation, start: Start) -> None:
    error = SugarkubeError("no network interface is up", remedy="plug in a cable, then look again")
    async with start(replace(held.world, lan=ScriptedLan(error=error, found=()))) as driver:
        await driver.shows("no network interface is up", "plug in a cable")


# -- by which means


async def test_the_look_asks_for_all_environments_and_expected_names(
    held: HeldSimulation, start: Start
) -> None:
    world = on(held, ())
    lan = lan_of(world)
    variables = {"SUGARKUBE_ENV": "lab7", "SUGARKUBE_NODE_PREFIX": "berry"}
    alias = Given("attic", "10.1.2.4", "~/.ssh/config", ssh_alias=True)
    async with start(world, variables=variables, given=(Given("10.1.2.3", "10.1.2.3"), alias)) as driver:
        await driver.until(lambda: bool(lan.interests), "the look")
    interest = lan.interests[0]
    assert {one.name for one in interest.environments} == {"lab7", "dev", "int", "prod", "staging"}
    assert interest.names[0] == "berry0.local"
    assert "raspberrypi.local" in interest.names
    assert interest.hosts == (Given("10.1.2.3", "10.1.2.3"), alias)
    assert interest.layers == USUAL_LAYERS
    assert interest.interfaces == interest.networks == ()


@SIZES
async def test_layers_and_interfaces_are_switched_and_looked_by_afresh(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    told = [LayerTold(Layer.NEIGHBOURS, 1, "reads", 3.0), named("sugarkube0", "10.0.0.1")]
    world = on(held, [*listening(), *told])
    lan = lan_of(world)
    lan.found = (ETH0, WLAN0)
    async with start(world, size) as driver:
        await driver.shows("sugarkube0")
        await driver.press("l")
        await driver.shows(
            "Where to look",
            "✔ yes expected names",
            "1 read, 3 ms, 0 hosts",
            "eth0 192.168.3.2 192.168.3.0/24 ✔ hears itself",
            "wlan0 10.1.2.3 10.0.0.0/8 not listening",
        )
        await driver.press("down", "space", "end", "space")
        await driver.shows("· no expected names", "· no wlan0")
        await driver.press("up", "space")
        await driver.shows("✔ yes eth0", "one interface has to stay")
        await driver.press("escape")
        await driver.until(lambda: len(lan.interests) == 2, "a fresh look")
        assert lan.interests[1].layers == USUAL_LAYERS - {Layer.NAMES}
        assert lan.interests[1].interfaces == ("eth0",)
        await driver.press("l")
        await driver.until(lambda: isinstance(driver.app.screen, WhereToLook), "the dialog")
        await driver.press("space", "space", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, ScanScreen), "the dialog to close")
        assert len(lan.interests) == 2


async def test_the_highlighted_row_stays_in_view_when_the_terminal_gets_lower(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("l")
        await driver.shows("Where to look", "✔ yes eth0")
        await driver.press("end")
        await driver.pilot.resize_terminal(60, 16)
        await driver.shows("✔ yes eth0")
        assert "adverts (DNS-SD)" not in driver.text(), "there is no room for all rows"


@SIZES
async def test_a_sweep_is_asked_for_once_and_then_made_by_itself(
    held: HeldSimulation, start: Start, size: tuple[int, int], tmp_path: Path
) -> None:
    path = tmp_path / "consents.toml"
    world = on(held, listening())
    lan = lan_of(world)
    async with start(world, size, consents=Consents(path)) as driver:
        await driver.shows("Listening")
        await driver.press("s")
        await driver.shows("each of the 254 addresses of", "192.168.3.0/24, and reads", "it logs in nowhere")
        await driver.press("enter")  # Enter is no yes
        assert isinstance(driver.app.screen, AskSweep)
        await driver.press("y")
        await driver.until(lambda: len(lan.interests) == 2, "a fresh look")
        await driver.press("s")
        await driver.until(lambda: len(lan.interests) == 3, "another one, without a question")
    async with start(world, size, consents=Consents(path)) as driver:
        await driver.until(lambda: len(lan.interests) == 4, "a look")
    assert lan.interests[0].layers == USUAL_LAYERS
    for interest in lan.interests[1:]:
        assert interest.layers == frozenset(Layer)
        assert interest.networks == ("192.168.3.0/24",)


async def test_a_refused_sweep_is_not_made(held: HeldSimulation, start: Start, tmp_path: Path) -> None:
    consents = Consents(tmp_path / "consents.toml")
    world = on(held, listening())
    lan = lan_of(world)
    async with start(world, consents=consents) as driver:
        await driver.shows("Listening")
        await driver.press("s", "n")
        await driver.press("r")
        await driver.until(lambda: len(lan.interests) == 2, "a fresh look")
        await driver.press("l")
        await driver.shows("· no port-22 sweep you said no; asks again")
    assert consents.sweep("192.168.3.0/24") is False
    assert all(Layer.SWEEP not in interest.layers for interest in lan.interests)


async def test_the_dialog_asks_before_it_switches_the_sweep_on(held: HeldSimulation, start: Start) -> None:
    world = on(held, listening())
    lan = lan_of(world)
    lan.found = (ETH0, WLAN0)
    async with start(world) as driver:
        await driver.shows("Listening")
        await driver.press("l", *["down"] * list(Layer).index(Layer.SWEEP), "space")
        await driver.shows(
            "each of the 254 addresses of", "192.168.3.0/24 and", "1022 addresses of 10.1.0.0/22"
        )
        await driver.press("y")
        await driver.shows("✔ yes port-22 sweep")
        await driver.press("escape")
        await driver.until(lambda: len(lan.interests) == 2, "a fresh look")
        assert lan.interests[1].networks == ("192.168.3.0/24", "10.1.0.0/22")
        await driver.press("l", *["down"] * list(Layer).index(Layer.SWEEP), "space", "escape")
        await driver.until(lambda: len(lan.interests) == 3, "a look without the sweep")
        assert lan.interests[2].layers == USUAL_LAYERS


async def test_what_the_sweep_costs_is_told_where_its_hosts_are(held: HeldSimulation, start: Start) -> None:
    consents = Consents(None)
    consents.answer_sweep(["192.168.3.0/24"], True)
    async with start(held.world, consents=consents) as driver:
        await driver.hosts(8)
        await driver.shows("Hosts sweep: 253 connections")


# -- selecting


async def test_a_host_is_added_by_hand_and_selected(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("a")
        await driver.shows("Add a host")
        await driver.press(*"http:x", "enter")
        await driver.shows("is no host", "[user@]name-or-address[:port]")
        await driver.press(*["backspace"] * 6, *"192.168.3.30", "enter")
        await driver.shows("7 hosts selected")


async def test_a_host_of_ssh_config_is_only_selected_by_its_name_and_logged_in_to_by_its_alias(
    held: HeldSimulation, start: Start
) -> None:
    def alias(name: str, address: str) -> HostSeen:
        return HostSeen(name, (address,), Layer.GIVEN, "~/.ssh/config", 1.0, ssh_alias=name)

    given = tuple(
        Given(name, address, "~/.ssh/config", ssh_alias=True)
        for name, address in (("attic", "10.0.0.4"), ("sugarkube4", "10.0.0.5"))
    )
    sightings = [
        alias("attic", "10.0.0.4"),
        HostSeen("", ("10.0.0.4",), Layer.SSH, "SSH server: x", 2.0, banner="x"),
        alias("office", "10.9.9.9"),
        alias("sugarkube4", "10.0.0.5"),
        named("sugarkube4", "10.0.0.5"),
    ]
    async with start(on(held, sightings), given=given) as driver:
        await driver.shows("· no attic", "✔ yes sugarkube4", "1 host selected")
        assert "office" not in driver.text()  # nothing but the file speaks for it
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        (target,) = driver.app.session.access.targets
        assert (target.name, target.host, target.alias) == ("sugarkube4", "10.0.0.5", "sugarkube4")


async def test_a_rescan_forgets_what_is_gone_and_keeps_the_selection(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("j", "space")
        await driver.shows("5 hosts selected")
        held.simulation.power_off("sugarkube5")
        await driver.press("r")
        await driver.shows("4 hosts selected")


async def test_a_host_that_says_goodbye_leaves_the_table(held: HeldSimulation, start: Start) -> None:
    seen, stays = named("sugarkube3", "10.0.0.3"), named("sugarkube4", "10.0.0.4")
    gone = HostGone("sugarkube3.local", Layer.NAMES, "answers to its name")
    async with start(on(held, [seen, stays, gone])) as driver:
        await driver.shows("sugarkube4", "1 host selected")
        assert "sugarkube3" not in driver.text()


# -- hostile names


@SIZES
async def test_hostile_names_are_shown_as_text(
    held: HeldSimulation, start: Start, size: tuple[int, int]
) -> None:
    sightings: list[Sighting] = []
    for number, name in enumerate(HOSTILE):
        address = f"10.0.0.{number}"
        banner = f"SSH-2.0-{name}"
        sightings.append(
            HostSeen(name, (address,), Layer.ADVERTS, f"{name} advert", 5.0, name, banner=banner)
        )
        advert = Advert(Environment(), name, 6443, name, (address,), {name: name}, name, name)
        sightings.append(AdvertSeen(advert, 6.0))
    sightings.append(LayerTold(Layer.SWEEP, 1, "[/connections]", note="[/note]"))
    sightings.append(LockSeen("[/lock]", "[/holder]", 1.0))
    async with start(on(held, sightings), size) as driver:
        await driver.shows("[/foo]", "[k3s]pi", "[bold red]", "sugarkube[0]", "[/connections]", "[/holder]")
        await driver.until(lambda: len(driver.app.session.scan.hosts) == len(HOSTILE), "all hosts")
        await driver.press("l", *["down"] * list(Layer).index(Layer.SWEEP))
        await driver.shows("1 [/connections]", "[/note]")
        await driver.press("escape")
        await evidence_of(driver, "sugar/dev [/foo]", "adverts")
        await driver.shows("Evidence: advert of [/foo]")
        await evidence_says(driver, "TXT [/foo]=[/foo]")
        await driver.press("escape", "tab", "tab")
        await evidence_of(driver, "[/foo]")
        await evidence_says(driver, "SSH-2.0-[/foo]", "adverts (DNS-SD): [/foo] advert [/foo], IPv4")
        await driver.press("escape", "home")
        for _ in HOSTILE:
            await driver.press("space", "j")
        await driver.shows(f"{len(HOSTILE)} hosts selected")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("[/foo]", "[k3s]pi")
        await driver.press("enter")
        await driver.until(lambda: not driver.app.session.access.busy, "all logins to end")
        await driver.shows("✖ failed", "[/foo]")
        assert "\x1b" not in driver.text()


async def test_the_screen_may_be_left_while_its_tables_are_made(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        screen = driver.app.screen
        await driver.until(lambda: screen.has_class("-found"), "the first host")
        driver.app.go(Stage.ENVIRONMENT)
        await driver.stage(Stage.ENVIRONMENT)
        await driver.until(lambda: not screen.is_attached, "the scan to be gone")
        assert driver.app.session.fault is None


async def test_the_program_may_end_while_its_tables_are_made(
    held: HeldSimulation, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Found.compose

    def ending(found: Found) -> ComposeResult:
        found.screen.remove()  # as the program does at its end: nothing is mounted into it any more
        return compose(found)

    monkeypatch.setattr(Found, "compose", ending)
    async with start(held.world) as driver:
        screen = driver.app.screen
        await driver.until(lambda: not screen.is_running, "the scan to be gone")
        assert driver.app.session.fault is None
