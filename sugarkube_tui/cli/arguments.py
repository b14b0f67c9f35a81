"""The command line's grammar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any, NoReturn

from sugarkube_tui import __version__
from sugarkube_tui.cli import exit_codes
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.store.settings import EXAMPLE, ThemeName

_DESCRIPTION = """\
Form a k3s cluster from the Raspberry Pis on your LAN.

Without a command, the wizard starts. The commands do the same work without it."""

_EPILOG = """\
exit status:
  0   done, or nothing had to be done
  1   a node did not reach its goal, a plan was refused, or a proof does not hold
  2   plan --check: something would be changed
  64  the arguments, a variable or a file given cannot be used
  130 stopped

variables (arguments and --plan come first):
  SUGARKUBE_ENV, SUGARKUBE_CLUSTER, SUGARKUBE_SERVERS, SUGARKUBE_API_REGADDR, K3S_CHANNEL,
  SUGARKUBE_TOKEN_<ENV>, SUGARKUBE_TOKEN, SUGARKUBE_FIX_TIME, SUGARKUBE_STRICT_TIME, SUGARKUBE_NODE_PREFIX,
  SUGARKUBE_DEBUG_MDNS

settings.toml says what you prefer: `sugarkube-tui paths` tells where, and with --help what is in it."""


LONGEST_LISTEN_S = 600.0
DEMO = "--demo"
PLAIN_DEMO = "fresh"
"""The scenario of `--demo` alone."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(exit_codes.USAGE)


class _Command(_Parser):
    """A command's parser.  It gets its arguments when the command is given: the wizard needs none of them."""

    def __init__(self, *, fill: Callable[[argparse.ArgumentParser], None], **named: Any) -> None:
        super().__init__(**named)
        self._fill = fill

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # Accepted before and after the command; the later default must not undo the earlier choice.
        _demo(self, default=argparse.SUPPRESS)
        self._fill(self)
        return super().parse_known_args(args, namespace)


class _MainParser(_Parser):
    def format_help(self) -> str:
        # What the simulator can show is its own knowledge; it is loaded when somebody wants to know.
        from sugarkube_tui.simulator.stories import STORIES

        width = max(map(len, STORIES))
        shown = "\n".join(f"  {name:{width}}  {one.title}" for name, one in STORIES.items())
        return f"{super().format_help()}\nscenarios of the demo (--demo=NAME):\n{shown}\n"


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was typed behind the program's name.  Ends the program when it cannot be understood."""
    # A plain --demo would take the command that follows it for its scenario.
    named = [f"{DEMO}={PLAIN_DEMO}" if word == DEMO else word for word in words]
    main = parser()
    arguments = main.parse_args(named)
    if arguments.speed is not None and arguments.demo is None:
        main.error("--speed is for the demo: add --demo")
    return arguments


def parser() -> argparse.ArgumentParser:
    main = _MainParser(
        prog="sugarkube-tui",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    main.add_argument("--version", action="version", version=f"sugarkube-tui {__version__}")
    _demo(main, default=None)
    _saved(main)
    main.add_argument("--theme", choices=list(ThemeName), help="how the wizard is coloured (default dark)")
    main.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    _login(main)
    commands = main.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Command)
    commands.add_parser("scan", fill=_scan, help="list the Pis and the k3s adverts on the LAN")
    commands.add_parser(
        "servers",
        fill=_servers,
        help="print the control-plane hosts of an environment, one on a line",
    )
    commands.add_parser("plan", fill=_plan, help="print what `up` would do; changes nothing")
    commands.add_parser("up", fill=_up, help="form the cluster, or complete it, and prove it")
    commands.add_parser("verify", fill=_verify, help="prove the cluster by a fresh look from outside")
    commands.add_parser(
        "paths",
        fill=_json,
        help="print where settings, host keys, logs and the like are kept",
        epilog=f"an example of settings.toml:\n\n{indent(EXAMPLE, '  ')}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return main


# -- commands


def _scan(scan: argparse.ArgumentParser) -> None:
    _hosts(scan)
    _cluster(scan)
    scan.add_argument(
        "--seconds", type=_seconds, default=4.0, metavar="S", help="how long to listen (default 4)"
    )
    scan.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="LAYER",
        help=f"do not look by this means ({', '.join(Layer)}); once for each",
    )
    scan.add_argument(
        "--interface",
        action="append",
        default=[],
        dest="interfaces",
        metavar="NAME",
        help="look on this network interface only; once for each",
    )
    scan.add_argument(
        "--sweep",
        nargs="*",
        metavar="NETWORK",
        help="also knock at port 22 of every address of these networks, at most a /22 each "
        "(default: those of the interfaces); networks that the wizard was allowed to sweep are swept anyway",
    )
    _json(scan)


