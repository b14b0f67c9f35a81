"""The command line."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from . import __doc__ as summary
from .image import Image
from .lifecycle import start, stop
from .model import PASSWORD, USER, Lab, Plan
from .proxy import serve_proxy
from .supervisor import Supervisor
from .util import PilabError, locked, require_host, run, say
from .web import serve_web


def become(argv: list[str]) -> NoReturn:
    """Replace this process by another program."""
    sys.stdout.flush()
    os.execvp(argv[0], argv)


def command_check(lab: Lab, arguments: argparse.Namespace) -> None:
    require_host(quietly=False)
    print("ready")


def command_build(lab: Lab, arguments: argparse.Namespace) -> None:
    print(Image(arguments.suite, arguments.mirror).build(force=arguments.force))


def command_up(lab: Lab, arguments: argparse.Namespace) -> None:
    start(lab, arguments)
    command_status(lab, argparse.Namespace(json=False))


def command_down(lab: Lab, arguments: argparse.Namespace) -> None:
    with locked(lab.lock):
        stop(lab)


def command_status(lab: Lab, arguments: argparse.Namespace) -> None:
    machines = lab.call("status")
    if arguments.json:
        print(json.dumps({"ssh_config": str(lab.ssh_config), "key": str(lab.key), "pis": machines}, indent=2))
        return
    for m in machines:
        took = f"{m['boot_seconds']:.1f} s" if m["boot_seconds"] is not None else "-"
        print(
            f"{m['name']:<16} {m['state']:<10} {m['address']:<15} {m['mac']}  boots {m['boots']}"
            f" (last took {took})" + (f"  network cut: {m['cut']}" if m["cut"] else "")
        )


def command_exec(lab: Lab, arguments: argparse.Namespace) -> None:
    command = arguments.command
    if command and command[0] == "--":
        command = command[1:]
    if not command:
        raise PilabError("exec what?")
    become(lab.inside(command))


def command_enter(lab: Lab, arguments: argparse.Namespace) -> None:
    become(lab.inside([os.environ.get("SHELL", "/bin/bash")]))


def command_ssh(lab: Lab, arguments: argparse.Namespace) -> None:
    become(lab.ssh(arguments.name, *arguments.command, tty=sys.stdin.isatty()))


def command_reboot(lab: Lab, arguments: argparse.Namespace) -> None:
    """Reboot over SSH as a person would; fail unless each Pi comes back as a new boot."""
    names = arguments.names or [m["name"] for m in lab.call("status")]
    marker = f"/home/{USER}/pilab-{uuid.uuid4().hex[:8]}"
    look = f"cat /proc/sys/kernel/random/boot_id; test -e {marker} && echo kept"
    boots = {m["name"]: m["boots"] for m in lab.call("status")}
    before = {name: run(lab.ssh(name, f"{look}; echo > {marker}")) for name in names}
    began = time.monotonic()
    sessions = [
        subprocess.Popen(lab.ssh(name, "sudo reboot"), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in names
    ]
    for session in sessions:
        session.wait()
    failed = False
    for name in names:
        [machine] = lab.call("wait", timeout=arguments.timeout, names=[name], boots=boots[name] + 1)
        boot_id, *kept = run(lab.ssh(name, look)).split()
        good = boot_id not in before[name] and kept == ["kept"]
        failed |= not good
        print(
            f"{name}: sshd back after {machine['up_since'] - began:.1f} s "
            f"(boot itself {machine['boot_seconds']:.1f} s), "
            + ("new boot id, disk kept" if good else "BUT boot id or disk is wrong")
        )
    if failed:
        raise PilabError("not every Pi rebooted properly")


def command_cut(lab: Lab, arguments: argparse.Namespace) -> None:
    lab.call("cut", name=arguments.name, how="silent" if arguments.silent else "cable")


def command_heal(lab: Lab, arguments: argparse.Namespace) -> None:
    lab.call("cut", name=arguments.name, how="")


def command_off(lab: Lab, arguments: argparse.Namespace) -> None:
    lab.call("power", name=arguments.name, on=False)


def command_on(lab: Lab, arguments: argparse.Namespace) -> None:
    lab.call("power", name=arguments.name, on=True)
    if not arguments.no_wait:
        lab.call("wait", names=[arguments.name], timeout=arguments.timeout)


def command_clock(lab: Lab, arguments: argparse.Namespace) -> None:
    try:
        offset = None if arguments.setting == "gone" else float(arguments.setting)
    except ValueError:
        raise PilabError(f"{arguments.setting!r} is neither a number of seconds nor `gone`") from None
    lab.call("clock", name=arguments.name, offset=offset)


def command_supervise(lab: Lab, arguments: argparse.Namespace) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(Supervisor(lab, arguments.host_network, arguments.owner).run())


def command_proxy(lab: Lab, arguments: argparse.Namespace) -> None:
    asyncio.run(serve_proxy(arguments.descriptor))


def command_web(lab: Lab, arguments: argparse.Namespace) -> None:
    serve_web(lab, arguments.secure, arguments.plain)


Verb = Callable[[Lab, argparse.Namespace], None]


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="pilab", description=summary, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", default="lab", help="name of the lab; several can run side by side")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, function: Verb, text: str = "") -> argparse.ArgumentParser:
        made = verbs.add_parser(name, description=text, help=text) if text else verbs.add_parser(name)
        made.set_defaults(function=function)
        return made

    def image_options(made: argparse.ArgumentParser) -> None:
        made.add_argument("--suite", default=Image.suite)
        made.add_argument("--mirror", default=Image.mirror)

    verb("check", command_check, "are all needed programs installed?")

    made = verb("build", command_build, "make the root file system")
    image_options(made)
    made.add_argument("--force", action="store_true", help="even if it exists already")

    made = verb("up", command_up, "boot N Pis")
    made.add_argument("count", type=int, metavar="N")
    image_options(made)
    made.add_argument("--prefix", default="sugarkube", help="host names are PREFIX0, PREFIX1, ...")
    made.add_argument("--hostname", default="", help="inside all Pis, as if fresh from the factory")
    made.add_argument("--subnet", default="10.77.0.0/24", help="inside the lab; cannot clash with the host's")
    made.add_argument("--oui", default="2c:cf:67", help="first half of the MAC addresses")
    made.add_argument("--model", default=Plan.model)
    made.add_argument(
        "--apt",
        choices=["offline", "proxy", "none"],
        default=Plan.apt,
        help="where Pis get packages: files in the image, the Internet through the host, or nowhere",
    )
    made.add_argument("--memory-cgroup", action="store_true", help="on from the start, without cmdline.txt")
    made.add_argument("--no-password-login", dest="password_login", action="store_false")
    made.add_argument("--sudo-password", action="store_true", help=f"sudo asks for it ({PASSWORD})")
    made.add_argument(
        "--advertise",
        choices=["ssh", "workstation"],
        action="append",
        default=[],
        help="by mDNS, from the start (may be repeated; Raspberry Pi OS advertises neither)",
    )
    made.add_argument(
        "--web",
        type=Path,
        metavar="DIR",
        help="stand in for get.k3s.io, update.k3s.io and github.com with the k3s release in DIR",
    )
    made.add_argument("--owner", type=int, default=0, metavar="PID", help="go down when this process ends")
    made.add_argument("--firmware-delay", type=float, default=0.0, metavar="S", help="added to each reboot")
    made.add_argument(
        "--parallel",
        type=int,
        default=2 * (os.cpu_count() or 1),
        metavar="K",
        help="boot at most K at once in the beginning (%(default)s; 0: no limit)",
    )
    made.add_argument("--timeout", type=float, default=180.0, metavar="S")
    made.add_argument("--keep-failed", action="store_true", help="leave a lab that failed to come up")

    verb("down", command_down, "stop everything, delete all state")
    made = verb("status", command_status, "what runs")
    made.add_argument("--json", action="store_true")
    made = verb("exec", command_exec, "run a command on the workstation")
    made.add_argument("command", nargs=argparse.REMAINDER)
    verb("enter", command_enter, "a shell on the workstation")
    made = verb("ssh", command_ssh, "log in to a Pi, or run a command there")
    made.add_argument("name")
    made.add_argument("command", nargs=argparse.REMAINDER)
    made = verb("reboot", command_reboot, "reboot over SSH and check the result")
    made.add_argument("names", nargs="*", metavar="NAME")
    made.add_argument("--timeout", type=float, default=120.0, metavar="S")
    made = verb("cut", command_cut, "unplug a Pi from the network")
    made.add_argument("name")
    made.add_argument("--silent", action="store_true", help="the Pi still sees a link")
    made = verb("heal", command_heal, "plug it in again")
    made.add_argument("name")
    made = verb("off", command_off, "pull a Pi's power plug")
    made.add_argument("name")
    made = verb("on", command_on, "put it back")
    made.add_argument("name")
    made.add_argument("--no-wait", action="store_true")
    made.add_argument("--timeout", type=float, default=60.0, metavar="S")
    made = verb("clock", command_clock, "what the NTP server tells a Pi")
    made.add_argument("name")
    made.add_argument("setting", help="seconds by which to be wrong (0: be right), or `gone`")

    made = verb("_supervise", command_supervise)
    made.add_argument("host_network", type=int)
    made.add_argument("owner", type=int, nargs="?")
    made = verb("_proxy", command_proxy)
    made.add_argument("descriptor", type=int)
    made = verb("_web", command_web)
    made.add_argument("secure", type=int)
    made.add_argument("plain", type=int)
    return parser.parse_args(argv)


def main() -> int:
    arguments = parse_arguments()
    if not arguments.verb.startswith("_"):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # an interrupted `up` cleans up
    try:
        if not arguments.verb.startswith("_"):
            require_host()
        arguments.function(Lab(arguments.lab), arguments)
    except PilabError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
