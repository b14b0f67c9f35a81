"""Is the lab itself right?  The other tests here rely on it."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.labtool import PROJECT, LabError, LabFactory, PiLab
from tests.lab.pilab.model import STATE_DIR, WEB_NAMES, Lab

VERSION = "v1.33.5+k3s1"
ASSET = os.urandom(3_000_000)
PREREQUISITES = "avahi-daemon avahi-utils libnss-mdns libglib2.0-bin tcpdump curl jq iptables"
CONTROLLERS = "cat /sys/fs/cgroup/cgroup.controllers"


def eventually(what: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    (folder / "VERSION").write_text(f"{VERSION}\n")
    (folder / "install.sh").write_text("#!/bin/sh\necho installed\n")
    (folder / "k3s").write_bytes(ASSET)
    return folder


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory, web: Path) -> PiLab:
    return module_lab_factory(3, name="self", web=web)


def can_log_in(lab: PiLab, name: str) -> bool:
    try:
        return lab.ssh(name, "echo in", timeout=15) == "in\n"
    except LabError:
        return False


def test_reboot_is_a_new_boot_of_the_same_disk(lab: PiLab) -> None:
    name = lab.names[0]
    before = lab.boot_id(name)
    lab.ssh(name, "echo kept > kept")
    lab.ssh(name, "sudo reboot", check=False)
    lab.wait(name, boots=2)
    assert lab.boot_id(name) != before
    assert lab.ssh(name, "cat kept") == "kept\n"
    assert float(lab.ssh(name, "cut -d' ' -f1 /proc/uptime")) < 60


def test_memory_controller_appears_after_the_boot_line_asks_and_a_reboot(lab: PiLab) -> None:
    name = lab.names[1]
    assert "memory" not in lab.ssh(name, CONTROLLERS).split()
    lab.ssh(name, "sudo sed -i '1s/$/ cgroup_memory=1 cgroup_enable=memory/' /boot/firmware/cmdline.txt")
    assert "memory" not in lab.ssh(name, CONTROLLERS).split()
    lab.reboot(name)
    assert "memory" in lab.ssh(name, CONTROLLERS).split()
    assert " cgroup_memory=1 " in lab.ssh(name, "cat /proc/cmdline")


def test_local_names_resolve_on_the_workstation_and_between_pis(lab: PiLab) -> None:
    first, _, last = lab.names
    look_up = ["getent", "hosts", f"{last}.local"]
    address = [lab.address(last)]
    eventually(lambda: lab.exec(look_up).stdout.split()[:1] == address)
    eventually(lambda: lab.ssh(first, " ".join(look_up), check=False).split()[:1] == address)


@pytest.mark.parametrize("silent", [False, True])
def test_a_cut_pi_is_silent_until_healed(lab: PiLab, silent: bool) -> None:
    name = lab.names[2]
    before = lab.boot_id(name)
    lab.cut(name, silent=silent)
    assert lab.exec(["ping", "-c1", "-W1", lab.address(name)]).returncode != 0
    carrier = lab.root(name, "cat /sys/class/net/eth0/carrier").strip()
    assert carrier == ("1" if silent else "0")
    lab.heal(name)
    eventually(lambda: can_log_in(lab, name))
    assert lab.boot_id(name) == before


def test_power_off_and_on(lab: PiLab) -> None:
    name = lab.names[2]
    before = lab.boot_id(name)
    lab.off(name)
    assert lab.status(name).state == "off"
    with pytest.raises(LabError):
        lab.boot_id(name)
    assert "Linux version" not in lab.journal(name)  # readable all the same
    lab.on(name)
    assert lab.boot_id(name) != before


def test_clock_of_a_pi(lab: PiLab) -> None:
    name = lab.names[0]
    synchronized = "timedatectl show --property=NTPSynchronized --value"
    assert lab.ssh(name, synchronized) == "yes\n"
    lab.clock(name, 30)
    assert lab.ssh(name, synchronized) == "no\n"
    lab.clock(name, 0)
    assert lab.ssh(name, synchronized) == "yes\n"


def test_web_sites_have_certificates_that_the_pis_trust(lab: PiLab) -> None:
    pi = lab.names[0]
    curl = "curl -fsS -o /dev/null -w '%{http_code} %{redirect_url}'"
    assert lab.ssh(pi, "curl -fsSI https://get.k3s.io/").startswith("HTTP/1.1 200")
    assert lab.ssh(pi, "curl -sfL https://get.k3s.io | sh -") == "installed\n"
    assert lab.ssh(pi, f"{curl} http://get.k3s.io/") == "301 https://get.k3s.io/"
    tag = f"https://github.com/k3s-io/k3s/releases/tag/{VERSION}"
    channel = "https://update.k3s.io/v1-release/channels/stable"
    assert lab.ssh(pi, f"{curl} -I {channel}") == f"302 {tag}"
    latest = lab.ssh(pi, f"curl -w '%{{url_effective}}' -L -s -S {channel} -o /dev/null")
    assert latest == tag
    # Programs that read the folder of certificates instead of the bundle:
    fetch = "import urllib.request as r; print(r.urlopen('https://get.k3s.io/').status)"
    assert lab.ssh(pi, f'python3 -c "{fetch}"') == "200\n"
    assert '10.77.0.10 https://get.k3s.io "HEAD / HTTP/1.1" 200' in lab.log


def test_web_serves_the_files_of_its_one_release(lab: PiLab, web: Path) -> None:
    pi = lab.names[0]
    release = "https://github.com/k3s-io/k3s/releases/download"
    for version in (VERSION, VERSION.replace("+", "%2B")):
        got = lab.ssh(pi, f"curl -fsSL {release}/{version}/k3s | sha256sum")
        assert got.split()[0] == hashlib.sha256(ASSET).hexdigest()
    status = "curl -sS -o /dev/null -w '%{http_code}'"
    assert lab.ssh(pi, f"{status} {release}/{VERSION}/k3s-arm64") == "404"
    assert lab.ssh(pi, f"{status} {release}/v1.0.0+k3s1/k3s") == "404"
    (web / "VERSION").unlink()
    try:
        assert lab.ssh(pi, f"{status} https://update.k3s.io/v1-release/channels/stable") == "404"
    finally:
        (web / "VERSION").write_text(f"{VERSION}\n")


def test_no_other_name_is_known(lab: PiLab) -> None:
    pi = lab.names[0]
    for name in WEB_NAMES:
        assert lab.ssh(pi, f"getent hosts {name}").split()[0] == "10.77.0.1"
        assert lab.exec(["getent", "hosts", name]).stdout.split()[0] == "10.77.0.1"
    began = time.monotonic()
    assert lab.ssh(pi, "getent hosts example.com", check=False) == ""
    assert time.monotonic() - began < 2


def test_prerequisites_install_without_internet(lab: PiLab) -> None:
    pi = lab.names[1]
    assert lab.ssh(pi, "sudo iptables --version", check=False) == ""
    lab.ssh(pi, "sudo apt-get update")
    lab.ssh(pi, f"sudo DEBIAN_FRONTEND=noninteractive apt-get install -y {PREREQUISITES}", timeout=60)
    assert lab.ssh(pi, "sudo iptables --version").startswith("iptables v1.8")
    assert lab.ssh(pi, "echo '{}' | jq .") == "{}\n"
    assert lab.ssh(pi, "avahi-browse --version").startswith("avahi-browse")


def test_options_of_a_lab(lab: PiLab, lab_factory: LabFactory) -> None:
    """A second lab, beside the first one."""
    other = lab_factory(2, hostname="raspberrypi", sudo_password=True, memory_cgroup=True, advertise=["ssh"])
    assert other.addresses == lab.addresses[:2]
    first = other.names[0]
    assert other.ssh(first, "hostname") == "raspberrypi\n"
    assert "memory" in other.ssh(first, CONTROLLERS).split()
    with pytest.raises(LabError, match="password is required"):
        other.ssh(first, "sudo -n true")
    assert other.root(first, "id -u") == "0\n"
    assert other.root(first, "test -e /etc/avahi/services/ssh.service && echo yes") == "yes\n"
    assert "get.k3s.io" not in other.exec(["cat", "/etc/hosts"]).stdout
    assert other.ssh(first, "getent hosts get.k3s.io", check=False) == ""


def test_workstation_commands(lab: PiLab) -> None:
    done = lab.exec(["sh", "-c", "cat; echo error >&2; exit 3"], input="text")
    assert (done.stdout, done.stderr, done.returncode) == ("text", "error\n", 3)
    process = lab.popen(["sleep", "60"])
    lab.kill(process, signal.SIGINT)
    assert process.wait(timeout=5) != 0
    environment = lab.product_environment({"SUGARKUBE_X": "1"})
    assert environment["SUGARKUBE_X"] == "1"
    assert Path(environment["HOME"]).is_relative_to(lab.state)


def test_product_environment_has_nothing_of_the_callers(lab: PiLab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSH_AUTH_SOCK", "SUGARKUBE_ENV", "K3S_TOKEN", "KUBECONFIG"):
        monkeypatch.setenv(name, "caller's")
    assert "caller's" not in lab.product_environment().values()


def test_a_lab_ends_with_the_process_that_owns_it() -> None:
    """Even if that is killed without warning."""
    program = (
        "import time; from tests.lab.labtool import PiLab, StateDirectory; state = StateDirectory();"
        "lab = PiLab.start(state.path, 1, name='orphan'); print(state.path, lab.lab.name, flush=True);"
        "time.sleep(600)"
    )
    owner = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout
        path, name = owner.stdout.readline().split()
        lab = Lab(name, Path(path))
        assert lab.alive()
    finally:
        owner.kill()
        owner.communicate()
    eventually(lambda: not lab.alive(), 5)
    # The next session removes the files, if no other has been quicker.
    sweep = "from tests.lab.labtool import StateDirectory; StateDirectory().close()"
    subprocess.run([sys.executable, "-c", sweep], cwd=PROJECT, check=True)
    eventually(lambda: not Path(path).exists(), 5)
    eventually(lambda: not lab.cgroup.exists(), 5)
    assert Path(path).parent == STATE_DIR
