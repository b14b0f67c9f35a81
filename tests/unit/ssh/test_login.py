"""Logging in: keys, passwords, host keys, settings, and messages when it fails."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import asyncssh
import pytest

from sugarkube_tui.cluster.errors import AccessError, HostKeyChanged, Trouble
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Login, Target
from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.failures import no_route_remedy
from sugarkube_tui.ssh.hostkeys import key_line
from sugarkube_tui.store.pins import HostKeyPins
from tests.unit.ssh.conftest import Agent, Node, serve, through_sh


def new_key(kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(kind)


# Host keys


async def test_first_contact_pins_host_and_name(
    node: Node, connector: SshConnector, pins: HostKeyPins
) -> None:
    shell = await connector.connect(node.target())
    assert shell.first_contact
    assert shell.vouched_by == ""
    assert shell.host_key.startswith("SHA256:")
    assert pins.find("127.0.0.1", node.port)[0].fingerprint == shell.host_key
    assert pins.find("pi-a", node.port)[0].fingerprint == shell.host_key
    await shell.close()
    again = await connector.connect(node.target())
    assert not again.first_contact
    await again.close()


async def test_changed_key_names_both_prints_and_the_line(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    old, new = new_key(), new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[old]) as node:
        await (await connector.connect(node.target())).close()
        port = node.port
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[new], port=port, password="pw") as node:
        with pytest.raises(HostKeyChanged) as caught:
            await connector.connect(node.target(password=Secret("pw")))
        assert node.commands == []
        text = str(caught.value)
        assert old.get_fingerprint() in text
        assert new.get_fingerprint() in text
        assert all(f"{pins.path}:{line}" in caught.value.remedy for line in (1, 2))
        pins.path.write_text("")
        shell = await connector.connect(node.target())
        assert shell.first_contact
        await shell.close()


async def test_a_changed_key_is_replaced_and_only_that_one(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    old, new, hers = new_key(), new_key(), new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[old]) as node:
        await (await connector.connect(node.target())).close()
        port = node.port
    pins.pin("pi-b", port, key_line(hers))
    pins.pin("pi-a", 22, key_line(hers))
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[new], port=port) as node:
        with pytest.raises(HostKeyChanged) as caught:
            await connector.connect(node.target())
        change = caught.value.change
        assert {fingerprint for fingerprint, _ in change.expected} == {old.get_fingerprint()}
        assert change.shown == new.get_fingerprint()
        pins.replace(change)
        await (await connector.connect(node.target())).close()
    assert [pin.key for pin in pins.find("pi-a", port)] == [key_line(new)]
    assert [pin.key for pin in pins.find("pi-b", port)] == [key_line(hers)]
    assert [pin.key for pin in pins.find("pi-a", 22)] == [key_line(hers)]


async def test_a_key_that_replaced_another_is_no_passport_for_a_third(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[new_key()]) as node:
        pins.pin("127.0.0.1", node.port, key_line(new_key()))
        with pytest.raises(HostKeyChanged) as caught:
            await connector.connect(node.target())
        port = node.port
    pins.replace(caught.value.change)
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[new_key()], port=port) as node:
        with pytest.raises(HostKeyChanged):
            await connector.connect(node.target())


async def test_a_replaced_pin_counts_although_known_hosts_has_another_key(
    node: Node, connector: SshConnector, pins: HostKeyPins, home: Path
) -> None:
    known = home / ".ssh" / "known_hosts"
    known.write_text(f"[127.0.0.1]:{node.port} {key_line(new_key())}\n")
    before = known.read_text()
    with pytest.raises(HostKeyChanged) as caught:
        await connector.connect(node.target())
    assert f"{known}:1" in caught.value.why
    pins.replace(caught.value.change)
    await (await connector.connect(node.target())).close()
    assert known.read_text() == before


async def test_another_type_of_key_is_no_way_around_the_pin(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[new_key("ecdsa-sha2-nistp256")]) as node:
        pins.pin("127.0.0.1", node.port, key_line(new_key()))
        with pytest.raises(HostKeyChanged):
            await connector.connect(node.target())


async def test_the_pinned_type_is_asked_for(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    rsa, edwards = new_key("ssh-rsa"), new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[edwards, rsa]) as node:
        pins.pin("127.0.0.1", node.port, key_line(rsa))
        shell = await connector.connect(node.target())
        assert shell.host_key == rsa.get_fingerprint()
        await shell.close()


async def test_a_node_with_a_new_address_is_known_by_its_name(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    mine, other = new_key(), new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[mine]) as node:
        pins.pin("127.0.0.1", node.port, key_line(other))
        pins.pin("pi-a", node.port, key_line(mine))
        shell = await connector.connect(node.target())
        assert not shell.first_contact
        assert pins.find("127.0.0.1", node.port)[0].key == key_line(mine)
        await shell.close()


async def test_a_pinned_machine_is_no_other_node(
    user_key: asyncssh.SSHKey, connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    hers = new_key()
    async with serve(through_sh(tmp_path), key=user_key, password="pw") as node:
        await (await connector.connect(node.target("pi-b"))).close()  # pins the address, too
        pins.pin("pi-a", node.port, key_line(hers))
        with pytest.raises(HostKeyChanged):
            await connector.connect(node.target(password=Secret("pw")))
        assert node.passwords == []
        assert pins.find("pi-a", node.port)[0].key == key_line(hers)


async def test_the_address_counts_while_the_name_has_no_pin(
    node: Node, connector: SshConnector, pins: HostKeyPins
) -> None:
    pins.pin("127.0.0.1", node.port, key_line(new_key()))
    with pytest.raises(HostKeyChanged):
        await connector.connect(node.target())
    assert pins.find("pi-a", node.port) == ()


@pytest.mark.parametrize("name", ["raspberrypi", "raspberrypi-2", "RaspberryPi-13"])
async def test_a_fresh_image_is_not_pinned_by_its_name(
    node: Node, connector: SshConnector, pins: HostKeyPins, name: str
) -> None:
    await (await connector.connect(node.target(name))).close()
    assert pins.find(name, node.port) == ()
    assert pins.find("127.0.0.1", node.port) != ()


async def test_a_denied_login_pins_nothing(
    connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    async with serve(through_sh(tmp_path), password="pw") as node:
        with pytest.raises(AccessError, match="does not let"):
            await connector.connect(node.target(password=Secret("no")))
        assert not pins.path.exists()
        shell = await connector.connect(node.target(password=Secret("pw")))
        assert shell.first_contact
        await shell.close()


@pytest.mark.parametrize("known_as", ["127.0.0.1", "pi-a.local", "pi-a"])
@pytest.mark.parametrize("system", [False, True])
async def test_known_hosts_vouches(
    user_key: asyncssh.SSHKey,
    connector: SshConnector,
    home: Path,
    tmp_path: Path,
    known_as: str,
    system: bool,
) -> None:
    key = new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[key]) as node:
        file = tmp_path / "ssh_known_hosts" if system else home / ".ssh" / "known_hosts"
        file.write_text(f"# mine\nbroken\n[{known_as}]:{node.port} {key_line(key)}\n")
        shell = await connector.connect(node.target(alias="pi-a.local", trust_new=False))
        assert not shell.first_contact
        assert shell.vouched_by == f"{file}:3"
        await shell.close()


@pytest.mark.parametrize("known_as", ["pi-a.local", "pi-a"])
async def test_the_operators_name_has_another_key(
    node: Node, connector: SshConnector, home: Path, known_as: str
) -> None:
    file = home / ".ssh" / "known_hosts"
    file.write_text(
        f"[127.0.0.1]:{node.port} {key_line(node.host_key)}\n[{known_as}]:{node.port} {key_line(new_key())}\n"
    )
    with pytest.raises(HostKeyChanged) as caught:
        await connector.connect(node.target(alias="pi-a.local"))
    assert f"{file}:2" in caught.value.why


async def test_host_key_alias_is_looked_up_alone(node: Node, connector: SshConnector, home: Path) -> None:
    (home / ".ssh" / "config").write_text("Host pi-a.local\n  HostKeyAlias kitchen\n")
    (home / ".ssh" / "known_hosts").write_text(
        f"[127.0.0.1]:{node.port} {key_line(new_key())}\nkitchen {key_line(node.host_key)}\n"
    )
    shell = await connector.connect(node.target(alias="pi-a.local"))
    assert shell.vouched_by.endswith("known_hosts:2")
    await shell.close()


async def test_a_new_key_is_refused_before_the_password_where_it_may_not_be_pinned(
    connector: SshConnector, pins: HostKeyPins, tmp_path: Path
) -> None:
    async with serve(through_sh(tmp_path), password="pw") as node:
        with pytest.raises(AccessError, match="not known yet") as caught:
            await connector.connect(node.target(trust_new=False, password=Secret("pw")))
        assert caught.value.trouble is Trouble.HOST_KEY_REFUSED
        assert node.passwords == []
        assert not pins.path.exists()
        await (await connector.connect(node.target(password=Secret("pw")))).close()
        await (await connector.connect(node.target(trust_new=False, password=Secret("pw")))).close()


@pytest.mark.parametrize(
    ("marker", "trouble"), [("", Trouble.HOST_KEY_CHANGED), ("@revoked ", Trouble.HOST_KEY_REFUSED)]
)
async def test_users_known_hosts_objects(
    user_key: asyncssh.SSHKey,
    connector: SshConnector,
    pins: HostKeyPins,
    home: Path,
    tmp_path: Path,
    marker: str,
    trouble: Trouble,
) -> None:
    key = new_key()
    async with serve(through_sh(tmp_path), key=user_key, host_keys=[key]) as node:
        shown = key if marker else new_key()
        file = home / ".ssh" / "known_hosts"
        file.write_text(f"{marker}[127.0.0.1]:{node.port} {key_line(shown)}\n")
        with pytest.raises(AccessError) as caught:
            await connector.connect(node.target())
        assert caught.value.trouble is trouble
        assert f"{file}:1" in caught.value.why
        assert pins.find("127.0.0.1", node.port) == ()


async def test_settings_that_switch_checking_off_are_ignored(
    node: Node, connector: SshConnector, pins: HostKeyPins, home: Path
) -> None:
    (home / ".ssh" / "config").write_text(
        "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile none\n"
        "  NoHostAuthenticationForLocalhost yes\n"
    )
    pins.pin("127.0.0.1", node.port, key_line(new_key()))
    with pytest.raises(HostKeyChanged):
        await connector.connect(node.target())


# Keys and passwords


async def test_password(connector: SshConnector, tmp_path: Path) -> None:
    async with serve(through_sh(tmp_path), password="raspberry") as node:
        shell = await connector.connect(node.target(password=Secret("raspberry")))
        assert (await shell.run("echo in")).stdout == "in\n"
        await shell.close()
        with pytest.raises(AccessError, match="does not let pi in") as caught:
            await connector.connect(node.target(password=Secret("hunter22")))
        assert "a password" in caught.value.why
        assert "hunter22" not in str(caught.value)


async def test_the_agents_copies_of_our_keys_come_first(
    node: Node, connector: SshConnector, home: Path, user_key: asyncssh.SSHKey, agent: Agent
) -> None:
    right, configured = new_key(), new_key()
    configured.write_private_key(str(home / ".ssh" / "id_rsa"))
    await agent([new_key(), right, configured, user_key])
    shell = await connector.connect(node.target())
    assert node.offered[-1] == user_key.get_fingerprint()
    assert node.offered[0] in (user_key.get_fingerprint(), configured.get_fingerprint())
    assert right.get_fingerprint() not in node.offered
    await shell.close()


async def test_too_many_keys_leave_the_password(
    connector: SshConnector, tmp_path: Path, user_key: asyncssh.SSHKey
) -> None:
    async with serve(through_sh(tmp_path), key=new_key(), password="pw", key_limit=0) as node:
        with pytest.raises(AccessError, match="too many failed logins"):
            await connector.connect(node.target())
        shell = await connector.connect(node.target(password=Secret("pw")))
        assert node.passwords == ["pw"]
        await shell.close()


async def test_what_was_tried_is_said(
    node: Node, connector: SshConnector, home: Path, user_key: asyncssh.SSHKey
) -> None:
    file = home / ".ssh" / "id_ed25519"
    new_key().write_private_key(str(file))
    user_key.write_private_key(str(home / ".ssh" / "id_rsa"), "pkcs8-pem", "secret")
    with pytest.raises(AccessError) as caught:
        await connector.connect(node.target())
    assert str(file) in caught.value.why
    assert f"they need a passphrase: {home}/.ssh/id_rsa" in caught.value.why
    assert f"ssh-add {home}/.ssh/id_rsa" in caught.value.remedy


@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem"])
@pytest.mark.parametrize("named", [False, True], ids=["default file", "identity"])
async def test_a_passphrase_opens_the_key(
    connector: SshConnector, home: Path, tmp_path: Path, form: str, named: bool
) -> None:
    key = new_key()
    file = tmp_path / "key" if named else home / ".ssh" / "id_ed25519"
    key.write_private_key(str(file), form, "sesame")
    identity = file if named else None
    async with serve(through_sh(tmp_path), key=key) as node:
        for passphrase, trouble in ((None, Trouble.KEY_LOCKED), ("open", Trouble.PASSPHRASE_WRONG)):
            login = {"identity": identity, "passphrase": Secret(passphrase) if passphrase else None}
            with pytest.raises(AccessError) as caught:
                await connector.connect(node.target(**login))
            assert caught.value.trouble is trouble
            assert str(file) in str(caught.value)
        shell = await connector.connect(node.target(identity=identity, passphrase=Secret("sesame")))
        assert node.offered == [key.get_fingerprint()] * len(node.offered)
        await shell.close()


async def test_a_passphrase_that_opens_one_key_leaves_the_open_ones_as_they_are(
    node: Node, connector: SshConnector, home: Path
) -> None:
    new_key().write_private_key(str(home / ".ssh" / "id_rsa"), "openssh", "sesame")
    shell = await connector.connect(node.target(passphrase=Secret("sesame")))
    await shell.close()


async def test_the_kind_of_a_refusal_says_what_the_server_would_take(
    connector: SshConnector, tmp_path: Path, user_key: asyncssh.SSHKey
) -> None:
    async with serve(through_sh(tmp_path), key=new_key()) as node:
        with pytest.raises(AccessError) as caught:
            await connector.connect(node.target())
        assert caught.value.trouble is Trouble.KEY_REFUSED
    async with serve(through_sh(tmp_path), key=new_key(), password="right") as node:
        with pytest.raises(AccessError) as caught:
            await connector.connect(node.target())
        assert caught.value.trouble is Trouble.PASSWORD_WANTED
        with pytest.raises(AccessError) as caught:
            await connector.connect(node.target(password=Secret("wrong")))
        assert caught.value.trouble is Trouble.PASSWORD_REFUSED


async def test_identity_is_the_only_key(node: Node, connector: SshConnector, tmp_path: Path) -> None:
    other = tmp_path / "other"
    new_key().write_private_key(str(other))
    with pytest.raises(AccessError) as caught:
        await connector.connect(node.target(identity=other))
    assert f"Offered keys: {other};" in caught.value.why


@pytest.mark.parametrize("kind", ["missing", "encrypted", "garbage"])
async def test_unusable_identity(node: Node, connector: SshConnector, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "key"
    if kind == "encrypted":
        new_key().write_private_key(str(file), "pkcs8-pem", "secret")
    elif kind == "garbage":
        file.write_text("not a key")
    with pytest.raises(
        AccessError, match="passphrase" if kind == "encrypted" else "cannot be used"
    ) as caught:
        await connector.connect(node.target(identity=file))
    assert str(file) in str(caught.value)


async def test_user_config_leads_to_the_node(
    node: Node, connector: SshConnector, home: Path, user_key: asyncssh.SSHKey
) -> None:
    elsewhere = home / "elsewhere"
    (home / ".ssh" / "id_ed25519").rename(elsewhere)
    (home / ".ssh" / "config").write_text(
        f"Host kitchen\n  HostName 127.0.0.1\n  Port {node.port}\n  IdentityFile {elsewhere}\n"
        "  User nobody\n  RequestTTY force\n  RemoteCommand false\n"
    )
    shell = await connector.connect(Target("pi-a", "kitchen", Login(user="pi")))
    assert (await shell.run("echo in")).stdout == "in\n"
    assert node.connections[0].get_extra_info("username") == "pi"
    await shell.close()


async def test_user_config_is_read_for_the_operators_name(
    node: Node, connector: SshConnector, home: Path
) -> None:
    elsewhere = home / "elsewhere"
    (home / ".ssh" / "id_ed25519").rename(elsewhere)
    (home / ".ssh" / "config").write_text(
        f"Host pi-a.local\n  HostName pi-a.invalid\n  Port {node.port}\n  IdentityFile {elsewhere}\n"
    )
    shell = await connector.connect(Target("pi-a", "127.0.0.1", Login(), alias="pi-a.local"))
    assert (await shell.run("echo in")).stdout == "in\n"
    await shell.close()


async def test_broken_user_config(node: Node, connector: SshConnector, home: Path) -> None:
    (home / ".ssh" / "config").write_text("Host *\n  Port twenty-two\n")
    with pytest.raises(AccessError, match="configuration") as caught:
        await connector.connect(node.target())
    assert "line 2" in caught.value.why


async def test_jump_host_is_used_and_its_key_is_pinned(
    node: Node,
    connector: SshConnector,
    pins: HostKeyPins,
    home: Path,
    user_key: asyncssh.SSHKey,
    tmp_path: Path,
) -> None:
    visits: list[str] = []

    class Gate(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

        def connection_requested(self, host: str, port: int, from_host: str, from_port: int) -> bool:
            visits.append(host)
            return True

    gate = await asyncssh.listen("127.0.0.1", 0, server_factory=Gate, server_host_keys=[new_key()])
    config = home / ".ssh" / "config"
    config.write_text(
        f"Host 127.0.0.1\n  ProxyJump gate\nHost gate\n  HostName 127.0.0.1\n  Port {gate.get_port()}\n"
    )
    shell = await connector.connect(node.target())
    assert (await shell.run("echo in")).stdout == "in\n"
    await shell.close()
    config.write_text(config.read_text().replace("Host 127.0.0.1", "Host pi-a.local"))
    shell = await connector.connect(node.target(alias="pi-a.local"))
    assert (await shell.run("echo in")).stdout == "in\n"
    assert visits == ["127.0.0.1"] * 2
    await shell.close()
    config.write_text(config.read_text().replace("Host pi-a.local", "Host 127.0.0.1"))
    pins.pin("gate", gate.get_port(), key_line(new_key()))
    with pytest.raises(HostKeyChanged):
        await connector.connect(node.target())
    config.write_text("Host *\n  ProxyJump gate\n")
    with pytest.raises(AccessError, match="ProxyJump"):
        await connector.connect(node.target())
    gate.close()
    await gate.wait_closed()


# Hosts that are not there


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_refused(connector: SshConnector) -> None:
    with pytest.raises(AccessError, match="refuses connections") as caught:
        await connector.connect(Target("pi-a", "127.0.0.1", Login(port=free_port())))
    assert "booting" in caught.value.remedy


async def test_unknown_name(connector: SshConnector) -> None:
    with pytest.raises(AccessError, match="does not resolve"):
        await connector.connect(Target("pi-a", "pi-a.invalid", Login(port=2222)))


async def test_silence_and_hang_up(connector: SshConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sugarkube_tui.ssh.connect.LOGIN_LIMIT", 0.5)
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(AccessError, match="did not finish within"):
        await connector.connect(Target("pi-a", "127.0.0.1", Login(port=port)))
    silent.close()


async def test_a_server_that_hangs_up_is_asked_twice(connector: SshConnector) -> None:
    visits = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal visits
        visits += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(AccessError, match="hung up"):
        await connector.connect(Target("pi-a", "127.0.0.1", Login(port=port)))
    assert visits == 2
    server.close()


def test_macos_blocks_the_local_network() -> None:
    assert "Local Network" in no_route_remedy("darwin")
    assert "Local Network" not in no_route_remedy("linux")
