"""The pin file, and where it lives."""

from __future__ import annotations

import base64
import fcntl
import hashlib
from pathlib import Path

import pytest

from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.store.paths import Paths, private
from sugarkube_tui.store.pins import HostKeyPins, entry_name

A = "ssh-ed25519 " + base64.b64encode(b"a" * 51).decode()
B = "ssh-ed25519 " + base64.b64encode(b"b" * 51).decode()


def test_pin_and_find(pins: HostKeyPins) -> None:
    assert pins.find("pi-a") == ()
    pins.pin("Pi-A.local.", 22, A + " comment")
    pins.pin("pi-a.local", 2222, B)
    (pin,) = pins.find("pi-a.local")
    assert (pin.line, pin.key) == (1, A)
    digest = base64.b64encode(hashlib.sha256(b"a" * 51).digest()).decode().rstrip("=")
    assert pin.fingerprint == f"SHA256:{digest}"
    assert pins.find("pi-a.local", 2222)[0].key == B
    assert pins.path.read_text() == f"pi-a.local {A}\n[pi-a.local]:2222 {B}\n"


def test_private(pins: HostKeyPins) -> None:
    pins.pin("pi-a", 22, A)
    assert pins.path.stat().st_mode & 0o777 == 0o600
    assert pins.path.parent.stat().st_mode & 0o777 == 0o700


def test_pin_replaces_that_host_alone(pins: HostKeyPins) -> None:
    pins.pin("pi-a", 22, A)
    pins.path.write_text(f"# by hand\npi-a,pi-b {A}\n\n")
    pins.pin("pi-a", 22, B)
    assert pins.path.read_text() == f"# by hand\npi-b {A}\npi-a {B}\n"


def test_a_lock_that_another_program_keeps_is_told_soon(pins: HostKeyPins) -> None:
    pins.pin("pi-a", 22, A)
    with pins.path.with_name("known_hosts.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SugarkubeError, match="cannot be written") as caught:
            pins.pin("pi-a", 22, B)
    assert "another program" in caught.value.why
    pins.pin("pi-a", 22, B)


def test_a_damaged_line_is_not_a_first_contact(pins: HostKeyPins) -> None:
    pins.pin("pi-a", 22, A)
    pins.path.write_bytes(b"pi-b ssh-ed25519 AAA\npi-c\n\xff\xfe\n" + f"pi-a {A}\n".encode())
    assert pins.find("pi-a")[0].line == 4
    assert pins.find("pi-b")[0].fingerprint == "an unreadable key"
    assert pins.find("pi-c")[0].key == ""


def test_names_from_the_lan_cannot_make_entries(pins: HostKeyPins) -> None:
    pins.pin("x,pi-a\npi-b *", 22, A)
    assert pins.find("pi-a") == pins.find("pi-b") == ()
    assert len(pins.path.read_text().splitlines()) == 1


def test_addresses() -> None:
    assert entry_name("fe80::1%eth0", 22) == "fe80::1%eth0"
    assert entry_name("fe80::1", 2222) == "[fe80::1]:2222"


def test_unusable_file(pins: HostKeyPins) -> None:
    pins.path.mkdir(parents=True)
    with pytest.raises(SugarkubeError) as caught:
        pins.find("pi-a")
    assert caught.value.where == str(pins.path)
    with pytest.raises(ValueError, match="base64"):
        pins.pin("pi-a", 22, "ssh-ed25519")


def test_paths_follow_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    paths = Paths.default()
    assert paths.config == tmp_path / "CONFIG" / "sugarkube-tui"
    assert paths.pins == tmp_path / "STATE" / "sugarkube-tui" / "known_hosts"
    assert paths.cache == tmp_path / "CACHE" / "sugarkube-tui"
    assert private(paths.runs).stat().st_mode & 0o777 == 0o700
    assert paths.state.stat().st_mode & 0o777 == 0o700
