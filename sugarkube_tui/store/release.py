"""A k3s release in a directory, for nodes without internet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sugarkube_tui.cluster.choices import Airgap, ReleaseFile
from sugarkube_tui.cluster.errors import InvalidInput, said
from sugarkube_tui.cluster.release import RELEASE_SUFFIXES, release_name

INSTALLER = "install.sh"
_DOWNLOAD = "download it from https://github.com/k3s-io/k3s/releases"

# ELF header: e_machine at byte 18, little-endian on all three.
_MACHINES = {"x86_64": 62, "aarch64": 183, "armv7l": 40}
_IMAGE_ENDINGS = (".tar.zst", ".tar.gz", ".tar")


def read_release(directory: Path) -> Airgap:
    """The files of a k3s release by its own names, each checked as far as it can be.

    `install.sh`; `k3s`, `k3s-arm64`, `k3s-armhf`; `sha256sum-<arch>.txt`;
    `k3s-airgap-images-<arch>.tar.zst` (or `.tar.gz`, `.tar`).

    Raises:
        InvalidInput: a file is missing, damaged, not to be read, or made for another processor.
    """
    try:
        return _read(directory)
    except OSError as error:
        raise InvalidInput(
            "this release cannot be read",
            where=str(error.filename or directory),
            why=said(error),
            remedy="make the directory and its files readable for you",
        ) from error


def _read(directory: Path) -> Airgap:
    """Raises InvalidInput as above, and OSError."""
    installer = directory / INSTALLER
    if not installer.is_file():
        raise InvalidInput(
            f"there is no {INSTALLER}",
            where=str(directory),
            remedy=f"curl -sfL https://get.k3s.io -o {installer}",
        )
    if not installer.read_bytes()[:2] == b"#!":
        raise InvalidInput("this is no shell script", where=str(installer), remedy="download it again")
    binaries: dict[str, ReleaseFile] = {}
    images: dict[str, ReleaseFile] = {}
    for architecture, suffix in RELEASE_SUFFIXES.items():
        sums = _checksums(directory / f"sha256sum-{release_name(architecture)}.txt")
        binary = directory / f"k3s{suffix}"
        if binary.is_file():
            _check_processor(binary, architecture)
            binaries[architecture] = _release_file(binary, sums)
        stem = f"k3s-airgap-images-{release_name(architecture)}"
        archives = [directory / (stem + ending) for ending in _IMAGE_ENDINGS]
        archive = next((path for path in archives if path.is_file()), None)
        if archive is not None:
            images[architecture] = _release_file(archive, sums)
    if not binaries:
        raise InvalidInput(
            "there is no k3s binary",
            where=str(directory),
            why=f"looked for {', '.join(f'k3s{suffix}' for suffix in RELEASE_SUFFIXES.values())}",
            remedy=_DOWNLOAD,
        )
    return Airgap(_release_file(installer, {}), binaries, images)


def _check_processor(path: Path, architecture: str) -> None:
    with path.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        raise InvalidInput(
            "this is no program for Linux", where=str(path), why="it has no ELF header", remedy=_DOWNLOAD
        )
    machine = int.from_bytes(header[18:20], "little")
    if machine != _MACHINES[architecture]:
        names = {number: name for name, number in _MACHINES.items()}
        raise InvalidInput(
            f"this program is not for {architecture}",
            where=str(path),
            why=f"its header says {names.get(machine, f'machine {machine}')}",
            remedy=f"the file for {architecture} is named k3s{RELEASE_SUFFIXES[architecture]} in the release",
        )


def _checksums(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    pairs = (line.split() for line in path.read_text("utf-8", "replace").splitlines())
    return {pair[1].lstrip("*"): pair[0].lower() for pair in pairs if len(pair) == 2}


def _release_file(path: Path, sums: Mapping[str, str]) -> ReleaseFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    expected = sums.get(path.name)
    if expected is not None and expected != digest:
        raise InvalidInput(
            "this file is damaged",
            where=str(path),
            why=f"its SHA-256 is {digest[:16]}…, the release's list says {expected[:16]}…",
            remedy=_DOWNLOAD,
        )
    return ReleaseFile(path, digest, path.stat().st_size)
