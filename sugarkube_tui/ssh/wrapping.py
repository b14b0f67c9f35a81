"""The shell text around a script: it runs in a session of its own and says when it starts.

A signal sent over SSH reaches neither root's processes nor, on many servers, anything at all, and
closing the channel ends nothing.  So the script gets its own session, whose process group can be
signalled from a second channel, and announces itself with a nonce: everything that came earlier,
from the login shell or from sudo, is not the script's output.
"""

from __future__ import annotations

import shlex

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

COMMAND_LIMIT = 128 * 1024 - 1
"""Bytes: Linux takes no longer single argument."""

_ENVIRONMENT = f"LC_ALL=C.UTF-8 PATH={PATH}; export LC_ALL PATH; "

# The inner shell announces itself before it becomes the script: nothing can be printed earlier.
_INNER = r"""printf '%s\n' "$2"; printf '%s %s\n' "$2" $$ >&2; exec sh -c "$1" sh"""

# In the background, setsid is never a group leader, so it does not fork and $$ above is the group.
# Descriptor 3 keeps standard input, which a shell takes away from background commands.  The shell that
# waits is silent: it would say "Terminated" among the script's own lines.
_OUTER = (
    _ENVIRONMENT
    + "exec 3<&0; if command -v setsid >/dev/null 2>&1; "
    + 'then setsid sh -c "$3" sh "$1" "$2" <&3 3<&- & '
    + 'else sh -c "$3" sh "$1" "$2" <&3 3<&- & fi; '
    + 'exec <&- 3<&- 2>/dev/null; wait "$!"; exit "$?"'
)


def wrap(script: str, nonce: str, prefix: str = "") -> str:
    """The command that runs `script` with `sh`, after `prefix` (sudo, for instance).

    Raises:
        ValueError: the script is longer than a node takes.
    """
    words = ["sh", "-c", _OUTER, "sh", script, nonce, _INNER]
    command = f"{prefix} {shlex.join(words)}" if prefix else shlex.join(words)
    if len(command.encode()) > COMMAND_LIMIT:
        raise ValueError(f"the script is too long for one command: {len(script.encode())} bytes")
    return command


def kill_script(group: int, grace: float) -> str:
    """Shell text that ends a process group: TERM, up to `grace` seconds, KILL.

    Where setsid is missing there is no such group, and only the script's own process is ended.
    """
    if group <= 1:
        raise ValueError("not a process group")
    # “kill -TERM -- -N” is not understood by dash, “kill -s TERM -- -N” by all.
    return (
        f"p={group}; n={round(grace * 10)}; "
        's() { kill -s "$1" -- -$p 2>/dev/null || kill -s "$1" $p 2>/dev/null; }; s TERM; '
        "while [ $n -gt 0 ] && s 0; do sleep 0.1; n=$((n - 1)); done; s KILL; :"
    )
