"""Copying a file to a node: all of it or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import posixpath
import secrets
import shlex
from collections.abc import Callable
from pathlib import Path

import asyncssh

from sugarkube_tui.cluster.text import clean_line, decode

CHUNK = 256 * 1024
"""Bytes sent at once where there is no SFTP."""

CLEANUP_LIMIT = 2.0


async def send_file(
    connection: asyncssh.SSHClientConnection,
    source: Path,
    path: str,
    progress: Callable[[int], None],
    where: str,
) -> None:
    """Copy to a new file beside `path`, then rename it; `progress` gets the bytes sent so far.

    Raises:
        asyncssh.Error: the connection ended, or no channel could be opened.
        OSError: the file cannot be read here, or not be written there.
    """
    size = await asyncio.to_thread(_size, source)
    folder, name = posixpath.split(path)
    temporary = posixpath.join(folder, f".{name}.{secrets.token_hex(4)}.part")
    try:
        sftp = await connection.start_sftp_client()
    except (asyncssh.ChannelOpenError, asyncssh.SFTPError):
        if connection.is_closed():
            raise
        await _pipe(connection, source, size, path, temporary, progress, where)
        return
    try:
        async with sftp:
            await _put(sftp, source, size, path, temporary, progress)
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as exc:
        raise asyncssh.ConnectionLost(exc.reason) from exc
    except asyncssh.SFTPError as exc:
        raise _remote_error(exc, where, path) from exc


def _size(source: Path) -> int:
    with source.open("rb") as file:
        return os.fstat(file.fileno()).st_size


async def _put(
    sftp: asyncssh.SFTPClient,
    source: Path,
    size: int,
    path: str,
    temporary: str,
    progress: Callable[[int], None],
) -> None:
    def report(_from: bytes, _to: bytes, done: int, _total: int) -> None:
        progress(done)

    try:
        await sftp.put(str(source), temporary, progress_handler=report)
        await sftp.chmod(temporary, 0o600)
        arrived = await sftp.getsize(temporary)
        if arrived != size:
            raise OSError(errno.EIO, f"{arrived} of {size} bytes arrived", path)
        try:
            await sftp.posix_rename(temporary, path)
        except asyncssh.SFTPOpUnsupported:
            with contextlib.suppress(asyncssh.SFTPNoSuchFile):
                await sftp.remove(path)
            await sftp.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(asyncssh.Error, OSError, TimeoutError):
            await asyncio.wait_for(sftp.remove(temporary), CLEANUP_LIMIT)
        raise


async def _pipe(
    connection: asyncssh.SSHClientConnection,
    source: Path,
    size: int,
    path: str,
    temporary: str,
    progress: Callable[[int], None],
    where: str,
) -> None:
    """Servers without SFTP have `cat`; it says how much it got, so a broken pipe leaves nothing."""
    part, final = shlex.quote(temporary), shlex.quote(path)
    command = (
        f"umask 077; cat > {part} && test $(wc -c < {part}) -eq {size} && mv -f {part} {final}"
        f" || {{ rm -f {part}; exit 1; }}"
    )
    process = await connection.create_process(
        shlex.join(["sh", "-c", command]), encoding=None, request_pty=False, env={}, send_env=()
    )
    sent = 0
    try:
        with source.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                process.stdin.write(chunk)
                await process.stdin.drain()
                sent += len(chunk)
                progress(sent)
        process.stdin.write_eof()
        result = await process.wait()
    except BrokenPipeError:
        result = await process.wait()
    finally:
        process.close()
    if result.exit_status is None:
        raise asyncssh.ConnectionLost("The channel was closed without an exit status")
    if result.exit_status != 0:
        said = result.stderr if isinstance(result.stderr, bytes) else b""
        raise OSError(errno.EIO, f"{where}: {clean_line(decode(said), 300) or 'the copy failed'}", path)


def _remote_error(exc: asyncssh.SFTPError, where: str, path: str) -> OSError:
    reason = clean_line(str(exc), 300)
    if isinstance(exc, asyncssh.SFTPNoSuchFile):
        return FileNotFoundError(errno.ENOENT, f"{where}: no such directory", path)
    if isinstance(exc, asyncssh.SFTPPermissionDenied):
        return PermissionError(errno.EACCES, f"{where}: not writable for the login user", path)
    # OpenSSH reports a full disk as a bare “Failure”.
    return OSError(errno.EIO, f"{where}: {reason} (is the disk full?)", path)
