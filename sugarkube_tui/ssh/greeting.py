"""`SshGreeter`: the port `Greeter`.  Asks SSH servers for their host key and hangs up."""

from __future__ import annotations

import asyncio
import errno

import asyncssh

from sugarkube_tui.cluster.text import clean_line
from sugarkube_tui.ssh.hostkeys import ALGORITHMS


class SshGreeter:
    """Connects directly: nothing of the user's SSH configuration is looked at."""

    async def host_key(self, address: str, port: int, timeout: float) -> str:
        """The SHA-256 fingerprint of the host key that the server proves to have, as OpenSSH prints it.

        Raises:
            OSError: unreachable, or no SSH server.
            TimeoutError: it took longer than `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                key = await asyncssh.get_server_host_key(
                    address, port, config=[], server_host_key_algs=list(ALGORITHMS)
                )
        except (asyncssh.Error, ValueError) as error:
            said = clean_line(str(error), 200)
            raise OSError(errno.EPROTO, f"no SSH server's answer: {said}") from error
        if key is None:
            raise OSError(errno.EPROTO, "the SSH server shows no host key")
        return key.get_fingerprint()
