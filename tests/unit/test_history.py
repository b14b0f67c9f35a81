"""Durations of earlier runs: bounded, private, and never in the way."""

from __future__ import annotations

from pathlib import Path

from sugarkube_tui.engine.estimate import Experience, Sample
from sugarkube_tui.store.history import RUNS, History

BOOT = Sample("boot", "Raspberry Pi 5 Model B", 44.5)


def test_what_was_recorded_is_recalled(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.jsonl"
    History(path).record([BOOT])
    History(path).record([BOOT, BOOT])
    assert History(path).recall() == Experience(2, (BOOT, BOOT, BOOT))
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_the_last_runs_are_kept(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    for number in range(RUNS + 5):
        history.record([Sample("boot", "Pi", float(number))])
    assert [sample.seconds for sample in history.recall().samples] == [float(n) for n in range(5, RUNS + 5)]


def test_lines_that_are_damaged_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    History(path).record([BOOT])
    damaged = [
        "{",
        "[]",
        "null",
        '{"schema": 2, "steps": []}',
        '{"schema": 1, "steps": [["boot", "Pi"]]}',
        '{"schema": 1, "steps": [["boot", "Pi", 1e999]]}',
        '{"schema": 1, "steps": [["boot", "Pi", 1e308]]}',  # two of them are infinite together
        '{"schema": 1, "steps": [["boot", "Pi", NaN]]}',
        '{"schema": 1, "steps": [["boot", "Pi", -5]]}',
        "[" * 100_000,
        "\udcff",
    ]
    with path.open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\n".join(damaged) + "\n")
    assert History(path).recall() == Experience(1, (BOOT,))
    History(path).record([BOOT])
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_without_a_file_or_a_place_for_it_nothing_is_known_and_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for history in (History(None), History(tmp_path / "none"), History(tmp_path / "file" / "history")):
        assert history.recall() == Experience()
    blocked = History(tmp_path / "file" / "history")
    blocked.record([BOOT])
    assert blocked.recall() == Experience()
