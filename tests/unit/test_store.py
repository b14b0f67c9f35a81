"""Files: a run's journal, and k3s releases in a directory."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.engine.events import Printed, RunFinished, RunStarted
from sugarkube_tui.engine.outcome import Result
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.paths import Paths, is_there, key_file
from sugarkube_tui.store.release import read_release
from sugarkube_tui.store.run_lock import worked_on_by


def elf(machine: int) -> bytes:
    return b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + b"rest"


@pytest.fixture
def release(tmp_path):
    (tmp_path / "install.sh").write_text("#!/bin/sh\n")
    (tmp_path / "k3s-arm64").write_bytes(elf(183))
    return tmp_path


class TestRelease:
    def test_files_are_found_by_the_releases_names(self, release):
        (release / "k3s").write_bytes(elf(62))
        (release / "k3s-airgap-images-arm64.tar.zst").write_bytes(b"images")
        airgap = read_release(release)
        assert set(airgap.binaries) == {"aarch64", "x86_64"}
        assert airgap.images["aarch64"].sha256 == hashlib.sha256(b"images").hexdigest()
        assert airgap.images["aarch64"].size == 6

    def test_a_binary_for_another_processor_is_refused(self, release):
        (release / "k3s-arm64").write_bytes(elf(62))
        with pytest.raises(InvalidInput, match="not for aarch64") as caught:
            read_release(release)
        assert "x86_64" in caught.value.why

    def test_what_is_no_program_is_refused(self, release):
        (release / "k3s-arm64").write_text("<html>404</html>")
        with pytest.raises(InvalidInput, match="no program for Linux"):
            read_release(release)

    def test_a_damaged_file_is_found_by_the_releases_checksums(self, release):
        (release / "sha256sum-arm64.txt").write_text(f"{'0' * 64}  k3s-arm64\n")
        with pytest.raises(InvalidInput, match="damaged"):
            read_release(release)

    @pytest.mark.parametrize("missing", ["install.sh", "k3s-arm64"])
    def test_what_is_missing_is_named(self, release, missing):
        (release / missing).unlink()
        with pytest.raises(InvalidInput) as caught:
            read_release(release)
        assert "https://" in caught.value.remedy

    def test_a_directory_that_nobody_may_look_into_is_told(self, tmp_path):
        with pytest.raises(InvalidInput, match="this release cannot be read") as caught:
            read_release(tmp_path / ("x" * 300))
        assert caught.value.why == "File name too long"


class TestJournal:
    def test_it_keeps_events_and_each_nodes_log_for_the_operator_alone(self, tmp_path):
        journal = RunJournal(tmp_path / "runs", "sugar/dev")
        journal(RunStarted(0.0, "sugar/dev", ("pi",), ""))
        journal(Printed(1.5, "pi", ("hello",)))
        journal(RunFinished(2.0, Result.OK, "done"))
        journal.close()
        lines = (journal.directory / "events.jsonl").read_text().splitlines()
        assert [json.loads(line)["event"] for line in lines] == ["run_started", "printed", "run_finished"]
        assert (journal.directory / "pi.log").read_text() == "    1.50  hello\n"
        assert stat.S_IMODE(journal.directory.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in journal.directory.iterdir())

    def test_a_nodes_name_cannot_leave_the_directory(self, tmp_path):
        journal = RunJournal(tmp_path / "runs", "../../x")
        journal(Printed(0.0, "../../evil", ("hello",)))
        journal.close()
        assert {path.parent for path in tmp_path.rglob("*.log")} == {journal.directory}
        assert journal.directory.parent == tmp_path / "runs"

    def test_names_that_are_too_long_for_files_are_cut_and_stay_apart(self, tmp_path):
        journal = RunJournal(tmp_path / "runs", "sugar/dev")
        for name in ("ä" * 200 + "1", "ä" * 200 + "2", "pi"):
            journal(Printed(0.0, name, (f"hello {name[-1]}",)))
        journal.close()
        assert journal.problem is None
        texts = sorted(path.read_text().split()[-1] for path in journal.directory.glob("*.log"))
        assert texts == ["1", "2", "i"]

    def test_a_full_disk_ends_the_journal_and_not_the_run(self, tmp_path):
        (tmp_path / "runs").write_text("in the way")
        journal = RunJournal(tmp_path / "runs", "sugar/dev")
        journal(Printed(0.0, "pi", ("hello",)))
        assert journal.problem.what == "no log is kept"
        assert "File exists" in journal.problem.why
        assert journal.directory is None


class TestPaths:
    def test_where_nobody_may_look_there_is_nothing_and_a_key_file_says_why(self, tmp_path):
        refused = tmp_path / ("x" * 300)
        assert not is_there(refused)
        with pytest.raises(InvalidInput) as caught:
            key_file(refused, "--identity", "give another")
        assert caught.value.why == "File name too long"

    def test_a_plan_that_nobody_may_look_for_is_told_as_one_that_cannot_be_read(self, tmp_path):
        with pytest.raises(InvalidInput) as caught:
            KeptPlan(tmp_path / ("x" * 300)).read()
        assert caught.value.what == "this plan cannot be read"

    def test_every_place_is_named_for_the_operator(self):
        paths = Paths.default()
        places = {name for name in dir(Paths) if isinstance(getattr(paths, name), Path)}
        assert set(paths.named) == places
        assert all(paths.named[name] == getattr(paths, name) for name in places)


def test_nobody_works_on_a_run_whose_directory_is_no_path():
    assert worked_on_by(Path("\0")) is None
