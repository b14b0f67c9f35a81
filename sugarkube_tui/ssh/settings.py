"""What the user's ~/.ssh/config says about a host."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import asyncssh

from sugarkube_tui.cluster.errors import AccessError, Trouble
from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.engine.ports import SshAdvice

DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
SYSTEM_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to reach a host and with which keys.

    Attributes:
        files: configuration to hand to asyncssh.
        host: where the settings say it is.
        user: whom they say to log in as; empty where they say nothing.
        said_port: the port they name; 0 where they name none.
        known_as: the host's names in files of host keys.
        jump: ProxyJump, or empty.
        proxied: a ProxyCommand makes the connection.
        identities: key files to try.
        only_identities: offer the agent's copies of those keys alone.
        agent: socket of the agent, or empty.
        known_hosts: the user's own files of host keys, and the system's.
    """

    files: tuple[Path, ...]
    host: str
    user: str
    said_port: int
    known_as: tuple[str, ...]
    port: int
    jump: str
    proxied: bool
    identities: tuple[Path, ...]
    only_identities: bool
    agent: str
    known_hosts: tuple[Path, ...]


async def read_settings(ssh_dir: Path, alias: str, host: str, port: int | None, user: str | None) -> Settings:
    """Read `config` in `ssh_dir`.

    Settings that would switch host key checking off are not among what is returned.

    Args:
        alias: the name that the file calls it by.
        host: where it is.

    Raises:
        AccessError: the file cannot be read or understood.
    """
    file = ssh_dir / "config"
    try:
        # In a thread: “Match exec” may run a program.
        return await asyncio.to_thread(_read, ssh_dir, file, alias, host, port, user)
    except asyncssh.ConfigParseError as exc:
        raise AccessError(
            "The SSH client configuration cannot be understood",
            Trouble.SSH_SETTINGS,
            where=str(file),
            why=clean_line(str(exc), 300),
            remedy="Correct or remove that line; “ssh -G HOST” shows what OpenSSH makes of it.",
        ) from exc
    except (OSError, ValueError) as exc:
        raise AccessError(
            "The SSH client configuration cannot be used",
            Trouble.SSH_SETTINGS,
            where=str(file),
            why=clean_line(str(exc), 300),
            remedy="Make the file readable for you, and correct the value named here.",
        ) from exc


class UserSettings:
    """Implements the port `SshSettings`.

    Args:
        ssh_dir: the user's SSH directory; None for ~/.ssh.
    """

    def __init__(self, ssh_dir: Path | None = None) -> None:
        self._ssh_dir = ssh_dir

    async def advice(self, alias: str, host: str) -> SshAdvice:
        """See `SshSettings.advice`."""
        ssh_dir = self._ssh_dir or Path.home() / ".ssh"
        settings = await read_settings(ssh_dir, alias, host, None, None)
        return SshAdvice(
            source=str(ssh_dir / "config"),
            host=settings.host if settings.host != alias else "",
            user=settings.user,
            port=settings.said_port,
            jump=settings.jump,
            command=settings.proxied,
        )


def _read(ssh_dir: Path, file: Path, alias: str, host: str, port: int | None, user: str | None) -> Settings:
    files = (file,) if file.exists() else ()
    options = asyncssh.SSHClientConnectionOptions(
        host=alias,
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
    key_alias = said.get("HostKeyAlias")
    names = (str(options.host), alias, alias.removesuffix(".local"), host)
    agent = said.get("IdentityAgent", os.environ.get("SSH_AUTH_SOCK"))
    return Settings(
        files=files,
        host=str(options.host),
        user=str(said.get("User") or ""),
        said_port=cast("int", said.get("Port") or 0),
        known_as=(
            (str(key_alias).lower(),)
            if key_alias
            else tuple(dict.fromkeys(_entry_name(name, options.port) for name in names))
        ),
        port=options.port,
        jump=str(said.get("ProxyJump") or ""),
        proxied=bool(options.proxy_command),
        identities=tuple(_path(name) for name in named) or tuple(ssh_dir / name for name in DEFAULT_KEYS),
        only_identities=bool(said.get("IdentitiesOnly")),
        agent=str(_path(str(agent))) if agent else "",
        known_hosts=(
            *((ssh_dir / "known_hosts",) if stores is None else (_path(name) for name in stores)),
            SYSTEM_KNOWN_HOSTS,
        ),
    )


def _entry_name(name: str, port: int) -> str:
    return name.lower() if port == 22 else f"[{name.lower()}]:{port}"


def _path(name: str) -> Path:
    return Path(name).expanduser()
