"""SSH: the only package that knows asyncssh."""

from __future__ import annotations

import logging

from sugarkube_tui.ssh.connect import SshConnector
from sugarkube_tui.ssh.shell import SshShell

__all__ = ["SshConnector", "SshShell"]

# asyncssh logs commands; without a handler, its warnings would be written over the wizard.
_log = logging.getLogger("asyncssh")
_log.addHandler(logging.NullHandler())
_log.setLevel(logging.CRITICAL)
