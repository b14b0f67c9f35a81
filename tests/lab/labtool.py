"""Drives pilab from pytest: labs that end with the test, and what to look at when one fails."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Protocol

from tests.lab.pilab.lifecycle import stop
from tests.lab.pilab.model import CACHE_DIR, PASSWORD, STATE_DIR, THIS_PROGRAM, USER, Lab
from tests.lab.pilab.util import PilabError, locked

PROJECT = Path(__file__).resolve().parents[2]
PI_USER = USER
PI_PASSWORD = PASSWORD
WITH_IMAGE_BUILD = 900.0  # seconds; later starts take some 2 s
ENVIRONMENT_KEPT = re.compile(r"PATH|TZ|LANG|LC_.*|COVERAGE_.*|COV_CORE_.*")


class LabError(AssertionError):
    """The lab, or a command in it, did not do what the test needs."""


def describe(done: subprocess.CompletedProcess[str]) -> str:
    """A finished command, for an error message: without the words that brought it into the lab."""
    words = [str(word) for word in done.args]
    for prefix in ("--default-signal=INT,QUIT", "TERM", "--wd"):
        if words[0] == "nsenter" and prefix in words:
            words = words[words.index(prefix) + 1 :]
    return f"{shlex.join(words)}: status {done.returncode}\n{done.stdout}\n{done.stderr}".rstrip()


class StateDirectory:
    """This process's folder of labs, marked as in use by a lock that dies with the process.

    A process that is killed leaves its folder behind, though no lab; the next one removes it.
    """

    def __init__(self) -> None:
        STATE_DIR.mkdir(parents=True, exist_ok=True)
        for leftover in STATE_DIR.glob("pytest-*"):
            with contextlib.suppress(FileNotFoundError, BlockingIOError), (leftover / "owner").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.remove(leftover)
        # Locked before it gets a name that others look for.
        made = Path(tempfile.mkdtemp(prefix="new-", dir=STATE_DIR))
        self.lock: IO[str] = (made / "owner").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.path = made.rename(STATE_DIR / f"pytest-{os.getpid()}-{made.name.removeprefix('new-')}")

    @staticmethod
    def remove(path: Path) -> None:
        for plan in path.glob("*/plan.json"):
            stop(Lab(plan.parent.name, path))
        shutil.rmtree(path)

    def close(self) -> None:
        self.remove(self.path)
        self.lock.close()


class LabFactory(Protocol):
    """What the `lab_factory` fixtures give: starts a lab, which ends with the fixture's scope."""

    def __call__(
        self,
        count: int = 3,
        *,
        name: str = "lab",
        prefix: str = "sugarkube",
        firmware_delay: float = 0,
        sudo_password: bool = False,
        hostname: str | None = None,
        password_login: bool = True,
        memory_cgroup: bool = False,
        advertise: Sequence[str] = (),
        web: Path | None = None,
        apt: str = "offline",
    ) -> PiLab: ...


@dataclass(frozen=True)
class Status:
    """One Pi, as the lab's supervisor sees it."""

    name: str
    state: str  # off, booting, up, rebooting
    address: str
    mac: str
    boots: int
    boot_seconds: float | None
    cut: str  # "", "cable" or "silent"


