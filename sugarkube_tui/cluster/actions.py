"""Actions: the changes a plan is made of.  Each is printable and carries no secret in its text.

An action says *what* is to become true; how it is carried out (over SSH, in the simulator) is the
machine's business.  Texts written by `Command.script` and `WaitUntil.script` run as root under
`/bin/sh` on the node and are visible in its process list, so a secret may only be in
`WriteFile.content`, which travels on standard input.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sugarkube_tui.cluster.secrets import MASK, Secret


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Replace a file of root's atomically, only if all of it has arrived.

    Attributes:
        content: the whole new text; a `Secret` is never shown, None stands for one that is not
            known before the run.
        mode: permission bits.
        before: the present text, for the diff; None when there is no file.
        backup: keep the present file beside it as `<path>.bak.<YYYYmmddHHMMSS>`.
    """

    path: str
    content: str | Secret | None
    mode: int = 0o644
    before: str | None = None
    backup: bool = False

    @property
    def title(self) -> str:
        return f"{'change' if self.before is not None else 'write'} {self.path}"

    @property
    def details(self) -> tuple[str, ...]:
        if not isinstance(self.content, str):
            return (f"{MASK} (secret, mode {self.mode:04o})",)
        if self.before is None:
            return tuple(f"+{line}" for line in self.content.splitlines())
        return tuple(diff(self.before, self.content))


@dataclass(frozen=True, slots=True)
class InstallPackages:
    """Install Debian packages, waiting for a busy dpkg lock."""

    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"install {len(self.names)} package{'s' if len(self.names) > 1 else ''}"

    @property
    def details(self) -> tuple[str, ...]:
        return ("apt-get update", f"apt-get install --yes --no-install-recommends {' '.join(self.names)}")


class UnitVerb(StrEnum):
    ENABLE = "enable --now"
    RELOAD = "reload-or-restart"
    START = "enable --now --no-block"
    RESTART_LATER = "restart --no-block"


@dataclass(frozen=True, slots=True)
class ControlUnit:
    """One `systemctl` command.  k3s is started without blocking: its start can block for ever."""

    verb: UnitVerb
    unit: str

    @property
    def title(self) -> str:
        return f"systemctl {self.verb} {self.unit}"

    @property
    def details(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class StepClock:
    """Have chrony, or else timesyncd, correct the clock now."""

    service: str

    @property
    def title(self) -> str:
        return f"correct the clock with {self.service}"

    @property
    def details(self) -> tuple[str, ...]:
        return ("chronyc -a makestep",) if self.service == "chrony" else ("timedatectl set-ntp true",)


@dataclass(frozen=True, slots=True)
class Upload:
    """Copy a file of the workstation to the node, checked by SHA-256 on arrival."""

    source: Path
    path: str
    sha256: str
    size: int
    mode: int = 0o644

    @property
    def title(self) -> str:
        return f"upload {self.source.name} ({self.size / 1_000_000:.1f} MB) to {self.path}"

    @property
    def details(self) -> tuple[str, ...]:
        return (f"sha256 {self.sha256}",)


@dataclass(frozen=True, slots=True)
class InstallK3s:
    """Run the official installer, without starting k3s.

    Attributes:
        role: `server` or `agent`, the unit's sub-command.
        version: the release to install; None: not known before the run, or the binary is there.
        channel: where a version that is not yet known comes from.
        url: what agents join through (`K3S_URL`); empty for servers.
        script_path: the installer on the node; empty to download it from get.k3s.io.
    """

    role: str
    version: str | None
    channel: str
    url: str = ""
    script_path: str = ""

    @property
    def environment(self) -> dict[str, str]:
        variables = {
            "INSTALL_K3S_EXEC": self.role,
            "INSTALL_K3S_SKIP_START": "true",
            # A node that restarts before it has joined must not start k3s: it would found its own cluster.
            "INSTALL_K3S_SKIP_ENABLE": "true",
        }
        if self.script_path:
            variables["INSTALL_K3S_SKIP_DOWNLOAD"] = "true"
        elif self.version:
            variables["INSTALL_K3S_VERSION"] = self.version
        else:
            variables["INSTALL_K3S_CHANNEL"] = self.channel
        if self.url:
            variables["K3S_URL"] = self.url
        return variables

    @property
    def title(self) -> str:
        return f"install k3s {self.version or f'({self.channel} channel)'} as {self.role}"

    @property
    def details(self) -> tuple[str, ...]:
        variables = " ".join(f"{key}={value}" for key, value in self.environment.items())
        source = f"sh {self.script_path}" if self.script_path else "curl -sfL https://get.k3s.io | sh -"
        return (f"{variables} {source}",)


@dataclass(frozen=True, slots=True)
class Reboot:
    """Restart the node and wait until it is back with another boot id.

    Attributes:
        reason: why, for the operator.
        boot_id: the boot id that must have changed.
        deadline: seconds from the command until it must be back.
    """

    reason: str
    boot_id: str
    deadline: float = 240.0

    @property
    def title(self) -> str:
        return f"reboot ({self.reason})"

    @property
    def details(self) -> tuple[str, ...]:
        return (f"at most {self.deadline:.0f} s, proved by a changed boot id",)


class Condition(StrEnum):
    """What can be waited for; the value names it in a sentence: "waiting for …"."""

    CLOCK_SYNCHRONISED = "the clock to be synchronised"
    SERVER_UP = "the k3s server's API to be ready"
    AGENT_UP = "the k3s agent to be registered"
    NODE_READY = "the node to be Ready in Kubernetes"
    ADVERT_HEARD = "the advert to be heard on the LAN"


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait for a condition on the node.

    Attributes:
        script: exits 0 when the condition holds, 3 when it never will, anything else for "not yet";
            its last output line says what was seen.
        deadline: seconds.
        required: a deadline that passes is a failure; else the run goes on.
        unit: a systemd unit whose journal is followed meanwhile; empty for none.
    """

    condition: Condition
    script: str
    deadline: float
    unit: str = ""
    interval: float = 1.0
    required: bool = True

    @property
    def title(self) -> str:
        return f"wait for {self.condition}"

    @property
    def details(self) -> tuple[str, ...]:
        return (f"at most {self.deadline:.0f} s",)


Action = WriteFile | InstallPackages | ControlUnit | StepClock | Upload | InstallK3s | Reboot | WaitUntil


def diff(before: str, after: str) -> list[str]:
    """A unified diff without file headers and without context: what goes and what comes."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in list(lines)[2:] if not line.startswith("@@")]
