"""Lines on their way to files: none is lost or moved, and nobody waits for the disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from sugarkube_tui.engine.events import (
    ActionStarted,
    NodeFinished,
    Printed,
    StepFinished,
    as_json,
    as_json_line,
)
from sugarkube_tui.engine.outcome import Evidence, Result
from sugarkube_tui.store.journal import RunJournal
from sugarkube_tui.store.run_lock import worked_on_by
from sugarkube_tui.store.spool import BATCH_S, Spool


def until(condition, patience_s: float = 10.0) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class TestSpool:
    def test_all_lines_reach_their_files_in_order(self, tmp_path):
        spool = Spool(tmp_path)
        for number in range(20_000):
            spool.write("even" if number % 2 == 0 else "odd", str(number))
        spool.close()
        assert (tmp_path / "even").read_text().split() == [str(number) for number in range(0, 20_000, 2)]
        assert (tmp_path / "odd").read_text().split() == [str(number) for number in range(1, 20_000, 2)]
        assert (tmp_path / "odd").stat().st_mode & 0o777 == 0o600

    def test_a_line_is_written_soon_by_itself_and_what_was_taken_on_demand(self, tmp_path):
        spool = Spool(tmp_path)
        spool.write("log", "one")
        until(lambda: (tmp_path / "log").exists() and (tmp_path / "log").read_text() == "one\n")
        spool.write("log", "two\ud800")
        spool.flush()
        assert (tmp_path / "log").read_text() == "one\ntwo?\n"
        spool.close()

    def test_it_can_go_on_after_it_was_closed(self, tmp_path):
        spool = Spool(tmp_path)
        for text in ("one", "two"):
            spool.write("log", text)
            spool.close()
        assert (tmp_path / "log").read_text() == "one\ntwo\n"

    def test_trouble_is_told_and_holds_nobody_up(self, tmp_path):
        spool = Spool(tmp_path / "nowhere")
        spool.write("log", "one")
        spool.flush()
        assert "No such file" in spool.problem
        spool.write("log", "two")
        spool.close()

    def test_trouble_that_nobody_foresaw_is_told_too_and_keeps_nobody_waiting(self, tmp_path):
        spool = Spool(tmp_path)
        spool.write("a name that no file can have\0", "one")
        spool.flush()
        assert spool.problem == "ValueError: embedded null byte"
        spool.close()

    def test_files_that_are_removed_meanwhile_are_missed(self, tmp_path):
        spool = Spool(tmp_path)
        spool.write("log", "one")
        spool.flush()
        (tmp_path / "log").unlink()
        spool.write("log", "two")
        spool.flush()
        assert spool.problem == f"[Errno 2] the file was removed: '{tmp_path / 'log'}'"
        spool.close()

    def test_a_thread_that_cannot_be_started_is_told(self, tmp_path, monkeypatch):
        def refuse(thread):
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        spool = Spool(tmp_path)
        spool.write("log", "one")
        assert spool.problem == "can't start new thread"
        spool.flush()
        spool.close()


WRITER = """
import sys, time
from pathlib import Path
from sugarkube_tui.store.run_lock import worked_on_by
from sugarkube_tui.store.spool import Spool
spool = Spool(Path(sys.argv[1]))
spool.write("log", "one")
print("written", flush=True)
if sys.argv[2] == "stay":
    time.sleep(60)
"""


class TestTheEndOfTheProgram:
    def test_nothing_is_lost_when_it_ends(self, tmp_path):
        subprocess.run([sys.executable, "-c", WRITER, tmp_path, "go"], check=True, stdout=subprocess.DEVNULL)
        assert (tmp_path / "log").read_text() == "one\n"

    def test_only_the_last_fraction_of_a_second_is_lost_when_it_is_killed(self, tmp_path):
        command = [sys.executable, "-c", WRITER, tmp_path, "stay"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            until(lambda: (tmp_path / "log").exists(), patience_s=10 + BATCH_S)
            os.kill(process.pid, signal.SIGKILL)
        assert (tmp_path / "log").read_text() == "one\n"


class TestJournal:
    def test_what_happens_to_a_node_is_on_the_disk_at_once_with_what_came_before(self, tmp_path: Path):
        journal = RunJournal(tmp_path, "sugar/dev")
        journal(Printed(1.0, "pi", ("before",)))
        journal(ActionStarted(2.0, "pi", "k3s", "install k3s", ("sh install.sh",)))
        log = journal.directory / "pi.log"
        until(lambda: log.exists() and "install k3s" in log.read_text())
        journal.close()
        assert log.read_text() == ("    1.00  before\n    2.00  ▶ install k3s\n    2.00    sh install.sh\n")

    def test_a_disk_that_takes_nothing_ends_the_journal_which_says_why(self, tmp_path: Path):
        journal = RunJournal(tmp_path, "sugar/dev")
        (journal.directory / "events.jsonl").mkdir()
        journal(Printed(1.0, "pi", ("lost",)))

        def troubled() -> bool:
            journal(Printed(2.0, "pi", ("lost, too",)))
            return journal.problem is not None

        until(troubled)
        assert journal.problem.what == "the log stops here"
        assert "Is a directory" in journal.problem.why
        assert worked_on_by(journal.directory) == os.getpid()  # the run itself goes on
        journal.close()
        assert worked_on_by(journal.directory) is None

    def test_an_events_line_says_the_same_as_its_object(self):
        evidence = Evidence('no "k3s"', "50 % \\ done", lines=("a\u2028b", "ü"))
        for event in (
            Printed(1.25, "pi", ('say "hi" \\ 100 %s',)),
            ActionStarted(2.0, "pi", "k3s", "t", ("+a", "-b")),
            StepFinished(3.0, "pi", "k3s", "t", Result.FAILED, 1.5, evidence),
            NodeFinished(4.0, "pi", Result.OK, {"remote work": 1.0}, 3, 1, None),
        ):
            line = as_json_line(event)
            assert "\n" not in line
            assert json.loads(line) == json.loads(json.dumps(as_json(event)))
