"""The port `Machine` of a simulated Pi: probes from its state, actions that change it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import assert_never

from sugarkube_tui.cluster.actions import (
    Action,
    Condition,
    ControlUnit,
    InstallK3s,
    InstallPackages,
    Reboot,
    StepClock,
    UnitVerb,
    Upload,
    WaitUntil,
    WriteFile,
)
from sugarkube_tui.cluster.advert import API_PORT
from sugarkube_tui.cluster.errors import AccessError, ConnectionLost, Trouble
from sugarkube_tui.cluster.queries import (
    KUBECONFIG_PATH,
    SERVER_TOKEN_PATH,
    CaptureMdns,
    HeardServers,
    OpenPorts,
    PasswordAccepted,
    PeerView,
    Query,
    ReadKubeconfig,
    ReadToken,
    ResolveChannel,
    ServedCa,
    WhoIsThere,
)
from sugarkube_tui.cluster.release import RELEASE_SUFFIXES
from sugarkube_tui.cluster.secrets import Secret
from sugarkube_tui.engine.errors import ActionFailed
from sugarkube_tui.engine.outcome import Evidence
from sugarkube_tui.engine.ports import Answers, LineSink, Login, Machine, Progress, Target
from sugarkube_tui.simulator import answers, script
from sugarkube_tui.simulator.cluster import Cluster
from sugarkube_tui.simulator.door import SimulatedKeys
from sugarkube_tui.simulator.network import Network, Unreachable
from sugarkube_tui.simulator.pi import Binary, Pi, Power
from sugarkube_tui.steps.catalog import BY_ID
from sugarkube_tui.steps.k3s import BINARY, IMAGES_DIRECTORY

_NO_ANSWER_S = 3.0
_KEEPALIVE_S = 10.0
"""Seconds after which SSH notices that nobody is at the other end any more."""
_UPLOAD_MB_S = 22.0
_HOPELESS_AFTER = 3
_PASSWORD = re.compile(r'user = "node:((?:[^"\\]|\\.)*)"')


class SimulatedMachines:
    """Logs in to simulated Pis, as their doors allow."""

    def __init__(self, network: Network, keys: SimulatedKeys) -> None:
        self._network = network
        self._keys = keys

    async def open(self, target: Target) -> Machine:
        sleep = self._network.clock.sleep
        where = target.name
        pi = self._network.pi_at(target.host)
        addresses = self._network.addresses_of(target.host)
        if pi is None and set(addresses) & set(self._network.bystanders.values()):
            await sleep(0.1)
            raise _refused(target, "The machine is there, but no SSH server is listening.")
        if pi is None and not addresses:
            await sleep(_NO_ANSWER_S)
            raise AccessError(
                f"The name “{target.host}” does not resolve",
                Trouble.UNREACHABLE,
                where=where,
                why="Name or service not known",
                remedy="Check the spelling and that the node is on; or use its address.",
            )
        if pi is None or pi.power is Power.OFF:
            await sleep(_NO_ANSWER_S)
            raise AccessError(
                f"No answer from port {target.login.port} within {_NO_ANSWER_S:.0f} seconds",
                Trouble.UNREACHABLE,
                where=where,
                remedy="Check that the node is on, on this network, and that no firewall is between.",
            )
        await sleep(0.2)
        if pi.power is Power.BOOTING or target.login.port != 22:
            raise _refused(target, "[Errno 111] Connection refused")
        await sleep(0.25 * pi.slowness)
        self._keys.check(target, pi.address, pi.host_key)
        pi.door.let_in(where, target.login)
        return SimulatedMachine(pi, where, target.login)


class SimulatedMachine:
    """A login to a simulated Pi; it ends when the Pi goes down."""

    def __init__(self, pi: Pi, where: str, login: Login) -> None:
        self._pi = pi
        self._where = where
        self._login = login
        self._boot = pi.boots
        self._closed = False

    async def probe(self, steps: Collection[str]) -> Mapping[str, Answers]:
        await self._spend(0.6 * self._pi.slowness)
        self._pi.door.become_root(self._where, self._login)
        return {step: answers.probe(self._pi, step) for step in steps if BY_ID[step].probe}

    async def apply(self, action: Action, log: LineSink, progress: Progress) -> None:
        match action:
            case WriteFile():
                await self._write(action)
            case InstallPackages():
                await self._install_packages(action, log)
            case ControlUnit():
                await self._control(action)
            case StepClock():
                await self._step_clock(log)
            case Upload():
                await self._upload(action, progress)
            case InstallK3s():
                await self._install_k3s(action, log, progress)
            case Reboot():
                await self._spend(0.15)
                self._pi.reboot()
            case WaitUntil():
                await self._wait(action, log, progress)
            case _:
                assert_never(action)

    async def ask(self, query: Query, stdin: Secret | None = None) -> str:
        await self._spend(0.12 * self._pi.slowness)
        match query:
            case ReadToken():
                return f"{self._server_data(query, SERVER_TOKEN_PATH).token}\n"
            case ReadKubeconfig():
                return self._server_data(query, KUBECONFIG_PATH).kubeconfig
            case ResolveChannel(channel=channel):
                self._need_curl(query)
                await self._spend(0.5)
                return f"https://github.com/k3s-io/k3s/releases/tag/{script.version_of(channel)}"
            case ServedCa(host=host):
                return (await self._cluster_at(query, host)).ca_pem.decode()
            case OpenPorts(host=host, ports=ports):
                return await self._open_ports(host, ports)
            case PasswordAccepted(host=host):
                cluster = await self._cluster_at(query, host)
                given = _PASSWORD.search(stdin.reveal() if stdin else "")
                password = re.sub(r"\\(.)", r"\1", given[1]) if given else ""
                return "200" if password == cluster.password else "401"
            case HeardServers(service_type=service_type):
                if "avahi-utils" not in self._pi.packages:
                    what = f"could not {query.title}"
                    raise _failed(what, query.script, "avahi-browse is not installed here", 127)
                await self._spend(3.0)
                return self._heard_servers(service_type)
            case WhoIsThere():
                return f"{self._pi.name}\n{self._pi.address}\n"
            case PeerView():
                return await self._peer_view(query)
            case CaptureMdns(seconds=seconds):
                return await self._capture(seconds)
            case _:
                assert_never(query)

    def _heard_servers(self, service_type: str) -> str:
        """As `avahi-browse --parsable --resolve` prints them, from its cache, too."""
        return "\n".join(
            f"=;eth0;IPv4;{advert.instance};{service_type};local;{advert.host};{pi.address};{advert.port};"
            + " ".join(f'"{key}={value}"' for key, value in advert.txt.items())
            for pi in self._pi.network.pis.values()
            for advert in pi.adverts or pi.remembered_adverts
            if advert.service_type == service_type
        )

    async def _peer_view(self, query: PeerView) -> str:
        pi = self._pi
        dice = pi.dice("peers")
        lines = [f"own {pi.address}"]
        for name in query.names:
            addresses = pi.network.addresses_of(name) if pi.resolves_local else ()
            took = dice.randint(2, 9) if addresses else 3000
            lines.append(f"name {took} {name} {','.join(addresses)}")
        for address, port in query.sockets:
            took, is_open = self._knock(address, port)
            lines.append(f"port {took} {address} {port} {'open' if is_open else 'closed'}")
        await self._spend(max((int(line.split()[1]) for line in lines[1:]), default=0) / 1000)
        return "\n".join(lines)

    def _knock(self, address: str, port: int) -> tuple[int, bool]:
        """Milliseconds, and whether the port opens."""
        try:
            server = self._pi.reach_api(address)
        except Unreachable as failure:
            return (3000 if failure.status == 28 else 2), False
        etcd = server.cluster is not None and server.cluster.datastore == "etcd"
        return self._pi.dice(f"{address} {port}").randint(1, 6), port == API_PORT or etcd

    async def _capture(self, seconds: int) -> str:
        await self._spend(float(seconds))
        group = "224.0.0.251.5353"
        return "0.0\n" + "\n".join(
            f"0.{number:06} eth0  M   IP {pi.address}.5353 > {group}: "
            f"0*- [0q] 1/0/3 PTR {advert.instance}.{advert.service_type}.local. (210)"
            for number, pi in enumerate(self._pi.network.pis.values())
            for advert in pi.adverts
        )

    async def close(self) -> None:
        self._closed = True

    # -- the connection

    def _check(self) -> None:
        if self._closed or not self._pi.is_up or self._pi.boots != self._boot:
            raise ConnectionLost("the connection ended", where=self._where)

    async def _spend(self, seconds: float) -> None:
        self._check()
        await self._pi.clock.sleep(seconds)
        if self._pi.power is Power.OFF:
            await self._pi.clock.sleep(_KEEPALIVE_S)
        self._check()

    async def _print(self, lines: Iterable[script.Timed], log: LineSink, factor: float = 1.0) -> None:
        for seconds, line in lines:
            if seconds:
                await self._spend(seconds * factor)
            log(line)

    # -- actions

    async def _write(self, action: WriteFile) -> None:
        if action.content is None:
            raise ActionFailed(Evidence(f"what belongs into {action.path} is not known yet"))
        await self._spend(0.18 * self._pi.slowness)
        files = self._pi.files
        if action.backup and action.path in files:
            stamp = datetime(2025, 11, 24, 7, 30, tzinfo=UTC) + timedelta(seconds=self._pi.clock.now())
            files[f"{action.path}.bak.{stamp:%Y%m%d%H%M%S}"] = files[action.path]
        content = action.content
        self._pi.write(action.path, content if isinstance(content, str) else content.reveal())

    async def _install_packages(self, action: InstallPackages, log: LineSink) -> None:
        pi = self._pi
        await self._print(script.apt(action.names, pi.dice("apt")), log, pi.slowness)
        pi.packages.update(action.names)
        if "avahi-daemon" in action.names:
            pi.services.add("avahi-daemon")
            pi.reload_avahi()
        pi.network.changed()

    async def _control(self, action: ControlUnit) -> None:
        pi = self._pi
        await self._spend(0.3 * pi.slowness)
        match action.unit:
            case "avahi-daemon" if "avahi-daemon" in pi.packages:
                pi.services.add("avahi-daemon")
                pi.reload_avahi()
            case "k3s" | "k3s-agent" if pi.k3s.unit == action.unit:
                pi.k3s.enabled = pi.k3s.enabled or "enable" in action.verb.split()
                if action.verb is not UnitVerb.START or pi.k3s.state == "inactive":
                    pi.k3s.start()
            case _:
                why = f"Failed to start {action.unit}.service: Unit {action.unit}.service not found."
                raise _failed(f"{action.title} failed", action.title, why, 5)

    async def _step_clock(self, log: LineSink) -> None:
        await self._spend(2.2)
        self._pi.clock_offset_ms = self._pi.dice("stepped").uniform(-4.0, 4.0)
        self._pi.clock_stepped_at = self._pi.clock.now()
        log("synchronised")

    async def _upload(self, action: Upload, progress: Progress) -> None:
        pi = self._pi
        megabytes = action.size / 1e6
        await self._transfer(megabytes, _UPLOAD_MB_S, progress)
        await self._spend(0.4 + megabytes / 90)
        if action.path == BINARY:
            pi.binary = Binary(script.STABLE, action.sha256)
        elif action.path.startswith(f"{IMAGES_DIRECTORY}/"):
            pi.images[action.path.rsplit("/", 1)[-1]] = action.size
        else:
            pi.files[action.path] = ""

    async def _install_k3s(self, action: InstallK3s, log: LineSink, progress: Progress) -> None:
        pi = self._pi
        unit = "k3s" if action.role == "server" else "k3s-agent"
        if action.script_path:
            if pi.binary is None or action.script_path not in pi.files:
                raise _failed(f"{action.title} failed", action.title, "sh: 0: cannot open the installer", 2)
            log("[INFO]  Skipping k3s download and verify")
        else:
            self._need_curl(action)
            version = action.version or script.version_of(action.channel)
            suffix = RELEASE_SUFFIXES[pi.hardware.architecture]
            await self._print(script.installer_before(version, suffix), log)
            if pi.binary is None or pi.binary.version != version:
                await self._transfer(script.BINARY_MB, pi.network.download_mb_s, progress)
                log("[INFO]  Verifying binary download")
                await self._spend(0.9 * pi.slowness)
                log(f"[INFO]  Installing k3s to {BINARY}")
                pi.binary = Binary(version, script.binary_sha256(version, suffix))
            else:
                log("[INFO]  Skipping binary downloaded, installed k3s matches hash")
        enable = action.environment.get("INSTALL_K3S_SKIP_ENABLE") != "true"
        await self._print(script.installer_after(unit, enable), log, pi.slowness)
        pi.k3s.enabled = pi.k3s.enabled or enable
        path = f"/etc/systemd/system/{unit}.service"
        pi.files[path] = script.unit_file(unit, action.role)
        pi.files[f"{path}.env"] = f"K3S_URL='{action.url}'\n" if action.url else ""

    async def _transfer(self, megabytes: float, rate: float, progress: Progress) -> None:
        done = 0.0
        while done < megabytes:
            await self._spend(0.5)
            done = min(megabytes, done + rate * 0.5 / self._pi.slowness)
            progress(done / megabytes, f"{done:.1f} of {megabytes:.1f} MB")

    async def _wait(self, action: WaitUntil, log: LineSink, progress: Progress) -> None:
        pi = self._pi
        stop_following = pi.follow(action.unit, log)
        try:
            started = pi.clock.now()
            seen = "nothing yet"
            while (elapsed := pi.clock.now() - started) < action.deadline:
                progress(elapsed / action.deadline, seen)
                await self._spend(0.2 * pi.slowness)
                holds, seen = self._condition(action.condition)
                if holds:
                    log(seen)
                    return
                if len(pi.k3s.complaints) >= _HOPELESS_AFTER and action.unit:
                    last = pi.k3s.complaints[-1]
                    if "too many learner" not in last and "Service Unavailable" not in last:
                        what = f"waiting for {action.condition} is hopeless"
                        raise _failed(what, action.title, last)
                await self._spend(action.interval)
            if action.required:
                what = f"waited {action.deadline:.0f} s for {action.condition}, in vain"
                raise _failed(what, action.title, f"seen last: {seen}")
            log(f"waited {action.deadline:.0f} s for {action.condition}; seen last: {seen}")
        finally:
            stop_following()

    def _condition(self, condition: Condition) -> tuple[bool, str]:
        """Whether it holds, and what was seen."""
        pi = self._pi
        service = pi.k3s
        complaint = f", last complaint: {service.complaints[-1]}" if service.complaints else ""
        match condition:
            case Condition.CLOCK_SYNCHRONISED:
                return pi.clock_synchronised, f"NTPSynchronized={'yes' if pi.clock_synchronised else 'no'}"
            case Condition.SERVER_UP:
                if service.state == "active" and service.readyz == "ok":
                    return True, "the API is ready"
                api = f", API: {service.readyz}" if service.state == "active" else ""
                return False, f"k3s is {service.state}{api}{complaint}"
            case Condition.AGENT_UP:
                if service.state == "active":
                    return True, "the agent is registered"
                return False, f"k3s-agent is {service.state}{complaint}"
            case Condition.NODE_READY:
                return self._node_ready()
            case Condition.ADVERT_HEARD:
                if pi.adverts and "avahi-utils" in pi.packages:
                    return True, f"heard {pi.name}.local"
                return False, f"avahi-daemon is active, the advert of {pi.name}.local is not heard"
            case _:
                assert_never(condition)

    def _node_ready(self) -> tuple[bool, str]:
        member = self._pi.k3s.member
        if not answers.node(self._pi) or member is None:
            return False, f'Error from server (NotFound): nodes "{self._pi.name}" not found'
        ready = member.ready(self._pi.clock.now())
        voter = "" if member.voter is None else f", etcd voter: {member.voter}"
        return ready and member.voter is not False, f"Ready is {ready}{voter}"

    # -- queries

    def _server_data(self, query: Query, path: str) -> Cluster:
        if self._pi.k3s.unit != "k3s" or self._pi.cluster is None:
            raise _failed(f"could not {query.title}", query.script, f"cat: {path}: No such file")
        return self._pi.cluster

    def _need_curl(self, what: Query | InstallK3s) -> None:
        if "curl" not in self._pi.packages:
            raise _failed(f"could not {what.title}", "curl", "sh: 1: curl: not found", 127)

    async def _cluster_at(self, query: Query, host: str) -> Cluster:
        self._need_curl(query)
        what = f"could not {query.title}"
        try:
            server = self._pi.reach_api(host)
        except Unreachable as failure:
            await self._spend(failure.seconds)
            raise _failed(what, query.script, str(failure), failure.status) from failure
        await self._spend(0.15)
        if server.cluster is None:
            raise _failed(what, query.script, "curl: (22) The requested URL returned error: 503", 22)
        return server.cluster

    async def _open_ports(self, host: str, ports: tuple[int, ...]) -> str:
        found = {port: self._knock(host, port) for port in ports}
        await self._spend(sum(took for took, _ in found.values()) / 1000)
        return "".join(f"{port} {'open' if is_open else 'closed'}\n" for port, (_, is_open) in found.items())


def _refused(target: Target, why: str) -> AccessError:
    return AccessError(
        f"Port {target.login.port} refuses connections",
        Trouble.UNREACHABLE,
        where=target.name,
        why=why,
        remedy="It may still be booting: wait a minute. Else enable SSH on it.",
    )


def _failed(what: str, command: str, why: str, status: int | None = 1) -> ActionFailed:
    return ActionFailed(Evidence(what, why, "", command.strip(), status, (why,)))
