"""Consents: asked once, kept for the user alone, and never a reason to fail."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sugarkube_tui.store.consents import Consents

HOME = "192.168.3.0/24"
LAB = "10.1.0.0/22"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "consents.toml"


def test_nobody_was_asked_at_first_and_looking_writes_nothing(path: Path) -> None:
    assert Consents(path).sweep(HOME) is None
    assert not path.parent.exists()


def test_an_answer_is_there_the_next_time(path: Path) -> None:
    consents = Consents(path)
    consents.answer_sweep([HOME], True)
    consents.answer_sweep([LAB], False)
    later = Consents(path)
    assert (later.sweep(HOME), later.sweep(LAB), later.sweep("172.16.0.0/24")) == (True, False, None)
    assert tomllib.loads(path.read_text()) == {
        "schema": 1,
        "sweep": {"allowed": [HOME], "refused": [LAB]},
    }


def test_the_last_answer_counts(path: Path) -> None:
    consents = Consents(path)
    consents.answer_sweep([HOME, LAB], True)
    consents.answer_sweep([HOME], False)
    assert Consents(path).sweep(HOME) is False
    assert Consents(path).sweep(LAB) is True


def test_the_file_is_for_the_user_alone(path: Path) -> None:
    Consents(path).answer_sweep([HOME], True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_two_wizards_keep_each_others_answers(path: Path) -> None:
    one, other = Consents(path), Consents(path)
    one.answer_sweep([HOME], True)
    other.answer_sweep([LAB], True)
    assert Consents(path).sweep(HOME) is True


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"schema = 1",
        b"not = [toml",
        b"\xff\xfe",
        b'schema = 2\n[sweep]\nallowed = ["192.168.3.0/24"]',
        b'schema = 1\nsweep = "192.168.3.0/24"',
        b"schema = 1\n[sweep]\nallowed = 3\nrefused = [1, true]",
        b"schema = 1\nsweep = " + b"[" * 5000,
    ],
)
def test_a_broken_file_counts_as_none_and_is_replaced(path: Path, text: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(text)
    consents = Consents(path)
    assert consents.sweep(HOME) is None
    consents.answer_sweep([HOME], True)
    assert Consents(path).sweep(HOME) is True


def test_an_answer_that_cannot_be_kept_holds_for_now(path: Path) -> None:
    path.parent.write_text("a file where the directory should be")
    consents = Consents(path)
    consents.answer_sweep([HOME], True)
    assert consents.sweep(HOME) is True
    assert "not kept" in consents.problem


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    consents = Consents(None)
    consents.answer_sweep([HOME], True)
    assert consents.sweep(HOME) is True
    assert consents.problem == ""
