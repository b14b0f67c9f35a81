"""The supervisor: runs inside the lab's namespaces for as long as the lab lives."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .model import BRIDGE, PROXY_PORT, REBOOT_EXIT_STATUS, THIS_PROGRAM, VOID, WEB_NAMES, Lab, Pi, Plan
from .services import NameServer, TimeServer
from .util import PilabError, run, say


@dataclass
class Machine:
    """A Pi at run time."""

    pi: Pi
    state: str = "off"  # off, booting, up, rebooting
    boots: int = 0
    cut: str = ""  # "", "cable" or "silent"
    started: float = 0.0
    boot_seconds: float | None = None
    up_since: float | None = None  # on the monotonic clock, as all times here
    power: asyncio.Event = field(default_factory=asyncio.Event)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    watcher: asyncio.Task[None] | None = None

    def report(self) -> dict[str, Any]:
        return {
            "name": self.pi.name,
            "state": self.state,
            "address": self.pi.address,
            "mac": self.pi.mac,
            "boots": self.boots,
            "boot_seconds": self.boot_seconds,
            "up_since": self.up_since,
            "cut": self.cut,
        }


class Supervisor:
    """Builds the lab's network, boots the Pis, and boots them again when they reboot."""

    def __init__(self, lab: Lab, host_network: int, owner: int | None) -> None:
        self.lab = lab
        self.plan = Plan.load(lab.plan)
        self.host_network = host_network
        self.owner = owner  # a pidfd
        self.machines = {pi.name: Machine(pi) for pi in self.plan.pis}
        self.changed = asyncio.Condition()
        self.first_boots = asyncio.Semaphore(self.plan.parallel or len(self.plan.pis))
        self.time_server = TimeServer()

    async def run(self) -> None:
        """Never returns: `down` ends the lab by killing it, the owner's end by this process's."""
        loop = asyncio.get_running_loop()
        if self.owner is not None:
            loop.add_reader(self.owner, os._exit, 0)
        self.set_up_mounts()
        self.set_up_network()
        gateway = self.plan.gateway
        names = NameServer(WEB_NAMES if self.plan.web else (), gateway)
        await loop.create_datagram_endpoint(lambda: self.time_server, local_addr=(gateway, 123))
        await loop.create_datagram_endpoint(lambda: names, local_addr=(gateway, 53))
        services = await self.start_workstation_services()
        control = await asyncio.start_unix_server(self.serve_client, self.lab.socket)
        async with control:
            for machine in self.machines.values():
                machine.power.set()
            await asyncio.gather(*services, *(self.run_machine(m) for m in self.machines.values()))

    # -- the world that the Pis live in

    def set_up_mounts(self) -> None:
        """Everything mounted here is seen by the lab only and ends with it."""
        # Read-only /sys: otherwise nspawn wants to hear from udev about our veth pairs.
        run(["mount", "-t", "sysfs", "-o", "ro", "sysfs", "/sys"])
        run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"])
        for folder in ("/run/systemd/nspawn", "/run/netns", "/run/avahi-daemon", "/run/dbus"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            run(["mount", "-t", "tmpfs", "-o", "mode=755", "pilab", folder])
        if self.plan.web:
            # The host's resolver cannot be reached from here, so this is how the workstation knows them.
            hosts = self.lab.state / "hosts"
            known = Path("/etc/hosts").read_text() if Path("/etc/hosts").exists() else ""
            hosts.write_text(f"{known.rstrip()}\n{self.plan.gateway} {' '.join(WEB_NAMES)}\n")
            run(["mount", "--bind", hosts, "/etc/hosts"])
        for pi in self.plan.pis:
            disk = self.lab.disk(pi)
            # volatile: skip fsync(), the disk is thrown away anyway.
            layers = f"lowerdir={self.plan.rootfs},upperdir={disk}/upper,workdir={disk}/work,volatile"
            run(["mount", "-t", "overlay", "-o", layers, "/dev/mmcblk0p2", disk / "root"])

    def set_up_network(self) -> None:
        """The bridge, with the workstation's address on it, and a netns to start each Pi in."""
        socket.sethostname("workstation")
        lines = [
            "link set lo up",
            # An address of its own, or it would change whenever a Pi's port comes or goes.
            f"link add {BRIDGE} address 02:70:69:6c:61:62 type bridge mcast_snooping 0",
            f"address add {self.plan.gateway}/{self.plan.prefix_length} dev {BRIDGE}",
            f"link set {BRIDGE} up",
            f"link add {VOID} type bridge",
        ]
        run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n")
        run(["ip", "-batch", "-"], stdin="".join(f"netns add {pi.name}\n" for pi in self.plan.pis))

    async def start_workstation_services(self) -> list[asyncio.Task[None]]:
        """D-Bus and avahi, so that .local names resolve here too; the way out for apt; the web."""
        tasks = []
        if shutil.which("dbus-daemon"):
            bus = Path("/run/dbus/system_bus_socket")
            command = ["dbus-daemon", "--system", "--nofork", "--nopidfile", f"--address=unix:path={bus}"]
            tasks.append(asyncio.create_task(self.keep_running(command)))
            for _ in range(100):  # avahi gives up if it comes too early
                if bus.exists():
                    break
                await asyncio.sleep(0.02)
        if shutil.which("avahi-daemon"):
            config = self.lab.state / "avahi.conf"
            config.write_text(
                "[server]\nuse-ipv4=yes\nuse-ipv6=yes\n"
                f"allow-interfaces={BRIDGE}\n[publish]\npublish-workstation=no\npublish-hinfo=no\n"
            )
            tasks.append(asyncio.create_task(self.keep_running(["avahi-daemon", "--file", str(config)])))
        if self.plan.apt == "proxy":
            listener = socket.create_server((self.plan.gateway, PROXY_PORT))
            command = [
                "nsenter", f"--net=/proc/self/fd/{self.host_network}", "--", *THIS_PROGRAM,
                "_proxy", str(listener.fileno()),
            ]  # fmt: skip
            tasks.append(asyncio.create_task(self.keep_running(command, self.host_network, listener)))
        if self.plan.web:
            # They listen from now on; requests wait until the server is ready.
            listeners = [socket.create_server((self.plan.gateway, port)) for port in (443, 80)]
            descriptors = [str(listener.fileno()) for listener in listeners]
            command = [*THIS_PROGRAM, "--lab", self.lab.name, "_web", *descriptors]
            tasks.append(asyncio.create_task(self.keep_running(command, *listeners)))
        return tasks

    async def keep_running(self, command: list[str], *inherited: int | socket.socket) -> None:
        """Run a service, which inherits these descriptors; start it again should it stop."""
        pass_fds = [item if isinstance(item, int) else item.fileno() for item in inherited]
        while True:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, pass_fds=pass_fds
            )
            status = await process.wait()
            say(f"{command[0]} ended with status {status}; starting it again")
            await asyncio.sleep(1)

    # -- the life of one Pi

    async def run_machine(self, machine: Machine) -> None:
        """Boot, reboot, lose power, get it back: forever."""
        async with self.first_boots:
            process = await self.boot(machine)
            waits = [asyncio.create_task(machine.up.wait()), asyncio.create_task(process.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
        while True:
            status = await process.wait()
            machine.up.clear()
            say(f"{machine.pi.name}: boot {machine.boots} ended with status {status}")
            if status == REBOOT_EXIT_STATUS and machine.power.is_set():
                await self.set_state(machine, "rebooting")
                await asyncio.sleep(self.plan.firmware_delay)
            else:
                machine.power.clear()
            if not machine.power.is_set():
                await self.set_state(machine, "off")
                await machine.power.wait()
            process = await self.boot(machine)

    async def set_state(self, machine: Machine, state: str) -> None:
        async with self.changed:
            machine.state = state
            self.changed.notify_all()

    async def plug_in(self, machine: Machine) -> None:
        """A fresh network card and cable for each boot, as nspawn swallows the old ones."""
        pi = machine.pi
        with contextlib.suppress(PilabError):
            await self.ip(f"link delete {pi.port}")
        await self.ip(
            f"link add {pi.port} type veth peer name eth0 address {pi.mac} netns {pi.name}",
            f"link set {pi.port} addrgenmode none",  # a switch port has no address
            self.cable(machine),
        )

    @staticmethod
    def cable(machine: Machine) -> str:
        """cable: the Pi sees its link go down.  silent: frames just no longer get through."""
        how = {"": f"master {BRIDGE} up", "cable": "down", "silent": f"master {VOID} up"}
        return f"link set {machine.pi.port} {how[machine.cut]}"

    async def ip(self, *lines: str) -> None:
        """Like run(["ip", ...]), but lets the others get on meanwhile."""
        process = await asyncio.create_subprocess_exec(
            "ip", "-batch", "-", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        _, errors = await process.communicate("".join(f"{line}\n" for line in lines).encode())
        if process.returncode != 0:
            raise PilabError(f"ip {lines}: {errors.decode().strip()}")

    async def boot(self, machine: Machine) -> asyncio.subprocess.Process:
        """Start a Pi and begin to watch for its SSH server; return without waiting for it."""
        machine.started = time.monotonic()
        machine.boots += 1
        machine.boot_seconds = machine.up_since = None
        await self.plug_in(machine)
        await self.set_state(machine, "booting")
        process = await self.start_nspawn(machine.pi)
        machine.watcher = asyncio.create_task(self.watch_boot(machine, process))
        return process

    async def start_nspawn(self, pi: Pi) -> asyncio.subprocess.Process:
        """Start systemd-nspawn in a cgroup, network and time of its own."""
        disk = self.lab.disk(pi)
        cgroup = Path("/sys/fs/cgroup") / self.lab.cgroup_name / pi.name
        uptime = int(time.clock_gettime(time.CLOCK_BOOTTIME))
        monotonic = int(time.clock_gettime(time.CLOCK_MONOTONIC))
        nspawn = [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
            f"--directory={disk}/root", f"--machine={pi.name}", "--network-interface=eth0",
            "--console=read-only", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
            f"--bind-ro={disk}/clock:/etc/pilab/clock",
        ]  # fmt: skip
        # The time namespace makes /proc/uptime count from this boot.
        clock = ["unshare", "--time", f"--boottime=-{uptime}", f"--monotonic=-{monotonic}", "--fork"]
        network = ["nsenter", f"--net=/run/netns/{pi.name}", "--"]
        script = 'mkdir -p "$1"; echo $$ > "$1/cgroup.procs"; shift; exec "$@"'
        with (disk / "console.log").open("ab") as console:
            return await asyncio.create_subprocess_exec(
                "sh", "-ec", script, "sh", str(cgroup), *network, *clock, *nspawn,
                stdin=asyncio.subprocess.DEVNULL, stdout=console, stderr=console,
            )  # fmt: skip

    async def watch_boot(self, machine: Machine, process: asyncio.subprocess.Process) -> None:
        """Wait until the Pi's sshd says who it is."""
        while not await answers_ssh(machine.pi.address):
            await asyncio.sleep(0.05)
            if process.returncode is not None:
                return
        machine.up_since = time.monotonic()
        machine.boot_seconds = round(machine.up_since - machine.started, 2)
        machine.up.set()
        await self.set_state(machine, "up")

    # -- what the command line can ask for

    async def serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, each a line of JSON."""
        try:
            request = json.loads(await reader.readline())
            method = getattr(self, "do_" + request.pop("operation"))
            reply = {"result": await method(**request)}
        except PilabError as error:
            reply = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - a bug, but the caller should hear of it
            reply = {"error": f"supervisor: {error!r}"}
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        writer.close()

    def machine(self, name: str) -> Machine:
        try:
            return self.machines[name]
        except KeyError:
            raise PilabError(f"no Pi {name!r}; there are: {', '.join(self.machines)}") from None

    async def do_status(self) -> list[dict[str, Any]]:
        return [machine.report() for machine in self.machines.values()]

    async def do_wait(
        self, timeout: float, names: list[str] | None = None, boots: int = 1
    ) -> list[dict[str, Any]]:
        """Wait until the named Pis (all of them, by default) are up."""
        machines = [self.machine(name) for name in names or self.machines]

        def ready() -> bool:
            return all(m.state == "up" and m.boots >= boots for m in machines)

        try:
            async with asyncio.timeout(timeout), self.changed:
                await self.changed.wait_for(ready)
        except TimeoutError:
            late = [f"{m.pi.name} ({m.state})" for m in machines if m.state != "up"]
            raise PilabError(f"not up after {timeout:.0f} s: {', '.join(late)}") from None
        return [machine.report() for machine in machines]

    async def do_cut(self, name: str, how: str) -> None:
        machine = self.machine(name)
        machine.cut = how
        if machine.state in ("booting", "up"):  # otherwise plug_in() will see to it
            await self.ip(self.cable(machine))

    async def do_power(self, name: str, on: bool) -> None:
        machine = self.machine(name)
        if on:
            machine.power.set()
            return
        machine.power.clear()
        # Off the wire first: a Pi without power does not say good-bye to its peers.
        with contextlib.suppress(PilabError):
            await self.ip(f"link set {machine.pi.port} master {VOID}")
        cgroup = Path("/sys/fs/cgroup") / self.lab.cgroup_name / name
        while machine.state != "off":  # it may be about to start, so one shot is not enough
            with contextlib.suppress(FileNotFoundError):
                (cgroup / "cgroup.kill").write_text("1")
            await asyncio.sleep(0.05)

    async def do_clock(self, name: str, offset: float | None) -> None:
        pi = self.machine(name).pi
        self.time_server.offsets[pi.address] = offset
        synchronized = self.lab.disk(pi) / "clock/synchronized"  # what timedatectl is to say
        if offset == 0:
            synchronized.touch()
        else:
            synchronized.unlink(missing_ok=True)


async def answers_ssh(address: str) -> bool:
    """Does an SSH server greet us at this address?"""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(address, 22)
            try:
                return (await reader.readline()).startswith(b"SSH-")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
