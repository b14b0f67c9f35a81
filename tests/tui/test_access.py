"""Logging in begins by itself; what keeps us out is told with its remedy, and settled in place."""

from __future__ import annotations

import pytest

from screenshots.driving import Driver
from screenshots.held import HeldSimulation
from sugarkube_tui.engine.ports import SshAdvice
from sugarkube_tui.simulator.door import Door
from sugarkube_tui.tui.dialogs.trust_key import TrustKey
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.state.access import Entry
from tests.tui.conftest import Start


async def to_access(driver: Driver) -> None:
    await driver.hosts(8)
    await driver.press("enter")
    await driver.stage(Stage.ACCESS)


async def focused(driver: Driver, field: str) -> None:
    await driver.until(lambda: getattr(driver.app.focused, "id", None) == field, f"the focus on {field}")


def doors(held: HeldSimulation, door: Door, *names: str) -> None:
    """These Pis let people in this way; all of them when none is named."""
    for name in names or [f"sugarkube{number}" for number in range(6)]:
        held.simulation.pi(name).door = door


async def test_where_nothing_is_to_be_asked_nobody_is_asked(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("6 of 6 in: Enter goes on", "Pi 5 Model B", "SHA256:")
        await driver.press("enter")
        await driver.stage(Stage.ENVIRONMENT)


async def test_another_user_is_typed_over_the_usual_one(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(user="anna", password=""))
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("0 of 6 in", "✖ failed", "does not let pi in", "Check the user name")
        await focused(driver, "user")
        await driver.press(*"anna", "enter")
        await driver.shows("6 of 6 in: Enter goes on")


async def test_a_password_is_asked_for_where_keys_do_not_do(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(takes_key=False))
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("0 of 6 in", "give the password")
        await focused(driver, "password")
        await driver.press(*"rasp", "enter")
        await driver.shows("Check the user name and the password")
        await focused(driver, "password")
        await driver.press(*"raspberry", "enter")
        await driver.shows("6 of 6 in: Enter goes on")
        assert "raspberry" not in driver.text()


async def test_a_locked_key_is_opened_in_place(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(passphrase="sesame"))
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("0 of 6 in", "they need a passphrase", "ssh-add")
        await focused(driver, "passphrase")
        await driver.press(*"open", "enter")
        await driver.shows("again")
        await focused(driver, "passphrase")
        await driver.press(*"sesame", "enter")
        await driver.shows("6 of 6 in: Enter goes on")
        assert "sesame" not in driver.text()


async def test_a_sudo_password_is_asked_for_where_sudo_asks(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(sudo_password="moss"), "sugarkube1")
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("5 of 6 in", "sudo asks pi for a password")
        await focused(driver, "sudo_password")
        await driver.press(*"mos", "enter")
        await driver.shows("sudo did not accept the password of pi")
        await focused(driver, "sudo_password")
        await driver.press(*"moss", "enter")
        await driver.shows("6 of 6 in: Enter goes on")


async def test_a_login_of_its_own_goes_to_that_host_alone(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(takes_key=False))
    doors(held, Door(user="anna", takes_key=False, password="other"), "sugarkube3")
    async with start(held.world) as driver:
        await to_access(driver)
        await focused(driver, "password")
        await driver.press(*"raspberry", "enter")
        await driver.shows("5 of 6 in", "does not let pi in")
        await focused(driver, "password")
        await driver.press("down", "u")
        await driver.shows("Login for sugarkube3 alone", "u as the others")
        await focused(driver, "user")
        await driver.press(*"anna", "tab", *"other", "enter")
        await driver.shows("6 of 6 in: Enter goes on", "anna*")
        access = driver.app.session.access
        told = {name: one.login.password for name, one in access.hosts.items()}
        assert all(
            (one is not None and one.reveal()) == "raspberry" for n, one in told.items() if n[-1] != "3"
        )


async def test_user_and_port_that_a_host_was_added_with_are_its_own(
    held: HeldSimulation, start: Start
) -> None:
    doors(held, Door(user="anna"), "sugarkube4")
    async with start(held.world) as driver:
        await driver.hosts(8)
        await driver.press("a")
        await driver.shows("pi@sugarkube4.local:2222")
        await driver.press(*"anna@sugarkube4.local", "enter")
        await driver.shows("6 hosts selected")
        await driver.press("enter")
        await driver.shows("6 of 6 in: Enter goes on", "anna*")


async def test_what_ssh_config_says_is_used_and_told(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(user="anna"), "sugarkube0")
    held.simulation.ssh_settings.said["sugarkube0.local"] = SshAdvice(
        "~/.ssh/config", user="anna", jump="bastion"
    )
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("6 of 6 in", "SSH config User anna, ProxyJump bastion (~/.ssh/config)")
        assert driver.app.session.access.hosts["sugarkube1"].login.user == "pi"


async def test_a_changed_host_key_is_trusted_when_the_hosts_name_is_typed(
    held: HeldSimulation, start: Start
) -> None:
    held.simulation.reflash("sugarkube1")
    held.simulation.reflash("sugarkube2")
    before = dict(held.simulation.keys.pinned)
    now = held.simulation.pi("sugarkube1").host_key
    async with start(held.world) as driver:
        await to_access(driver)
        await driver.shows("4 of 6 in: Enter compares the host keys", "The host key has changed")
        await driver.press("enter")
        await driver.shows(
            f"Before {before['192.168.3.11']}", f"Now {now}", "wrote its card anew", "another machine answers"
        )
        await driver.press("enter")
        await driver.shows("that is not sugarkube1")
        await driver.press("escape")
        await driver.stage(Stage.ACCESS)
        assert held.simulation.keys.pinned["192.168.3.11"] == before["192.168.3.11"]
        await driver.press("t", *"sugarkube1", "enter")
        await driver.shows("5 of 6 in")
        pinned = held.simulation.keys.pinned
        assert pinned["192.168.3.11"] == now
        assert pinned["192.168.3.12"] == before["192.168.3.12"]
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, TrustKey), "the next host's keys")
        await driver.press(*"sugarkube2", "enter")
        await driver.shows("6 of 6 in: Enter goes on")


