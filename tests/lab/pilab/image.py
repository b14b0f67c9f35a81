"""The root file system that all Pis of all labs share."""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from .model import CACHE_DIR, PASSWORD, USER, USER_ID
from .traits import IMAGE_FILES, IMAGE_UNITS_MASKED, IMAGE_UNITS_ON, SHIM_SOURCE
from .util import PilabError, locked, run, say, write_file

# What Raspberry Pi OS Lite brings along (as far as a set-up tool cares) ...
BASE_PACKAGES = [
    "avahi-daemon", "ca-certificates", "chrony", "curl", "dbus", "iproute2", "iputils-ping", "kmod",
    "libnss-mdns", "libpam-systemd", "netbase", "openssh-server", "openssl", "procps", "python3",
    "python3-yaml", "sudo", "systemd", "systemd-sysv",
]  # fmt: skip
# ... and what a set-up tool may have to install: kept as .deb files in the image,
# so that Pis can install them without Internet.
OFFLINE_PACKAGES = [
    "avahi-daemon", "avahi-utils", "curl", "iptables", "jq", "libglib2.0-bin", "libnss-mdns", "nftables",
    "tcpdump",
]  # fmt: skip
OFFLINE_REPOSITORY = "/opt/pilab/repo"


@dataclass(frozen=True)
class Image:
    """The root file system that all Pis share; its name says what it was made from."""

    suite: str = "bookworm"
    mirror: str = "http://deb.debian.org/debian"

    @property
    def path(self) -> Path:
        steps = [self._debootstrap, self._customize, self._index_repository]
        recipe = [
            self.suite, self.mirror, [inspect.getsource(step) for step in steps], BASE_PACKAGES,
            OFFLINE_PACKAGES, SHIM_SOURCE, IMAGE_UNITS_ON, IMAGE_UNITS_MASKED, sorted(IMAGE_FILES.items()),
            bool(shutil.which("gcc")),
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]
        return CACHE_DIR / f"rootfs-{self.suite}-{digest}"

    def build(self, *, force: bool = False) -> Path:
        """Make the root file system unless it is there already."""
        with locked(CACHE_DIR / "lock"):
            return self._build(force)

    def acquire(self) -> int:
        """Build if necessary; no one removes the image for as long as the returned descriptor is open."""
        with locked(CACHE_DIR / "lock"):
            users = self._users(self._build(force=False))
            users.touch()
            descriptor = os.open(users, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            return descriptor

    @staticmethod
    def _users(image: Path) -> Path:
        """A file on which every lab that uses the image holds a lock; its date is that of the last use."""
        return image.with_name(image.name + ".users")

    @classmethod
    def _in_use(cls, image: Path) -> bool:
        """Does a lab run from this image?  (Asked under the cache's lock.)"""
        try:
            with cls._users(image).open() as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def _build(self, force: bool) -> Path:
        if self.path.exists():
            if not force:
                return self.path
            if self._in_use(self.path):
                raise PilabError(f"a lab runs from {self.path}")
        for stale in CACHE_DIR.glob("*.partial"):
            shutil.rmtree(stale)
        partial = self.path.with_suffix(".partial")
        started = time.monotonic()
        say(f"building {self.path} from {self.mirror} ...")
        self._debootstrap(partial)
        self._customize(partial)
        if self.path.exists():
            shutil.rmtree(self.path)
        partial.rename(self.path)
        self._users(self.path).touch()
        say(f"built {self.path} in {time.monotonic() - started:.0f} s")
        self._prune()
        return self.path

    def _prune(self) -> None:
        """Remove images that no lab runs from, or was started from today."""
        for image in CACHE_DIR.glob("rootfs-*"):
            if image == self.path or not image.is_dir() or self._in_use(image):
                continue
            users = self._users(image)
            if not users.exists() or time.time() - users.stat().st_mtime > 24 * 3600:
                shutil.rmtree(image)
                users.unlink(missing_ok=True)

    def _debootstrap(self, root: Path) -> None:
        """Debian itself, plus the packages for offline installation."""
        download = (
            f'mkdir -p "$1{OFFLINE_REPOSITORY}" && chroot "$1" apt-get install --yes --download-only '
            # Also what the image has already: a Pi may lose it, and want it back.
            f"--reinstall -o Dir::Cache::archives={OFFLINE_REPOSITORY} " + " ".join(OFFLINE_PACKAGES)
        )
        run([
            "mmdebstrap", "--mode=root", "--variant=minbase", "--quiet",
            "--include=" + ",".join(BASE_PACKAGES), "--aptopt=Acquire::Retries \"3\"",
            "--aptopt=APT::Install-Recommends \"false\"", "--customize-hook=" + download,
            self.suite, root, self.mirror,
        ])  # fmt: skip

    def _customize(self, root: Path) -> None:
        """Turn plain Debian into something that passes for a Raspberry Pi."""
        for path, (text, mode) in IMAGE_FILES.items():
            write_file(root, path, text, mode=mode)
        # No identity may be shared: `up` gives each Pi its own.
        for secret in (root / "etc/ssh").glob("ssh_host_*"):
            secret.unlink()
        write_file(root, "/etc/machine-id", "")
        (root / "etc/apt/apt.conf.d/99mmdebstrap").unlink(missing_ok=True)  # our --aptopts
        chroot = ["chroot", str(root)]
        groups = "adm,dialout,cdrom,sudo,audio,video,plugdev,users"
        run([*chroot, "useradd", "-m", "-s", "/bin/bash", "-u", str(USER_ID), "-G", groups, USER])
        run([*chroot, "chpasswd"], stdin=f"{USER}:{PASSWORD}\n")
        run([*chroot, "systemctl", "enable", *IMAGE_UNITS_ON])
        run([*chroot, "systemctl", "mask", *IMAGE_UNITS_MASKED])
        self._index_repository(root / OFFLINE_REPOSITORY.lstrip("/"))
        if shutil.which("gcc"):
            library = "/usr/lib/pilab/shim.so"
            flags = ["-shared", "-fPIC", "-O2", "-w", "-x", "c", "-"]
            run(["gcc", "-o", root / library.lstrip("/"), *flags], stdin=SHIM_SOURCE)
            write_file(root, "/etc/ld.so.preload", library + "\n")

    @staticmethod
    def _index_repository(folder: Path) -> None:
        """Write the Packages file that makes a folder of .deb files an apt source."""
        shutil.rmtree(folder / "partial", ignore_errors=True)
        (folder / "lock").unlink(missing_ok=True)
        entries = []
        for package in sorted(folder.glob("*.deb")):
            content = package.read_bytes()
            control = run(["dpkg-deb", "--field", package]).strip()
            digest = hashlib.sha256(content).hexdigest()
            entries.append(f"{control}\nFilename: ./{package.name}\nSize: {len(content)}\nSHA256: {digest}\n")
        (folder / "Packages").write_text("\n".join(entries))
