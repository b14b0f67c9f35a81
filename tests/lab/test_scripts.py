"""The shell texts that run on a node, each on a real one."""

from __future__ import annotations

import threading

import pytest

from sugarkube_tui.cluster.actions import InstallPackages
from sugarkube_tui.engine import scripts
from sugarkube_tui.engine.download import progress_in
from sugarkube_tui.steps.base import parse_probe, probe_script
from sugarkube_tui.steps.catalog import PROBED, read_facts
from sugarkube_tui.steps.packages import WANTED
from tests.lab.labtool import LabError, LabFactory, PiLab

PI = "sugarkube0"
OLD, NEW = "old\n", "new text\nwith 'quotes' and $signs\n"


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory) -> PiLab:
    return module_lab_factory(1, name="scripts")


def shell(lab: PiLab, script: str, text: str = "") -> str:
    """As the product runs it: by /bin/sh as root."""
    return lab.root(PI, script, input=text, timeout=120)


class TestWriteFile:
    path = "/etc/rancher/k3s/config.yaml.d/10-test.yaml"

    def write(
        self, lab: PiLab, text: str, *, size: int | None = None, mode: int = 0o644, backup: bool = False
    ):
        length = len(text.encode()) if size is None else size
        return shell(lab, scripts.write_file(self.path, length, mode, backup), text)

    def test_a_new_file_has_its_text_mode_and_owner(self, lab: PiLab) -> None:
        self.write(lab, NEW, mode=0o600)
        assert lab.root(PI, f"cat {self.path}") == NEW
        assert lab.root(PI, f"stat -c '%a %U' {self.path}").split() == ["600", "root"]
        assert lab.root(PI, "stat -c %a /etc/rancher/k3s").strip() == "755"

    def test_a_text_that_did_not_arrive_whole_changes_nothing(self, lab: PiLab) -> None:
        self.write(lab, OLD)
        with pytest.raises(LabError, match="did not arrive whole"):
            self.write(lab, NEW[:5], size=len(NEW))
        assert lab.root(PI, f"cat {self.path}") == OLD
        assert lab.root(PI, "ls -A /etc/rancher/k3s/config.yaml.d").split() == ["10-test.yaml"]

    def test_the_file_before_is_kept_where_that_is_asked_for(self, lab: PiLab) -> None:
        self.write(lab, OLD)
        self.write(lab, NEW, backup=True)
        assert lab.root(PI, f"cat {self.path}.bak.*") == OLD


def test_every_probe_answers_and_is_read(lab: PiLab) -> None:
    output = lab.root(PI, probe_script(PROBED))
    facts = read_facts(parse_probe(output, [step.id for step in PROBED]))
    assert facts.access.hostname == PI
    assert facts.access.model.startswith("Raspberry Pi")
    assert facts.access.architecture == "x86_64"
    assert facts.access.free_mb > 100
    assert [one.name for one in facts.access.interfaces] == ["eth0"]
    assert facts.boot.path == "/boot/firmware/cmdline.txt"
    assert not facts.boot.active
    assert "iptables" in facts.packages.missing
    assert facts.resolution.avahi_active
    assert facts.clock.service == "chrony"
    assert facts.k3s.unit == ""


def test_probes_change_nothing(lab: PiLab) -> None:
    listing = "find /etc /boot /usr/local /var/lib -xdev -type f -newer /tmp/mark | grep -v /var/lib/chrony"
    lab.root(PI, "touch /tmp/mark; sleep 0.1")
    lab.root(PI, probe_script(PROBED))
    assert lab.root(PI, listing, check=False) == ""


def test_packages_are_installed_once_another_package_manager_is_done(lab: PiLab) -> None:
    holder = (
        "import fcntl, time; f = open('/var/lib/apt/lists/lock', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(5)"
    )
    lab.root(
        PI, f'(python3 -c "{holder}" >/tmp/held 2>&1 &) ; until grep -q held /tmp/held; do sleep 0.1; done'
    )
    said = shell(lab, scripts.install_packages(InstallPackages(WANTED)))
    assert "another package manager is at work" in said
    assert lab.root(PI, f"dpkg-query -W -f '${{db:Status-Abbrev}}' {' '.join(WANTED)}").split() == [
        "ii"
    ] * len(WANTED)


def test_the_same_work_is_never_done_twice_at_once(lab: PiLab) -> None:
    script = scripts.install_packages(InstallPackages(("jq",)))
    outcomes: list[str | LabError] = []

    def work() -> None:
        try:
            outcomes.append(shell(lab, script))
        except LabError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 3
    assert all(isinstance(outcome, str) and "jq is already the newest" in outcome for outcome in outcomes), (
        outcomes
    )


def test_a_detached_command_hands_on_its_status(lab: PiLab) -> None:
    with pytest.raises(LabError, match="status 100"):
        shell(lab, scripts.install_packages(InstallPackages(("no-such-package",))))


def test_a_download_is_watched_until_it_is_gone(lab: PiLab) -> None:
    scratch = "/tmp/k3s-install.0123456789"
    shell(
        lab,
        f"mkdir -p -m 0700 {scripts.RUNTIME_DIRECTORY} {scratch}\n"
        f": >{scripts.RUNTIME_DIRECTORY}/k3s-install.began\n"
        f"sleep 1; head -c 3000000 /dev/zero >{scratch}/k3s.bin\n"
        f"setsid sh -c 'sleep 4; rm -r {scratch}' </dev/null >/dev/null 2>&1 &",
    )
    told = shell(lab, scripts.watch_download("https://github.invalid/k3s")).splitlines()
    assert {progress_in(line) for line in told} == {(None, "3.0 MB")}