async def test_a_changed_host_key_and_a_wrong_name_are_told_where_there_is_little_room(
    held: HeldSimulation, start: Start
) -> None:
    held.simulation.reflash("sugarkube1")
    before, now = held.simulation.keys.pinned["192.168.3.11"], held.simulation.pi("sugarkube1").host_key
    async with start(held.world, (60, 16)) as driver:
        await to_access(driver)
        await driver.shows("compares the host keys")
        await driver.press("enter")
        told = (before, now, "Type sugarkube1 to trust", "Esc leaves it as it is")
        await driver.shows(*told)
        await driver.press(*"sugarkube2", "enter")
        await driver.shows(*told, "that is not sugarkube1", "type sugarkube1, or Esc to leave it as it is")


async def test_a_host_that_is_off_can_be_left_out(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        held.simulation.power_off("sugarkube2")
        await driver.press("enter")
        await driver.shows("5 of 6 in", "No answer from port 22")
        await driver.press("o")
        await driver.shows("5 of 5 in: Enter goes on")
        assert "sugarkube2" not in driver.text()


async def test_a_host_that_comes_back_is_tried_again_alone(held: HeldSimulation, start: Start) -> None:
    async with start(held.world) as driver:
        await driver.hosts(8)
        held.simulation.power_off("sugarkube2")
        await driver.press("enter")
        await driver.shows("5 of 6 in")
        access = driver.app.session.access
        kept = access.hosts["sugarkube0"]
        held.simulation.power_on("sugarkube2")
        for _ in range(50):
            await held.clock.sleep(2.0)
        await driver.press("enter")
        await driver.shows("6 of 6 in: Enter goes on")
        assert access.hosts["sugarkube0"] is kept


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["tab", "tab", "tab", *"/nowhere"], "there is no file /nowhere"),
        (["tab", "tab", "tab", "tab", "tab", *"http"], "'http' is no port"),
    ],
    ids=["identity", "port"],
)
async def test_a_field_that_cannot_be_used_is_told_before_anything_is_tried(
    held: HeldSimulation, start: Start, keys: list[str], told: str
) -> None:
    doors(held, Door(user="anna", password=""), "sugarkube0")
    async with start(held.world) as driver:
        await to_access(driver)
        await focused(driver, "user")
        await driver.press(*keys[1:], "enter")
        await driver.shows(told)
        assert driver.app.session.access.hosts["sugarkube0"].entry is Entry.FAILED


async def test_who_types_while_logins_go_on_stays_in_the_field(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(takes_key=False, password="moss"))
    async with start(held.world) as driver:
        await driver.hosts(8)
        held.clock.hold()
        await driver.press("enter")
        await driver.shows("logging in, 0 of 6 in")
        await driver.press("shift+tab", *"mo")
        held.clock.go_on()
        await driver.shows("0 of 6 in: correct it")
        await focused(driver, "sudo_password")
        await driver.press(*"ss")
        assert driver.app.session.access.forms.common.sudo_password == "moss"


async def test_entries_survive_going_back(held: HeldSimulation, start: Start) -> None:
    doors(held, Door(sudo_password="moss"))
    async with start(held.world) as driver:
        await to_access(driver)
        await focused(driver, "sudo_password")
        await driver.press(*"moss", "escape")
        await driver.stage(Stage.SCAN)
        await driver.press("enter")
        await driver.stage(Stage.ACCESS)
        await driver.press("enter")
        await driver.shows("6 of 6 in: Enter goes on")
