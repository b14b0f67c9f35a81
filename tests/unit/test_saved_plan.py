"""Saved plans: what is written is read back the same, secrets never get there, and mistakes are named."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.choices import Choices, ClockPolicy
from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.cluster.plan_document import document_of, plan_of
from sugarkube_tui.cluster.plan_migrations import SCHEMA
from sugarkube_tui.cluster.saved_plan import Question, RunState, SavedNode, SavedPlan, SavedRun
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.ports import Login, Target
from sugarkube_tui.engine.resuming import node_of, targets_of
from sugarkube_tui.simulator.world import Simulation
from sugarkube_tui.store.kept_plan import KeptPlan
from sugarkube_tui.store.paths import create_file
from sugarkube_tui.store.plans import choices_of, plan_text, read_plan
from sugarkube_tui.store.run_lock import RunLock, worked_on_by
from sugarkube_tui.tui.state.access import Access
from sugarkube_tui.tui.state.changes import Changes
from sugarkube_tui.tui.tasks import Tasks

PLANS = Path(__file__).parent / "plans"
WHEN = datetime(2026, 11, 26, 23, 10, 5, tzinfo=timezone(timedelta(hours=1)))
ONE = SavedPlan((SavedNode("sugarkube0", "192.168.3.10", "sugarkube0.local"),))

names = st.from_regex(r"[a-z0-9äß_ ]{0,8}[a-z0-9]", fullmatch=True).map(str.strip)
addresses = st.one_of(st.ip_addresses(v=4).map(str), st.just("fd00::17"), names.map("{}.example".format))
IDLE = Tasks(lambda error: None, lambda: None)
environments = st.builds(
    Environment,
    st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True),
)
chosen = st.builds(
    Choices,
    environment=environments,
    servers=st.integers(1, 9),
    registration_address=st.one_of(st.just(""), st.ip_addresses().map(str), st.just("api.sugar.example")),
    channel=st.sampled_from(["stable", "latest", "v1.33", "v1.33.5+k3s1", "v1.34.0-rc1+k3s2"]),
    taint_servers=st.sampled_from([None, True, False]),
    clock=st.sampled_from(ClockPolicy),
    even_servers=st.booleans(),
    order=st.lists(names, max_size=4).map(tuple),
)
passwords = st.none() | st.text(min_size=1).map(lambda text: Secret(f"S3cr3t-{text}"))
users = st.from_regex(r"[A-Za-z_äé][A-Za-z0-9_.-]{0,12}", fullmatch=True)
identities = st.sampled_from([None, Path(__file__), PLANS / "schema-1.toml"])  # files that there are
runs = st.none() | st.builds(SavedRun, st.sampled_from(RunState), st.just("") | names.map("/runs/{}".format))
moments = st.none() | st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))


@st.composite
def requests(draw: st.DrawFn) -> tuple[tuple[Target, ...], Choices]:
    """What a wizard might ask for: distinct nodes, each with its own login but the same passwords."""
    secrets = draw(passwords), draw(passwords), draw(passwords)
    targets = tuple(
        Target(
            name,
            draw(addresses),
            Login(draw(users), draw(st.integers(1, 65535)), draw(identities), *secrets),
            alias=draw(st.sampled_from([f"{name}.local", name, "shelf"])),
        )
        for name in draw(st.lists(names, min_size=1, max_size=5, unique=True))
    )
    return targets, draw(chosen)


def saved(targets: tuple[Target, ...], choices: Choices, **more: Any) -> SavedPlan:
    return SavedPlan(tuple(map(node_of, targets)), choices, **more)


def through_text(plan: SavedPlan) -> SavedPlan:
    return plan_of(tomllib.loads(plan_text(plan)), "plan.toml")


class TestRoundTrip:
    @given(requests(), st.sampled_from(Question), moments, runs)
    def test_a_plan_is_read_as_it_was_written(
        self,
        asked: tuple[tuple[Target, ...], Choices],
        question: Question,
        when: datetime | None,
        run: SavedRun | None,
    ) -> None:
        plan = saved(*asked, next=question, saved=when, run=run)
        assert through_text(plan) == plan

    @given(requests())
    def test_what_is_asked_for_comes_back_the_same_with_its_passwords(
        self, asked: tuple[tuple[Target, ...], Choices]
    ) -> None:
        targets, choices = asked
        plan = through_text(saved(targets, choices))
        assert targets_of(plan.nodes, targets[0].login) == targets
        assert choices_of(plan) == choices

    @given(requests())
    def test_the_wizard_asks_for_the_same_again(self, asked: tuple[tuple[Target, ...], Choices]) -> None:
        targets, choices = asked
        plan = through_text(saved(targets, choices))
        access = Access(Simulation().world, targets[0].login, IDLE, Changes())
        access.resume(plan.nodes)
        assert access.intended == targets

    @given(requests())
    def test_no_secret_is_in_the_text(self, asked: tuple[tuple[Target, ...], Choices]) -> None:
        text = plan_text(saved(*asked))
        assert "S3cr3t-" not in text

    def test_a_release_is_kept_as_its_directory_and_read_again(self, tmp_path: Path) -> None:
        (tmp_path / "install.sh").write_text("#!/bin/sh\n")
        (tmp_path / "k3s-arm64").write_bytes(b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little"))
        plan = through_text(replace(ONE, airgap=tmp_path))
        airgap = choices_of(plan).airgap
        assert airgap is not None
        assert airgap.directory == tmp_path
        (tmp_path / "k3s-arm64").unlink()
        with pytest.raises(InvalidInput, match="no k3s binary"):
            choices_of(plan)


class TestMigration:
    def test_the_present_schema(self) -> None:
        assert read_plan(PLANS / "schema-1.toml") == SavedPlan(
            nodes=(
                SavedNode("sugarkube0", "192.168.3.10", "sugarkube0.local"),
                SavedNode(
                    "sugarkube1", "192.168.3.11", "shelf-1", "admin", 2222, Path("/home/admin/.ssh/pi")
                ),
            ),
            choices=Choices(
                environment=Environment("prod"),
                servers=2,
                registration_address="10.99.0.5",
                channel="v1.33.5+k3s1",
                taint_servers=False,
                clock=ClockPolicy.FIX_STRICT,
                even_servers=True,
                order=("sugarkube1",),
            ),
            airgap=Path("/srv/k3s"),
            next=Question.SERVERS,
            saved=WHEN,
            run=SavedRun(
                RunState.BEGUN,
                "/home/admin/.local/state/sugarkube-tui/runs/20261126T231010.000-sugar_prod",
            ),
        )

    def test_the_present_schema_is_written_as_the_fixture_has_it(self) -> None:
        path = PLANS / "schema-1.toml"
        assert plan_text(read_plan(path)) == path.read_text(encoding="utf-8")

    def test_a_draft_is_understood(self) -> None:
        login = ("admin", 22, Path("/home/admin/.ssh/pi"))
        assert read_plan(PLANS / "schema-0.toml") == SavedPlan(
            nodes=(
                SavedNode("sugarkube0", "sugarkube0.local", "sugarkube0.local", *login),
                SavedNode("sugarkube1", "sugarkube1.local", "sugarkube1.local", *login),
                SavedNode("192.168.3.12", "192.168.3.12", "192.168.3.12", *login),
            ),
            choices=Choices(
                environment=Environment("prod"),
                servers=3,
                registration_address="10.99.0.5",
                channel="v1.33",
            ),
        )

    def test_every_schema_has_a_fixture(self) -> None:
        numbers = {tomllib.loads(path.read_text())["schema"] for path in PLANS.iterdir()}
        assert numbers == set(range(SCHEMA + 1))

    @pytest.mark.parametrize("number", [SCHEMA + 1, -1])
    def test_a_number_that_nobody_knows_is_refused(self, number: int) -> None:
        with pytest.raises(InvalidInput) as caught:
            plan_of({"schema": number, "whatever": True}, "plan.toml")
        assert f"schema number {number}" in str(caught.value)
        assert "newer sugarkube-tui" in caught.value.remedy


def changed(path: str, value: object) -> dict[str, Any]:
    """The document of a plan with one key changed."""
    document: Any = document_of(ONE)
    *parents, key = path.split("/")
    table = document
    for parent in parents:
        table = table.setdefault(parent, {})
    table[key] = value
    return document


class TestMistakes:
    @pytest.mark.parametrize(
        ("path", "value", "complaint"),
        [
            ("schema", "1", "plan.toml, schema: this is text in quotes"),
            ("schema", True, "plan.toml, schema: this is true or false"),
            ("next", "lunch", "'lunch' is none of the words"),
            ("saved", datetime(2026, 1, 1), "plan.toml, saved: this is a date"),
            ("saved", "yesterday", "plan.toml, saved: this is text"),
            ("server", 3, "there is no key 'server'"),
            ("choices", [], "plan.toml, choices: this is a list"),
            ("choices/severs", 3, "did you mean 'servers'?"),
            ("choices/servers", "3", "plan.toml, choices.servers: this is text in quotes\n→ give a whole"),
            ("choices/servers", True, "plan.toml, choices.servers: this is true or false"),
            ("choices/servers", 12, "plan.toml, choices.servers: '12' is no number of servers"),
            ("choices/environment", "De v", "plan.toml, choices.environment: 'De v' cannot be"),
            ("choices/cluster", "-", "plan.toml, choices.cluster: '-' cannot be a cluster's name"),
            ("choices/registration_address", "https://x", "plan.toml, choices.registration_address:"),
            ("choices/channel", "a b", "plan.toml, choices.channel:"),
            ("choices/clock", "stop", "plan.toml, choices.clock: 'stop' is none of the words"),
            ("choices/taint_servers", "yes", "use one of: automatic | always | never"),
            ("choices/even_servers", 1, "give true or false"),
            ("choices/order", "sugarkube0", "plan.toml, choices.order: this is text"),
            ("choices/order", [1], "give a list of texts"),
            ("nodes/sugarkube0/port", 0, "plan.toml, nodes.sugarkube0.port: 0 is no port"),
            ("nodes/sugarkube0/user", "p i", "plan.toml, nodes.sugarkube0.user: the user's name"),
            ("nodes/sugarkube0/address", "", "plan.toml, nodes.sugarkube0.address:"),
            ("nodes/sugarkube0/alias", "x\x1b[2J", "plan.toml, nodes.sugarkube0.alias:"),
            ("nodes/sugarkube0/adress", "x", "did you mean 'address'?"),
            (
                "nodes/sugarkube1/alias",
                "x",
                "plan.toml, nodes.sugarkube1.address: the key 'address' is missing",
            ),
            ("nodes/a.local/address", "x", "plan.toml, nodes: 'a.local' is no node's name\n→ use 'a'"),
            ("run/state", "over", "plan.toml, run.state: 'over' is none of the words"),
            ("run", {"directory": "/x"}, "the key 'state' is missing"),
        ],
    )
    def test_a_mistake_is_named_with_file_key_and_remedy(
        self, path: str, value: object, complaint: str
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            plan_of(changed(path, value), "plan.toml")
        assert complaint in str(caught.value)
        assert caught.value.remedy

    def test_choices_that_are_not_there_are_the_usual_ones(self) -> None:
        document = {"schema": 1, "nodes": {"sugarkube0": {"address": "sugarkube0.local"}}}
        assert plan_of(document, "plan.toml") == SavedPlan(
            (SavedNode("sugarkube0", "sugarkube0.local", "sugarkube0.local"),)
        )

    @pytest.mark.parametrize(
        "text",
        [b"", b"not = [toml", b"\xff\xfe", b"schema = " + b"[" * 5000, b"schema = " + b"9" * 5000],
    )
    def test_a_file_that_is_no_plan_says_so(self, tmp_path: Path, text: bytes) -> None:
        path = tmp_path / "plan.toml"
        path.write_bytes(text)
        with pytest.raises(InvalidInput) as caught:
            read_plan(path)
        assert str(path) in caught.value.where

    def test_a_file_that_is_not_there_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="cannot be read") as caught:
            read_plan(tmp_path / "none.toml")
        assert caught.value.why == "No such file or directory"


class TestKept:
    def test_it_is_for_the_user_alone_and_replaced_as_a_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "state" / "plan.toml"
        kept = KeptPlan(path)
        assert kept.read() is None
        kept.write(ONE)
        kept.write(replace(ONE, next=Question.SERVERS))
        assert KeptPlan(path).read() == replace(ONE, next=Question.SERVERS)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert list(path.parent.iterdir()) == [path]

    def test_a_disk_that_fails_leaves_the_old_one(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("a file where the directory should be")
        with pytest.raises(OSError):
            KeptPlan(tmp_path / "state" / "plan.toml").write(ONE)

    def test_without_a_path_nothing_is_kept(self) -> None:
        kept = KeptPlan(None)
        kept.write(ONE)
        assert kept.read() is None

    @pytest.mark.parametrize(
        ("state", "unfinished"),
        [(None, True), *((state, state is not RunState.DONE) for state in RunState)],
    )
    def test_what_ended_well_is_finished(self, state: RunState | None, unfinished: bool) -> None:
        run = SavedRun(state) if state is not None else None
        assert replace(ONE, run=run).unfinished is unfinished
        assert not SavedPlan(()).unfinished


class TestFiles:
    def test_a_file_that_is_there_is_not_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / "review.txt"
        create_file(path, "one")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(FileExistsError):
            create_file(path, "two")
        assert path.read_text() == "one"

    def test_what_cannot_be_written_leaves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(UnicodeEncodeError):
            create_file(tmp_path / "review.txt", "\ud800")
        assert list(tmp_path.iterdir()) == []


class TestRunLock:
    def test_it_names_the_process_until_it_is_released(self, tmp_path: Path) -> None:
        lock = RunLock(tmp_path)
        assert worked_on_by(tmp_path) == os.getpid()
        lock.release()
        lock.release()
        assert worked_on_by(tmp_path) is None

    def test_a_directory_that_is_gone_is_worked_on_by_nobody(self, tmp_path: Path) -> None:
        assert worked_on_by(tmp_path / "gone") is None
