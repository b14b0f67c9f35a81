"""The `k3s` command: which of its many programs was meant."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from . import journal
from .version import COMMIT, GO_VERSION, VERSION

_USAGE = f"""NAME:
   k3s - Kubernetes, but small and simple

USAGE:
   k3s [global options] command [command options] [arguments...]

VERSION:
   {VERSION} ({COMMIT})

COMMANDS:
   server        Run management server
   agent         Run node agent
   kubectl       Run kubectl
   crictl        Run crictl
   ctr           Run ctr
   check-config  Run config check
   help, h       Shows a list of commands or help for one command
"""


def main() -> int:
    """Dispatch; the launcher passes the name it was called by as the first argument."""
    called, *arguments = sys.argv[1:]
    name = Path(called).name
    if name in ("kubectl", "crictl", "ctr"):
        return _tool(name, arguments)
    if not arguments or arguments[0] in ("help", "h", "--help", "-h"):
        print(_USAGE, end="")
        return 0
    command, *rest = arguments
    if command in ("--version", "-v"):
        print(f"k3s version {VERSION} ({COMMIT})")
        print(f"go version {GO_VERSION}")
        return 0
    if command in ("kubectl", "crictl", "ctr"):
        return _tool(command, rest)
    if command == "check-config":
        return _check_config()
    if command in ("server", "agent"):
        return _daemon(called, command, rest)
    print(f"No help topic for '{command}'")
    return 3


def _tool(name: str, arguments: list[str]) -> int:
    if name == "kubectl":
        from . import kubectl

        return kubectl.main(arguments)
    print(
        f'{name}: connect: connect endpoint "unix:///run/k3s/containerd/containerd.sock": no such file',
        file=sys.stderr,
    )
    return 1


def _daemon(called: str, role: str, arguments: list[str]) -> int:
    from . import config, timing

    try:
        chosen = config.load(role, arguments, os.environ)
    except config.UsageError as problem:
        if str(problem).startswith("flag"):
            print(f"Incorrect Usage: {problem}\n", file=sys.stderr)
        journal.fatal(f"Error: {problem}")
    journal.set_title(f"{called} {role}", f"k3s-{role}")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    if os.getuid() != 0:
        journal.fatal(f"Error: {role} must run as root, or with --rootless and/or --disable-agent")
    delays = timing.load()
    if role == "server":
        from .server import Server

        Server(chosen, delays).run()
    else:
        from .agent import Agent

        Agent(chosen, delays).run()
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    del frame
    journal.info(f"Shutdown request received: {signal.Signals(number).name.removeprefix('SIG').lower()}")
    os._exit(0)


def _check_config() -> int:
    from . import machine

    print("Verifying binaries in /var/lib/rancher/k3s/data/current/bin:\n- sha256sum: good\n- links: good\n")
    print("System:")
    print("- /usr/sbin iptables (nf_tables): ok\n- swap: disabled\n- routes: ok\n")
    print("Limits:\n\nGenerally Necessary:")
    try:
        machine.check_memory_cgroup()
    except machine.MachineError:
        print("- cgroup hierarchy: cgroups V2 mounted, cpu|cpuset|memory controllers status: bad (fail)")
        print("\nSTATUS: 1 (fail)")
        return 1
    print("- cgroup hierarchy: cgroups V2 mounted, cpu|cpuset|memory controllers status: good")
    print("\nSTATUS: pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())
