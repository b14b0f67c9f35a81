"""The user's keys: the agent's copies of the files', its others, then files; each is offered once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, Trouble, said
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.ssh.settings import Settings

AGENT_LIMIT = 5.0
"""Seconds: a forwarded agent whose far end is gone accepts connections and answers nothing."""


@dataclass(slots=True)
class Keys:
    """Keys to offer, and what to tell when none of them is accepted.

    Attributes:
        agent_keys: how many the agent contributed.
        files: files that contributed.
        encrypted: files that need a passphrase; of a given one: that it does not open.
        passphrase_refused: a passphrase was given, and opens none of those files.
        unusable: files that cannot be read, with the reason.
    """

    waiting: deque[asyncssh.SSHKeyPair] = field(default_factory=deque)
    agent_keys: int = 0
    files: list[str] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
    passphrase_refused: bool = False
    unusable: list[str] = field(default_factory=list)
    _agent: asyncssh.SSHAgentClient | None = None

    def next(self) -> asyncssh.SSHKeyPair | None:
        return self.waiting.popleft() if self.waiting else None

    def tried(self) -> str:
        """What was offered, in words."""
        parts = [f"{self.agent_keys} from the agent"] if self.agent_keys else []
        parts += self.files
        return f"keys: {', '.join(parts)}" if parts else "no key"

    def close(self) -> None:
        if self._agent:
            self._agent.close()

    async def ask_agent(self, path: str) -> Sequence[asyncssh.SSHKeyPair]:
        """The agent's keys; none when it cannot be asked."""
        if not path:
            return ()
        with contextlib.suppress(OSError, ValueError, TimeoutError, asyncssh.Error):
            async with asyncio.timeout(AGENT_LIMIT):
                self._agent = await asyncssh.connect_agent(path)
                return await self._agent.get_keys()
        return ()


@dataclass(frozen=True, slots=True)
class _File:
    pairs: tuple[asyncssh.SSHKeyPair, ...] = ()
    public: bytes = b""
    encrypted: bool = False
    opened: bool = False
    problem: str = ""
    missing: bool = False


async def collect_keys(
    settings: Settings, only: Path | None, where: str, has_password: bool, *, passphrase: Secret | None = None
) -> Keys:
    """Load what may be offered; with `only`, that key alone, from its file or from the agent.

    Args:
        has_password: the login can go on without a key.
        passphrase: of encrypted files.

    Raises:
        AccessError: `only` cannot be used, and there is no password to fall back on.
    """
    keys = Keys()
    loaded = await asyncio.to_thread(_load_all, (only,) if only else settings.identities, passphrase)
    files = {path: file for path, file in loaded.items() if only or not file.missing}
    wanted = {file.public for file in files.values() if file.public}
    agent = await keys.ask_agent(settings.agent)
    if only or settings.only_identities:
        agent = [pair for pair in agent if pair.key_public_data in wanted]
    # Servers count what they are offered: first what is most likely right.
    keys.waiting.extend(sorted(agent, key=lambda pair: pair.key_public_data not in wanted))
    keys.agent_keys = len(agent)
    held = {pair.key_public_data for pair in agent}
    for path, file in files.items():
        pairs = [pair for pair in file.pairs if pair.key_public_data not in held]
        keys.waiting.extend(pairs)
        if pairs:
            keys.files.append(str(path))
        if file.encrypted and file.public not in held:
            keys.encrypted.append(str(path))
        if file.problem:
            keys.unusable.append(f"{path}: {file.problem}")
    keys.passphrase_refused = passphrase is not None and not any(file.opened for file in files.values())
    if only and not keys.waiting and not has_password:
        keys.close()
        raise _unusable(only, files[only], where, keys.passphrase_refused)
    return keys


def _load_all(paths: Sequence[Path], passphrase: Secret | None) -> dict[Path, _File]:
    return {path: _open(_load(path.expanduser()), path.expanduser(), passphrase) for path in paths}


def _open(file: _File, path: Path, passphrase: Secret | None) -> _File:
    """An encrypted file, decrypted if the passphrase is its own."""
    if not file.encrypted or passphrase is None:
        return file
    opened = _load(path, passphrase.reveal())
    return replace(opened, opened=True) if opened.pairs else file


def _load(path: Path, passphrase: str | None = None) -> _File:
    try:
        pairs = tuple(asyncssh.load_keypairs(str(path), passphrase))
    except OSError as exc:
        return _File(
            public=_public(path),
            problem=said(exc),
            missing=isinstance(exc, FileNotFoundError),
        )
    except ValueError as exc:
        encrypted = "passphrase" in str(exc).lower()
        public = _public(path)
        problem = "" if encrypted or public else clean_line(str(exc), 200)
        return _File(public=public, encrypted=encrypted, problem=problem)
    return _File(pairs=pairs, public=pairs[0].key_public_data if pairs else b"")


def _public(path: Path) -> bytes:
    """Of an encrypted key, or of one that lives in the agent alone, by its public half."""
    for candidate in (path.with_name(f"{path.name}.pub"), path):
        with contextlib.suppress(OSError, ValueError):
            return asyncssh.read_public_key(str(candidate)).public_data
    return b""


def _unusable(path: Path, file: _File, where: str, passphrase_refused: bool) -> AccessError:
    if file.encrypted and passphrase_refused:
        return AccessError(
            f"The passphrase does not open the key file {path}",
            Trouble.PASSPHRASE_WRONG,
            where=where,
            remedy="Give the passphrase again.",
        )
    if file.encrypted:
        return AccessError(
            f"The key file {path} needs a passphrase",
            Trouble.KEY_LOCKED,
            where=where,
            why="It is encrypted, and the agent does not hold the key.",
            remedy=f"Give the passphrase; or ssh-add {path}, then try again.",
        )
    return AccessError(
        f"The key file {path} cannot be used",
        Trouble.KEY_UNUSABLE,
        where=where,
        why=file.problem or "The agent does not hold this key.",
        remedy="Give the private key's file, readable for you, as the identity.",
    )
