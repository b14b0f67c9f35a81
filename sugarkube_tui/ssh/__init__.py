"""SSH: the only package that knows asyncssh, and loads it only where a module needs it."""

from __future__ import annotations

import logging

# asyncssh logs commands; without a handler, its warnings would be written over the wizard.
_log = logging.getLogger("asyncssh")
_log.addHandler(logging.NullHandler())
_log.setLevel(logging.CRITICAL)
