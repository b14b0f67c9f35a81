"""Files that must be whole, even if the power goes."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, content: bytes | str, mode: int = 0o600) -> None:
    """Replace a file at once: all of the old or all of the new, on the disk when this returns."""
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def make_directory(path: Path, mode: int = 0o700) -> None:
    """A directory with these permissions, whatever the umask and whether or not it exists."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)


def link(path: Path, target: str) -> None:
    """A symbolic link, replacing whatever has the name."""
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)
