"""Fixtures for tests with a lab of make-believe Raspberry Pis."""

from __future__ import annotations

import importlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.lab import labtool
from tests.lab.labtool import LabFactory, StateDirectory
from tests.lab.pilab.util import PilabError, require_host


@pytest.fixture(scope="session")
def lab_root() -> Iterator[Path]:
    """Where this session keeps its labs.  No lab without root and tools: then it fails, not skips."""
    try:
        require_host()
    except PilabError as error:
        pytest.fail(f"this machine cannot run the lab: {error}", pytrace=False)
    directory = StateDirectory()
    try:
        yield directory.path
    finally:
        directory.close()


@pytest.fixture
def lab_factory(lab_root: Path) -> Iterator[LabFactory]:
    """Starts labs that end with the test."""
    with labtool.labs(lab_root) as start:
        yield start


@pytest.fixture(scope="module")
def module_lab_factory(lab_root: Path) -> Iterator[LabFactory]:
    """Starts labs that end with the last test of the module."""
    with labtool.labs(lab_root) as start:
        yield start


@pytest.fixture(scope="session")
def k3s_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to give to `web`: the real k3s of LAB_K3S_DIR, or else a stand-in."""
    directory = tmp_path_factory.mktemp("k3s")
    real = os.environ.get("LAB_K3S_DIR")
    if real:
        labtool.link_k3s(Path(real), directory)
    else:
        importlib.import_module("tests.lab.k3s.build").build(directory)
    return directory


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test's labs are still up at this point: look at them before they are gone."""
    report = yield
    if report.failed and (folder := labtool.collect_evidence(item.nodeid)):
        report.sections.append(("Lab evidence", str(folder)))
    return report
