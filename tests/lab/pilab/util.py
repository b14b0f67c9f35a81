"""Small helpers without knowledge of labs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

HOST_TOOLS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "dpkg-deb": "dpkg",
    "openssl": "openssl",
}
OPTIONAL_HOST_TOOLS = {
    "gcc": ("gcc libc6-dev", "Pis get no /proc/device-tree and no settable clock state"),
    "avahi-daemon": ("avahi-daemon libnss-mdns", "the workstation cannot resolve .local names"),
    "dbus-daemon": ("dbus", "avahi-browse does not work on the workstation"),
}


class PilabError(Exception):
    """Something the user should read, without a traceback."""


# --------------------------------------------------------------------------
# Small helpers


def say(message: str) -> None:
    """Progress for people; standard output is left to results."""
    print(f"pilab: {message}", file=sys.stderr, flush=True)


def run(argv: Sequence[str | Path], *, stdin: str | None = None, quiet: bool = True) -> str:
    """Run a command; return its output or raise PilabError with its complaint."""
    command = [str(word) for word in argv]
    done = subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
    )
    if done.returncode != 0:
        detail = (done.stderr or done.stdout or "").strip()
        raise PilabError(f"`{shlex.join(command)}` failed ({done.returncode}): {detail}")
    return done.stdout or ""


def require_host(*, quietly: bool = True) -> None:
    """Raise unless this is root with every tool that the lab cannot do without."""
    if os.geteuid() != 0:
        raise PilabError("needs root (namespaces, mounts): run it with sudo")
    missing = sorted({package for tool, package in HOST_TOOLS.items() if not shutil.which(tool)})
    if missing:
        raise PilabError("missing programs; install them with:\n  apt-get install " + " ".join(missing))
    if not Path("/proc/self/ns/time").exists():
        raise PilabError("needs Linux 5.14 or later")
    filesystems = Path("/proc/filesystems").read_text().split()
    if "overlay" not in filesystems and subprocess.run(["modprobe", "overlay"]).returncode != 0:
        raise PilabError("this kernel has no overlay file system")
    cgroup2_mount()
    if not quietly:
        for tool, (packages, loss) in OPTIONAL_HOST_TOOLS.items():
            if not shutil.which(tool):
                say(f"optional: without {tool} {loss}; apt-get install {packages}")


def cgroup2_mount() -> Path:
    """Where the host has mounted the unified cgroup hierarchy."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, target, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(target)
    raise PilabError("no cgroup2 file system is mounted (mount -t cgroup2 none /sys/fs/cgroup/unified)")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, which exists only for as long as someone holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                current = os.path.samestat(path.stat(), os.fstat(handle.fileno()))
            except FileNotFoundError:
                current = False
            if current:
                try:
                    yield
                finally:
                    path.unlink()
                return


def write_file(
    root: Path, path: str, text: str, *, mode: int = 0o644, owner: int = 0, like: Path | None = None
) -> None:
    """Write root/path; new parent folders copy mode and owner from `like`, if they are there.

    An overlay's upper folder decides how the merged one looks, hence `like`.
    """
    target = root / path.lstrip("/")
    for folder in reversed(target.relative_to(root).parents):
        made = root / folder
        if made.exists():
            continue
        made.mkdir()
        model = like / folder if like else None
        if model and model.is_dir():
            status = model.stat()
            os.chown(made, status.st_uid, status.st_gid)
            made.chmod(status.st_mode & 0o7777)
        else:
            os.chown(made, owner, owner)
    target.write_text(text)
    target.chmod(mode)
    os.chown(target, owner, owner)
