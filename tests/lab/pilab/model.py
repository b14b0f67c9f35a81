"""What a lab consists of: its Pis, the plan that `up` made, and its places on the host."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .util import PilabError, cgroup2_mount

CACHE_DIR = Path(os.environ.get("PILAB_CACHE", "/var/cache/pilab")).resolve()
STATE_DIR = Path(os.environ.get("PILAB_STATE", "/var/lib/pilab")).resolve()
THIS_PROGRAM = [sys.executable, str(Path(__file__).resolve().parent)]

USER = "pi"
USER_ID = 1000
PASSWORD = "raspberry"
BRIDGE = "pilab0"
VOID = "pilab-void"  # a bridge that is never up: what is plugged in there is heard by nobody
PROXY_PORT = 3128
WEB_NAMES = ("get.k3s.io", "update.k3s.io", "github.com")  # what `up --web` stands in for
REBOOT_EXIT_STATUS = 133  # systemd-nspawn --keep-unit: "start me again"


@dataclass(frozen=True)
class Pi:
    """One make-believe Raspberry Pi, as planned by `up`."""

    name: str
    index: int
    address: str
    mac: str
    serial: str
    machine_id: str

    @property
    def port(self) -> str:
        """The bridge's end of the Pi's network cable."""
        return f"port{self.index}"


@dataclass(frozen=True)
class Plan:
    """Everything that the supervisor has to know; stored as plan.json."""

    rootfs: str
    gateway: str
    prefix_length: int
    pis: list[Pi]
    model: str = "Raspberry Pi 5 Model B Rev 1.0"
    revision: str = "d04170"
    apt: str = "offline"
    memory_cgroup: bool = False
    password_login: bool = True
    sudo_password: bool = False
    hostname: str = ""  # of all Pis; default: each its own
    advertise: tuple[str, ...] = ()
    firmware_delay: float = 0.0
    parallel: int = 0
    web: str = ""  # folder; default: no web server

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Plan:
        data = json.loads(path.read_text())
        data["pis"] = [Pi(**pi) for pi in data["pis"]]
        return cls(**data)


@dataclass(frozen=True)
class Lab:
    """The places on the host that belong to one lab, whether it runs or not."""

    name: str = "lab"
    root: Path = STATE_DIR

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", self.name):
            raise PilabError(f"bad lab name {self.name!r}: use lower-case letters, digits and dashes")
        if not re.fullmatch(r"[A-Za-z0-9_./-]+", str(self.state)) or len(str(self.socket)) > 100:
            raise PilabError(f"bad state directory {self.state}: no special characters, and not so long")

    @property
    def state(self) -> Path:
        return self.root / self.name

    @property
    def lock(self) -> Path:
        return self.root / f"{self.name}.lock"

    @property
    def plan(self) -> Path:
        return self.state / "plan.json"

    @property
    def pid_file(self) -> Path:
        return self.state / "supervisor.pid"

    @property
    def log(self) -> Path:
        return self.state / "supervisor.log"

    @property
    def socket(self) -> Path:
        return self.state / "control.sock"

    @property
    def key(self) -> Path:
        return self.state / "id_ed25519"

    @property
    def ssh_config(self) -> Path:
        return self.state / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.state / "known_hosts"

    @property
    def web_ca(self) -> Path:
        """The certificate that the Pis trust for the names in WEB_NAMES."""
        return self.state / "web/ca.crt"

    @property
    def web_certificate(self) -> Path:
        return self.state / "web/server.crt"

    @property
    def web_key(self) -> Path:
        return self.state / "web/server.key"

    @property
    def cgroup_name(self) -> str:
        return f"pilab-{self.name}"

    @property
    def cgroup(self) -> Path:
        return cgroup2_mount() / self.cgroup_name

    def disk(self, pi: Pi) -> Path:
        """Holds the overlay's `upper`, `work` and `root`, the `clock` folder and console.log."""
        return self.state / "pis" / pi.name

    # -- talking to the supervisor

    def call(self, operation: str, **arguments: Any) -> Any:
        """Ask the supervisor to do something; return its answer."""
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
            except OSError:
                raise PilabError(f"lab {self.name!r} is not running (pilab up N)") from None
            client.sendall(json.dumps({"operation": operation, **arguments}).encode() + b"\n")
            with client.makefile() as stream:
                line = stream.readline()
        if not line:
            raise PilabError(f"the supervisor went away; see {self.log}")
        reply = json.loads(line)
        if "error" in reply:
            raise PilabError(reply["error"])
        return reply["result"]

    def alive(self) -> bool:
        """Is any process of this lab left?"""
        try:
            return "populated 1" in (self.cgroup / "cgroup.events").read_text()
        except OSError:
            return False

    def inside(self, command: Sequence[str], *, directory: Path | None = None) -> list[str]:
        """The command line that runs `command` on the workstation."""
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            raise PilabError(f"lab {self.name!r} is not running (pilab up N)") from None
        spaces = f"/proc/{pid}/ns"
        # --wdns: nsenter looks the folder up on the far side, so that getcwd() keeps working.
        # --pdeathsig: who ends nsenter (a timeout, say) means the command.
        return [
            "nsenter", f"--pid={spaces}/pid_for_children", f"--mount={spaces}/mnt",
            f"--net={spaces}/net", f"--uts={spaces}/uts", f"--wdns={directory or Path.cwd()}",
            "--", "setpriv", "--pdeathsig", "TERM", *command,
        ]  # fmt: skip

    def ssh(self, name: str, *command: str, tty: bool = False) -> list[str]:
        """The command line that runs `command` on a Pi."""
        terminal = ["-t"] if tty else []
        return self.inside(["ssh", "-F", str(self.ssh_config), *terminal, name, *command])
