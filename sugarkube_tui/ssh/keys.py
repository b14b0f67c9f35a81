"""The user's keys: the agent's copies of the files', its others, then files; each is offered once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from sugarkube_tui.cluster.errors import AccessError
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
        encrypted: files that need a passphrase.
        unusable: files that cannot be read, with the reason.
    """

    waiting: deque[asyncssh.SSHKeyPair] = field(default_factory=deque)
    agent_keys: int = 0
    files: list[str] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
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
    problem: str = ""
    missing: bool = False


async def collect_keys(settings: Settings, only: Path | None, where: str, has_password: bool) -> Keys:
    """Load what may be offered; with `only`, that key alone, from its file or from the agent.

    Raises:
        AccessError: `only` cannot be used, and there is no password to fall back on.
    """
    keys = Keys()
    loaded = await asyncio.to_thread(_load_all, (only,) if only else settings.identities)
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
    if only and not keys.waiting and not has_password:
        keys.close()
        raise _unusable(only, files[only], where)
    return keys


def _load_all(paths: Sequence[Path]) -> dict[Path, _File]:
    return {path: _load(path.expanduser()) for path in paths}


def _load(path: Path) -> _File:
    try:
        pairs = tuple(asyncssh.load_keypairs(str(path)))
    except OSError as exc:
        return _File(
            public=_public(path),
            problem=exc.strerror or str(exc),
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


def _unusable(path: Path, file: _File, where: str) -> AccessError:
    if file.encrypted:
        return AccessError(
            f"The key file {path} needs a passphrase",
            where=where,
            why="It is encrypted, and the agent does not hold the key.",
            remedy=f"ssh-add {path}; then try again.",
        )
    return AccessError(
        f"The key file {path} cannot be used",
        where=where,
        why=file.problem or "The agent does not hold this key.",
        remedy="Give the private key's file, readable for you, as the identity.",
    )
