"""Hosts of ~/.ssh/config that may be Pis."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.engine.ports import Given
from sugarkube_tui.ssh.aliases import read_aliases


def found(ssh_dir: Path, text: str | bytes) -> dict[str, str]:
    ssh_dir.mkdir(exist_ok=True)
    (ssh_dir / "config").write_bytes(text.encode() if isinstance(text, str) else text)
    return {given.name: given.host for given in read_aliases(ssh_dir)}


def test_what_is_known_of_an_alias(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("Host pi\n  HostName 192.168.3.10\n")
    assert read_aliases(tmp_path) == (Given("pi", "192.168.3.10", "~/.ssh/config", ssh_alias=True),)


@pytest.mark.parametrize(
    ("config", "aliases"),
    [
        (
            "Host pi0 pi1\n HostName %h.local\nHost github.com\n User git",
            {"pi0": "pi0.local", "pi1": "pi1.local"},
        ),
        ("Host sugarkube0.local\n User pi", {"sugarkube0.local": "sugarkube0.local"}),
        ("Host vps\n HostName 203.0.114.7\nHost me\n HostName 127.0.0.1", {}),
        ("Host pi* !pi9 10.0.0.?\n HostName 10.0.0.1", {}),
        ("Host pi9\nHost pi8\nHost pi* !pi9\n HostName %h.local", {"pi8": "pi8.local"}),
        ('hostname=10.0.0.1\nHOST="pi 7"\n', {"pi 7": "10.0.0.1"}),
        ("Host pi\n HostName 10.0.0.1\n HostName 10.0.0.2", {"pi": "10.0.0.1"}),
        ('# Host pi\nHost pi\nMatch host pi exec "touch ran"\n HostName 10.0.0.1', {}),
        ("Host pi\nHost", {}),
        ('Host pi\n HostName 10.0.0.1\nHost "broken', {"pi": "10.0.0.1"}),
        ("Host pi\n ForwardAgent yes # don't\n HostName 10.0.0.1", {"pi": "10.0.0.1"}),
        ("Include ~nobody-of-that-name/x\nInclude /\nHost pi.local", {"pi.local": "pi.local"}),
    ],
)
def test_which_hosts(tmp_path: Path, config: str, aliases: dict[str, str]) -> None:
    assert found(tmp_path, config) == aliases


def test_included_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "pis").write_text("Host pi7\n HostName 10.0.0.7\nInclude conf.d/*\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("Host pi8\n HostName 10.0.0.8\n")
    aliases = found(
        tmp_path, f"Include conf.d/* missing\nInclude {elsewhere}\nHost pi9\n HostName 10.0.0.9\n"
    )
    assert aliases == {"pi7": "10.0.0.7", "pi8": "10.0.0.8", "pi9": "10.0.0.9"}


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_aliases(tmp_path) == ()
    (tmp_path / "config").mkdir()
    assert read_aliases(tmp_path) == ()


@given(
    st.one_of(st.binary(max_size=200), st.text("Host name\t\n*?!\"'=#%[/]1.0", max_size=200).map(str.encode))
)
def test_no_file_is_too_odd(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    found(tmp_path_factory.getbasetemp() / "odd", text)
