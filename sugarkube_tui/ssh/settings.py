"""What the user's ~/.ssh/config says about a host."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncssh

from sugarkube_tui.cluster.errors import AccessError
from sugarkube_tui.cluster.text import clean_line

DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a host and with which keys.

    Attributes:
        files: configuration to hand to asyncssh.
        lookup: the name under which OpenSSH would look the host key up.
        jump: ProxyJump, or empty.
        identities: key files to try.
        only_identities: offer the agent's copies of those keys alone.
        agent: socket of the agent, or empty.
        known_hosts: the user's own files of host keys.
    """

    files: tuple[Path, ...]
    lookup: str
    port: int
    jump: str
    identities: tuple[Path, ...]
    only_identities: bool
    agent: str
    known_hosts: tuple[Path, ...]


async def read_settings(ssh_dir: Path, host: str, port: int | None, user: str | None) -> Settings:
    """Read `config` in `ssh_dir`.

    Settings that would switch host key checking off are not among what is returned.

    Raises:
        AccessError: the file cannot be read or understood.
    """
    file = ssh_dir / "config"
    try:
        # In a thread: “Match exec” may run a program.
        return await asyncio.to_thread(_read, ssh_dir, file, host, port, user)
    except asyncssh.ConfigParseError as exc:
        raise AccessError(
            "The SSH client configuration cannot be understood",
            where=str(file),
            why=clean_line(str(exc), 300),
            remedy="Correct or remove that line; “ssh -G HOST” shows what OpenSSH makes of it.",
        ) from exc
    except (OSError, ValueError) as exc:
        raise AccessError(
            "The SSH client configuration cannot be used",
            where=str(file),
            why=clean_line(str(exc), 300),
            remedy="Make the file readable for you, and correct the value named here.",
        ) from exc


def _read(ssh_dir: Path, file: Path, host: str, port: int | None, user: str | None) -> Settings:
    files = (file,) if file.exists() else ()
    options = asyncssh.SSHClientConnectionOptions(
        host=host,
        port=port if port is not None else (),
        username=user if user is not None else (),
        config=[str(name) for name in files],
        client_keys=None,
        agent_path=None,
        known_hosts=([], [], []),
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        gss_host=None,
    )
    said = options.config
    named = cast("list[str]", said.get("IdentityFile", []))
    stores = cast("list[str] | None", said.get("UserKnownHostsFile"))
    agent = said.get("IdentityAgent", os.environ.get("SSH_AUTH_SOCK"))
    return Settings(
        files=files,
        lookup=str(said.get("HostKeyAlias") or options.host),
        port=options.port,
        jump=str(said.get("ProxyJump") or ""),
        identities=tuple(_path(name) for name in named) or tuple(ssh_dir / name for name in DEFAULT_KEYS),
        only_identities=bool(said.get("IdentitiesOnly")),
        agent=str(_path(str(agent))) if agent else "",
        known_hosts=((ssh_dir / "known_hosts",) if stores is None else tuple(_path(name) for name in stores)),
    )


def _path(name: str) -> Path:
    return Path(name).expanduser()
