"""Environment, servers and address: the three questions."""

from __future__ import annotations

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.tui.stages import Stage
from tests.tui.conftest import Start


async def to_environment(driver: Driver) -> None:
    await driver.hosts(8)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)
    await driver.log_in()


async def to_servers(driver: Driver) -> None:
    await to_environment(driver)
    await driver.press("enter")
    await driver.stage(Stage.SERVERS)


async def test_another_environment_is_typed(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_environment(driver)
        await driver.press("end", "enter")
        await driver.shows("● other", "Enter a name of your own", "lower-case letters")
        assert "cannot be" not in driver.text()
        await driver.press(*"Lab!", "enter")
        await driver.shows("cannot be an environment's name", "lower-case letters")
        await driver.stage(Stage.ENVIRONMENT)
        await driver.press(*["backspace"] * 4, *"lab7")
        await driver.shows("sugar/lab7", "_k3s-sugar-lab7._tcp")
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)


async def test_an_environment_that_lives_here_says_so(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_environment(driver)
        await driver.press("j", "j")
        await driver.shows("● prod", "sugarkube7.local", "CA 3222cebc…", "New nodes join this cluster")


async def test_variables_are_named_as_the_source(held: HeldSimulation, start: Start) -> None:
    variables = {
        "SUGARKUBE_ENV": "int",
        "SUGARKUBE_SERVERS": "5",
        "SUGARKUBE_TOKEN_INT": "a-password-of-mine",
    }
    async with start(held.world, variables=variables) as driver:
        await to_environment(driver)
        await driver.shows("● int", "Source SUGARKUBE_ENV", "from SUGARKUBE_TOKEN_INT")
        assert "a-password-of-mine" not in driver.text()
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        await driver.shows("● 5", "from SUGARKUBE_SERVERS")


async def test_a_token_that_is_none_stops_here(held: HeldSimulation, start: Start) -> None:
    async with start(held.world, variables={"SUGARKUBE_TOKEN_DEV": "K10deadbeef"}) as driver:
        await to_environment(driver)
        await driver.press("enter")
        await driver.shows("SUGARKUBE_TOKEN_DEV: this is not a whole join token")
        await driver.stage(Stage.ENVIRONMENT)


async def test_an_even_number_asks_for_an_explicit_yes(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.press("end", "enter", "2", "enter")
        await driver.shows("2 servers?", "yes, 2 servers")
        await driver.press("enter")  # Enter is no yes
        await driver.shows("2 servers?")
        await driver.press("n")
        await driver.stage(Stage.SERVERS)
        await driver.press("enter")
        await driver.shows("2 servers?")
        await driver.press("y")
        await driver.stage(Stage.ADDRESS)
        assert driver.app.session.answers.choices.even_servers


async def test_fewer_servers_than_are_there_take_none_away(start: Start) -> None:
    async with start(Simulation("busy").world) as driver:
        await driver.shows("10 hosts selected", "sugar/dev: 3 servers")
        await driver.press("enter")
        await driver.log_in()
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        await driver.press("end", "enter")
        await driver.shows("● other", "Enter a number, 1 to 9.")
        await driver.press("2")
        await driver.shows("3 are there already, and stay:", "3 servers survive 1 failure")
        await driver.press("enter")
        await driver.stage(Stage.ADDRESS)


async def test_more_servers_than_nodes_is_warned_of(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.press("end", "enter", "9")
        await driver.shows("only 6 of 9 servers are there")


async def test_the_likely_number_is_chosen_already(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.shows("● 3", "2 of 3 must agree: 3 - 2 = 1", "3 servers survive 1 failure")
        await driver.press("escape", "escape")
        await driver.stage(Stage.ACCESS)
        for _ in range(4):
            await driver.press("o")
        await driver.shows("2 of 2 in")
        await driver.press("enter", "enter")
        await driver.stage(Stage.SERVERS)
        await driver.shows("● 1", "1 server survives no failure")


async def test_a_card_under_etcd_is_told_before_and_settled_by_keys(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.shows("sugarkube2 ■ server ▲ SD card", "sugarkube2: etcd on an SD card")
        await driver.press("J")  # goes to the list
        await driver.press("j", "j", "J")
        await driver.shows("sugarkube3 ■ server", "sugarkube2 □ agent", "in your order")
        assert "SD card" not in driver.text()
        await driver.press("k", "K", "K", "K")
        await driver.shows("sugarkube3 ◆ first server", "sugarkube3: moved there by you")
        await driver.press("n")
        await driver.shows("sugarkube2 ■ server ▲ SD card", "sugarkube0 ◆ first server", "by name")
        await driver.press("b")
        await driver.shows("sugarkube3 ■ server", "in your order")
        assert "SD card" not in driver.text()
        assert driver.app.session.answers.choices.order[:3] == ("sugarkube0", "sugarkube1", "sugarkube3")


async def test_servers_without_an_agent_are_told_of_their_taint(held: HeldSimulation, start: Start) -> None:
    for name in ("sugarkube2", "sugarkube3", "sugarkube4", "sugarkube5"):
        del held.simulation.network.pis[name]
    async with start(held.world) as driver:
        await driver.shows("2 hosts selected", "✔ answers")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.log_in()
        await driver.press("enter")
        await driver.stage(Stage.SERVERS)
        await driver.press("end", "enter", "2")
        await driver.shows("2 servers are no safer than 1", "Workloads run on the servers, too")
        await driver.press("tab", "t")
        await driver.shows("none of these nodes will take workloads", "leave the servers untainted")
        assert driver.app.session.answers.choices.taint_servers is True
        await driver.press("t")
        await driver.shows("Workloads run on the servers, too")
        assert "none of these nodes will take workloads" not in driver.text()


async def test_an_address_is_checked_while_it_is_typed(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.press("enter")
        await driver.stage(Stage.ADDRESS)
        await driver.press(*"https://x", "enter")
        await driver.shows("neither an IP address nor a DNS name", "without https://")
        await driver.stage(Stage.ADDRESS)
        await driver.press(*["backspace"] * 9, *"192.168.3.17")
        await driver.shows(
            "✔ resolves an address: no name to ask for",
            "✔ port 6443 opens",
            "✔ who answers an API server answers, CA 3222cebc…",
            "✖ its cluster a cluster answers there, while yours is only to be formed",
            "✔ certificate covers 192.168.3.17",
        )
        await driver.press(*["backspace"] * 2, *"99")
        await driver.shows("◷ port 6443 nobody answers yet", "through https://192.168.3.99:6443")
        await driver.shows("sugarkube0 starts without it")
        await driver.press(*["backspace"] * 2, *"10")
        await driver.shows("it is sugarkube0's own", "nobody answers yet")


async def test_what_a_name_resolves_to_is_told(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_servers(driver)
        await driver.press("enter")
        await driver.stage(Stage.ADDRESS)
        await driver.press(*"sugarkube7.local")
        await driver.shows("✔ resolves 192.168.3.17", "k3s asks only DNS", "✔ certificate covers sugarkube7")
        await driver.press("ctrl+u", *"nowhere.example")
        await driver.shows("✖ resolves no address for this name")


async def test_the_environment_says_whether_a_token_is_there_or_needed(
    held: HeldSimulation, start: Start
) -> None:
    variables = {"SUGARKUBE_TOKEN": "a-password-of-mine", "SUGARKUBE_TOKEN_INT": "another-password"}
    async with start(held.world) as driver:
        await to_environment(driver)
        await driver.shows("Token none needed: the first server", "Context sugar-dev")
        await driver.press("j")
        await driver.shows("Newer sugarkube images call it")
        await driver.press("j")
        await driver.shows("▲ missing: export", "SUGARKUBE_TOKEN_PROD, or choose")
    async with start(held.world, variables=variables) as driver:
        await to_environment(driver)
        await driver.shows("known: from SUGARKUBE_TOKEN, as")
        await driver.press("j")
        await driver.shows("known: from SUGARKUBE_TOKEN_INT")


async def test_a_host_of_another_environment_is_told_from_the_scan_on(
    held: HeldSimulation, start: Start
) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("G", "space")
        await driver.shows("7 hosts selected", "▲ sugarkube7 belongs to sugar/prod already")
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.shows("7 of 7 in")
        await driver.press("G")
        await driver.shows("▲ in sugar/prod", "leave it out, or choose sugar/prod as the environment")
        await driver.press("enter")
        await driver.stage(Stage.ENVIRONMENT)
        await driver.shows("✖ sugarkube7 belongs to sugar/prod")
        await driver.press("j", "j")
        await driver.shows("● prod", "none needed: read from a chosen")
        assert "belongs" not in driver.text()