def _servers(servers: argparse.ArgumentParser) -> None:
    servers.add_argument("environment", metavar="ENV", help="for example dev, int or prod")
    _cluster(servers)


def _plan(plan: argparse.ArgumentParser) -> None:
    _formation(plan)
    plan.add_argument(
        "--check", action="store_true", help="exit with status 2 when something would be changed"
    )


def _up(up: argparse.ArgumentParser) -> None:
    _formation(up)
    up.add_argument("--yes", action="store_true", help="do not ask before the first change")


def _verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("environment", metavar="ENV", help="for example dev, int or prod")
    _hosts(verify)
    _cluster(verify)
    _login(verify, inherit=True)
    verify.add_argument("--servers", metavar="N", help="how many servers there must be")
    verify.add_argument(
        "--registration-address", metavar="A", help="must be covered by the certificates, too"
    )
    _json(verify)


# -- what several of them take


def _demo(command: argparse.ArgumentParser, default: str | None) -> None:
    command.add_argument(
        DEMO,
        nargs="?",
        default=default,
        metavar="SCENARIO",
        help=f"use a simulated LAN: nothing is touched (default {PLAIN_DEMO}; scenarios: see the end of "
        "sugarkube-tui --help)",
    )
    command.add_argument(
        "--speed",
        type=_speed,
        default=default,
        metavar="N",
        help="how many times faster than life the demo runs (default 8)",
    )


def _speed(text: str) -> float:
    speed = float(text)
    if not speed > 0:
        raise ValueError(text)
    return speed


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= LONGEST_LISTEN_S:
        raise ValueError(text)
    return seconds


def _formation(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "environment",
        metavar="ENV",
        nargs="?",
        help="for example dev, int or prod; may be left out with --plan",
    )
    _saved(command, inherit=True)
    _hosts(command)
    _cluster(command)
    command.add_argument("--servers", metavar="N", help="how many servers the cluster is to have: 1, 3 or 5")
    command.add_argument("--even-servers", action="store_true", help="agree to an even number of servers")
    command.add_argument(
        "--registration-address",
        metavar="A",
        help="IP or DNS name (VIP, load balancer) that nodes join through",
    )
    command.add_argument("--channel", metavar="C", help="k3s channel or exact version (default stable)")
    command.add_argument(
        "--airgap", type=Path, metavar="DIR", help="install from a k3s release in this directory"
    )
    taint = command.add_mutually_exclusive_group()
    taint.add_argument("--taint", action="store_true", default=None, help="keep workloads off the servers")
    taint.add_argument(
        "--no-taint", dest="taint", action="store_false", help="let workloads run on the servers"
    )
    _login(command, inherit=True)
    _json(command)


def _saved(command: argparse.ArgumentParser, *, inherit: bool = False) -> None:
    default = {"default": argparse.SUPPRESS} if inherit else {}
    command.add_argument(
        "--plan",
        type=Path,
        metavar="FILE",
        help="nodes and choices as they were saved; arguments come before it, and it before variables",
        **default,  # type: ignore[arg-type]
    )


def _hosts(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--host",
        action="append",
        default=[],
        dest="hosts",
        metavar="H",
        help="a node: [user@]name-or-address[:port]; once for each",
    )
    command.add_argument(
        "--hosts-file", type=Path, metavar="FILE", help="nodes, one on a line; # begins a comment"
    )


def _cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cluster", metavar="NAME", help="cluster prefix (default sugar)")


def _login(command: argparse.ArgumentParser, *, inherit: bool = False) -> None:
    default = {"default": argparse.SUPPRESS} if inherit else {}
    command.add_argument(
        "--user",
        metavar="USER",
        help="whom to log in as (default: what ~/.ssh/config says, else settings.toml, else pi)",
        **default,  # type: ignore[arg-type]
    )
    command.add_argument("--identity", type=Path, metavar="FILE", help="private key file", **default)  # type: ignore[arg-type]
    command.add_argument(
        "--ask-password",
        action="store_true",
        help="ask for the login password (also used for sudo)",
        **default,  # type: ignore[arg-type]
    )
    command.add_argument(
        "--ask-sudo-password",
        action="store_true",
        help="ask for the password that sudo wants",
        **default,  # type: ignore[arg-type]
    )


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object per line")
