"""Where the program keeps its files: the platform's own places, private to the user."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from sugarkube_tui.cluster.errors import InvalidInput, said

_APP = "sugarkube-tui"


@dataclass(frozen=True, slots=True)
class Paths:
    """The program's directories.  Nothing is created before `private` is called.

    Attributes:
        config: what the operator writes or chooses to keep.
        state: what the program has to remember: host keys, the plan and runs.
        cache: what can be fetched again.
    """

    config: Path
    state: Path
    cache: Path

    @classmethod
    def default(cls) -> Paths:
        """The platform's places; the XDG variables win where they are set."""
        return cls(
            config=platformdirs.user_config_path(_APP),
            state=platformdirs.user_state_path(_APP),
            cache=platformdirs.user_cache_path(_APP),
        )

    @property
    def settings(self) -> Path:
        """What the operator prefers; only people write it."""
        return self.config / "settings.toml"

    @property
    def pins(self) -> Path:
        """Host keys that were accepted, in the format of OpenSSH's known_hosts."""
        return self.state / "known_hosts"

    @property
    def consents(self) -> Path:
        """What the operator was asked once."""
        return self.state / "consents.toml"

    @property
    def plan(self) -> Path:
        """The plan that the wizard keeps as it grows."""
        return self.state / "plan.toml"

    @property
    def history(self) -> Path:
        """How long steps took in earlier runs."""
        return self.state / "history.jsonl"

    @property
    def runs(self) -> Path:
        """One directory for each run."""
        return self.state / "runs"

    @property
    def named(self) -> dict[str, Path]:
        """All of them, for the operator."""
        return {
            "config": self.config,
            "settings": self.settings,
            "state": self.state,
            "pins": self.pins,
            "consents": self.consents,
            "plan": self.plan,
            "runs": self.runs,
            "history": self.history,
            "cache": self.cache,
        }


def is_there(path: Path) -> bool:
    """Whether there is something, as far as we may look."""
    try:
        return path.exists()
    except OSError:
        return False


def key_file(path: Path, where: str, remedy: str) -> Path:
    """The path of a private key, made absolute.

    Raises:
        InvalidInput: there is no such file, or it may not be looked for.
    """
    why = ""
    try:
        path = path.absolute()
        if path.is_file():
            return path
    except OSError as error:
        why = said(error)
    raise InvalidInput(f"there is no file {path}", where=where, why=why, remedy=remedy)


def private(directory: Path) -> Path:
    """Create a directory, and parents that are missing, for the user alone; return it.

    Raises:
        OSError: it cannot be created.
    """
    for parent in reversed((directory, *directory.parents)):
        parent.mkdir(mode=0o700, exist_ok=True)
    return directory


def replace_file(path: Path, text: str) -> None:
    """Write a file for the user alone; whoever reads it sees the old text or the new one, never a part.

    Raises:
        OSError: it cannot be written; then the old one is still there.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def create_file(path: Path, text: str) -> None:
    """Write a file for the user alone, where there is none yet.

    Raises:
        FileExistsError: there is one.
        OSError: it cannot be written; nothing is left of it.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