class PiLab:
    """A running lab.  Make one with `PiLab.start`, or better with the fixture `lab_factory`."""

    running: ClassVar[list[PiLab]] = []
    _started: ClassVar[int] = 0

    def __init__(self, lab: Lab, home: Path, web: bool) -> None:
        self.lab = lab
        self.home = home  # of the product, see `product`; outlives its runs, not the lab
        self._web = web
        self._addresses = {pi.name: pi.address for pi in self.statuses()}

    @classmethod
    def start(
        cls,
        root: Path,
        count: int = 3,
        *,
        name: str = "lab",
        prefix: str = "sugarkube",
        firmware_delay: float = 0,
        sudo_password: bool = False,
        hostname: str | None = None,
        password_login: bool = True,
        memory_cgroup: bool = False,
        advertise: Sequence[str] = (),
        web: Path | None = None,
        apt: str = "offline",
    ) -> PiLab:
        """Boot a lab whose files are kept below `root`; return when every Pi takes SSH connections.

        The lab's full name is unique on this machine.  It also ends when this process does.
        """
        cls._started += 1
        label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:12] or "lab"
        lab = Lab(f"{label}-{os.getpid()}-{cls._started}", root)
        options = [f"--prefix={prefix}", f"--firmware-delay={firmware_delay}", f"--apt={apt}"]
        options += [f"--owner={os.getpid()}", *(f"--advertise={what}" for what in advertise)]
        options += ["--sudo-password"] if sudo_password else []
        options += [f"--hostname={hostname}"] if hostname else []
        options += [] if password_login else ["--no-password-login"]
        options += ["--memory-cgroup"] if memory_cgroup else []
        options += [f"--web={web}"] if web else []
        done = subprocess.run(
            [*THIS_PROGRAM, "--lab", lab.name, "up", str(count), *options],
            env={**os.environ, "PILAB_STATE": str(root), "PILAB_CACHE": str(CACHE_DIR)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITH_IMAGE_BUILD,
        )
        if done.returncode != 0:
            raise LabError(f"the lab did not come up\n{done.stderr}")
        home = lab.state / "home"
        home.mkdir(mode=0o700)
        started = cls(lab, home, web is not None)
        cls.running.append(started)
        return started

    def close(self) -> None:
        """Stop everything and delete all state."""
        if self in self.running:
            self.running.remove(self)
        with locked(self.lab.lock):
            stop(self.lab)

    def __enter__(self) -> PiLab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what there is

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._addresses)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(self._addresses.values())

    def address(self, name: str) -> str:
        return self._addresses[name]

    @property
    def state(self) -> Path:
        """The lab's folder on the host."""
        return self.lab.state

    @property
    def identity_file(self) -> Path:
        """The private key that logs in to every Pi as user pi."""
        return self.lab.key

    @property
    def known_hosts(self) -> Path:
        """The Pis' host keys, by name, .local name and address."""
        return self.lab.known_hosts

    @property
    def ca_file(self) -> Path:
        """The certificate authority of the lab's web server; the Pis trust it already."""
        return self.lab.web_ca

    @property
    def log(self) -> str:
        """What the supervisor wrote; lines with `web:` are the web server's requests."""
        return self.lab.log.read_text(errors="replace")

    def statuses(self) -> list[Status]:
        keys = Status.__dataclass_fields__
        return [Status(**{key: pi[key] for key in keys}) for pi in self.lab.call("status")]

    def status(self, name: str) -> Status:
        [found] = [status for status in self.statuses() if status.name == name]
        return found

    # -- on the workstation: the host's files, the lab's network

    def inside(self, argv: Sequence[str | Path], *, cwd: Path | None = None) -> list[str]:
        """The command line that runs `argv` there, for callers with ways of their own to start it."""
        # A shell's background job ignores these signals, and so would all that it starts.
        signals = ["env", "--default-signal=INT,QUIT"]
        return self.lab.inside([*signals, *(str(word) for word in argv)], directory=cwd)

    def exec(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        input: str | None = None,  # noqa: A002
        timeout: float = 60,
        cwd: Path | None = None,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end.  `env` replaces the environment, as in subprocess."""
        done = subprocess.run(
            self.inside(argv, cwd=cwd),
            env=env,
            input="" if input is None else input,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        if check and done.returncode != 0:
            raise LabError(describe(done))
        return done

    def popen(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a command.  To send it a signal use `kill`: the process here is only its parent."""
        return subprocess.Popen(self.inside(argv, cwd=cwd), env=env, text=True, errors="replace", **options)

    @staticmethod
    def kill(process: subprocess.Popen[str], number: signal.Signals) -> None:
        """Send a signal to what `popen` started; no matter if it has ended."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            while process.poll() is None:
                for child in children.read_text().split():
                    # Not before it has become the command itself.
                    if Path(f"/proc/{child}/comm").read_text().strip() not in ("nsenter", "setpriv", "env"):
                        os.kill(int(child), number)
                        return
                time.sleep(0.01)

    # -- the product

    def product_environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """An environment that has nothing of the caller's, except how to find programs."""
        kept = {key: value for key, value in os.environ.items() if ENVIRONMENT_KEPT.fullmatch(key)}
        source = PROJECT / "src"
        clean = {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PYTHONPATH": str(source if source.is_dir() else PROJECT),
            **kept,
        }
        for kind in ("config", "data", "state", "cache", "runtime"):
            folder = self.home / kind
            folder.mkdir(mode=0o700, exist_ok=True)
            clean["XDG_RUNTIME_DIR" if kind == "runtime" else f"XDG_{kind.upper()}_HOME"] = str(folder)
        if self._web:
            clean["SSL_CERT_FILE"] = str(self._bundle())
        return {**clean, **(env or {})}

    def _bundle(self) -> Path:
        """The workstation trusts what the host trusts, and the lab's web server."""
        bundle = self.lab.web_ca.parent / "bundle.crt"
        if not bundle.exists():
            host = Path("/etc/ssl/certs/ca-certificates.crt")
            bundle.write_text((host.read_text() if host.exists() else "") + self.lab.web_ca.read_text())
        return bundle

    @staticmethod
    def product_command(*args: str | Path) -> list[str]:
        return [sys.executable, "-m", "sugarkube_tui", *(str(word) for word in args)]

    def product(
        self,
        *args: str | Path,
        env: Mapping[str, str] | None = None,
        input: str | None = None,  # noqa: A002
        timeout: float = 300,
        check: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m sugarkube_tui ARGS` on the workstation, with a home of its own.

        `env` is added to the clean environment.  All runs in one lab share the home.
        """
        environment = self.product_environment(env)
        command = self.product_command(*args)
        done = self.exec(command, env=environment, input=input, timeout=timeout, cwd=self.home, check=check)
        with (self.home / "runs.log").open("a") as log:
            log.write(describe(done) + "\n\n")
        return done

    # -- on the Pis

    def ssh(
        self,
        name: str,
        command: str,
        *,
        check: bool = True,
        timeout: float = 30,
        input: str | None = None,  # noqa: A002
    ) -> str:
        """Run a shell command as user pi; return what it printed."""
        return self._ran(self.lab.ssh(name, command), check, timeout, input)

    def root(
        self,
        name: str,
        command: str,
        *,
        check: bool = True,
        timeout: float = 30,
        input: str | None = None,  # noqa: A002
    ) -> str:
        """Run a shell command as root, not over the network: works on a Pi that is cut off, or wants
        a password for sudo.  It may do more than root in the Pi may (set the host's clock, say)."""
        entry = [
            "nsenter", f"--target={self._init(name)}", "--mount", "--uts", "--ipc", "--net", "--pid",
            "--cgroup", "--time", "--root", "--wd", "--",
        ]  # fmt: skip
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        clean = ["env", "-i", path, "HOME=/root", "LANG=C.UTF-8", "sh", "-c", command]
        return self._ran([*entry, *clean], check, timeout, input)

    @staticmethod
    def _ran(command: list[str], check: bool, timeout: float, text: str | None) -> str:
        done = subprocess.run(
            command,
            input="" if text is None else text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        if check and done.returncode != 0:
            raise LabError(describe(done))
        return done.stdout

    def _init(self, name: str) -> int:
        """The host's number for the Pi's process 1."""
        for folder in (self.lab.cgroup / name).rglob("init.scope"):
            for pid in (folder / "cgroup.procs").read_text().split():
                with contextlib.suppress(FileNotFoundError):
                    found = re.search(r"^NSpid:.*\t1$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
                    if found:
                        return int(pid)
        raise LabError(f"{name} is not running")

    def boot_id(self, name: str) -> str:
        return self.root(name, "cat /proc/sys/kernel/random/boot_id").strip()

    def journal(self, name: str, lines: int = 400) -> str:
        """The end of a Pi's journal, read from its disk: it need not be running."""
        folder = self.lab.state / "pis" / name / "upper/var/log/journal"
        command = ["journalctl", f"--directory={folder}", f"--lines={lines}", "--no-pager", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        return done.stdout + done.stderr

    # -- what can happen to them

    def wait(self, *names: str, boots: int = 1, timeout: float = 120) -> None:
        """Wait until these Pis (or all) are up and have booted at least so often."""
        self.lab.call("wait", names=list(names) or None, boots=boots, timeout=timeout)

    def reboot(self, name: str, *, wait: bool = True, timeout: float = 120) -> None:
        boots = self.status(name).boots
        self.root(name, "systemctl reboot --no-block")
        if wait:
            self.wait(name, boots=boots + 1, timeout=timeout)

    def off(self, name: str) -> None:
        """Pull the power plug."""
        self.lab.call("power", name=name, on=False)

    def on(self, name: str, *, wait: bool = True, timeout: float = 120) -> None:
        boots = self.status(name).boots
        self.lab.call("power", name=name, on=True)
        if wait:
            self.wait(name, boots=boots + 1, timeout=timeout)

    def cut(self, name: str, *, silent: bool = False) -> None:
        """Unplug the network cable; silently: frames are lost, but the Pi still sees a link."""
        self.lab.call("cut", name=name, how="silent" if silent else "cable")

    def heal(self, name: str) -> None:
        """Plug the network cable in again."""
        self.lab.call("cut", name=name, how="")

    def clock(self, name: str, offset: float | None) -> None:
        """What time servers tell this Pi: seconds by which they are wrong (0: right); None: nothing."""
        self.lab.call("clock", name=name, offset=offset)

    # -- when a test has failed

    def collect(self, folder: Path) -> None:
        """Copy what may explain a failure."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.lab.log, folder)
        for name in self.names:
            (folder / f"{name}.journal").write_text(self.journal(name))
            console = self.lab.state / "pis" / name / "console.log"
            if console.exists():
                shutil.copy(console, folder / f"{name}.console")
        with contextlib.suppress(PilabError):
            (folder / "status").write_text("".join(f"{status}\n" for status in self.statuses()))
        shutil.copytree(self.home, folder / "home", symlinks=True, ignore=ignore_special, dirs_exist_ok=True)


def ignore_special(folder: str, names: list[str]) -> list[str]:
    """For copytree: neither sockets, pipes and the like, nor what is too big to be of interest."""
    ignored = []
    for name in names:
        path = Path(folder, name)
        if path.is_symlink() or path.is_dir():
            continue
        if not path.is_file() or path.stat().st_size > 10_000_000:
            ignored.append(name)
    return ignored


def collect_evidence(test: str) -> Path | None:
    """Copy what may explain the failure of this test from all running labs; return the folder."""
    if not PiLab.running:
        return None
    base = Path(os.environ.get("LAB_EVIDENCE") or Path(tempfile.gettempdir()) / "sugarkube-lab-evidence")
    label = re.sub(r"[^A-Za-z0-9_.-]+", "-", test)[-100:].strip("-")
    folder = base / f"{time.strftime('%Y%m%d-%H%M%S')}-{label}"
    for lab in PiLab.running:
        try:
            lab.collect(folder / lab.lab.name)
        except Exception as error:  # noqa: BLE001 - must not hide the failure itself
            (folder / f"{lab.lab.name}.error").write_text(f"not all could be copied: {error!r}\n")
    return folder


def link_k3s(source: Path, directory: Path) -> None:
    """Make a web folder (see `up --web`) of a real k3s program and its install.sh."""
    program = source / "k3s"
    for file in source.iterdir():
        (directory / file.name).symlink_to(file.resolve())
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.match(r"k3s version (\S+)", shown)
    if not match:
        raise LabError(f"{program} --version says: {shown!r}")
    with program.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    for name, text in (("VERSION", f"{match[1]}\n"), ("sha256sum-amd64.txt", f"{digest}  k3s\n")):
        (directory / name).unlink(missing_ok=True)
        (directory / name).write_text(text)


@contextlib.contextmanager
def labs(root: Path) -> Iterator[LabFactory]:
    """Start labs; all of them end with the context."""
    with contextlib.ExitStack() as stack:

        def start(count: int = 3, **options: Any) -> PiLab:
            return stack.enter_context(PiLab.start(root, count, **options))

        yield start
