"""Strangers: further hosts on a lab's network, of which only the packets are real.

They have addresses, announce services, answer questions about them, and may have open ports, but no
system is booted: one process (`responder.py`) in a network namespace of its own plays them all.

    hosts = [StrangerHost(b"sugarkube7.local", "10.77.0.107", (ssh_advert("sugarkube7"),), SSH_BANNER)]
    with Strangers.start(lab, hosts) as strangers:
        ...
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.lab.labtool import PROJECT, LabError, PiLab
from tests.lab.pilab.model import BRIDGE
from tests.lab.pilab.util import PilabError

SSH_BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
STOPS_WITHIN_S = 10.0

# $$ is what the lab calls this shell, whose namespace the cable's other end goes to.  Process 1 is the
# lab's own.  Frames are lost until the bridge has noticed that both ends are up: state 3, forwarding.
_PLUG_IN = f"""
    nsenter --net=/proc/1/ns/net ip -batch - <<END
link add $1 type veth peer name eth0 address $2 netns $$
link set $1 addrgenmode none
link set $1 master {BRIDGE} up
END
    ip -batch "$3/addresses"
    until grep -qx 3 "/sys/class/net/$1/brport/state"; do sleep 0.01; done
    exec "$4" -m tests.lab.responder "$3"
"""


@dataclass(frozen=True)
class StrangerService:
    """A service that a stranger announces.  All names may hold any bytes.

    Attributes:
        kind: its type, without domain; dots separate labels.
        instance: its own name; one label, up to 63 bytes.
        txt: up to 255 bytes each.
        host: the full name of the host that has it; empty for the one that announces it.
    """

    kind: bytes
    instance: bytes
    port: int
    txt: tuple[bytes, ...] = ()
    host: bytes = b""


@dataclass(frozen=True)
class StrangerHost:
    """A host that is played.

    Attributes:
        name: its full name, any bytes; dots separate labels.
        address: IPv4, in the lab's network.
        ssh_banner: what it greets with on port 22; None: the port is closed.
        api: whether a forged Kubernetes API listens on port 6443.
    """

    name: bytes
    address: str
    services: tuple[StrangerService, ...] = ()
    ssh_banner: bytes | None = None
    api: bool = False


def workstation(name: str, mac: str) -> StrangerService:
    """What avahi says with `publish-workstation=yes`; `name` without domain."""
    return StrangerService(b"_workstation._tcp", f"{name} [{mac}]".encode(), 9)


def ssh_advert(name: str) -> StrangerService:
    """An SSH server; `name` without domain."""
    return StrangerService(b"_ssh._tcp", name.encode(), 22)


def k3s_advert(
    name: str, address: str, *, cluster: str = "sugar", env: str = "dev", role: str = "server"
) -> StrangerService:
    """What a k3s server announces of itself; `name` without domain."""
    host = f"{name}.local"
    txt = {
        "k3s": "1",
        "cluster": cluster,
        "env": env,
        "role": role,
        "phase": role,
        "leader": host,
        "host": host,
        "ip4": address,
    }
    return StrangerService(
        kind=f"_k3s-{cluster}-{env}._tcp".encode(),
        instance=f"k3s-{cluster}-{env}@{host} ({role})".encode(),
        port=6443,
        txt=tuple(f"{key}={value}".encode() for key, value in txt.items()),
    )


def join_lock(
    name: str,
    *,
    cluster: str = "sugar",
    env: str = "dev",
    owner: str = "6d1f6fd2-8b0e-4c52-a6f4-4e6a1f0d7c39",
) -> StrangerService:
    """Upstream's lock, held by the host `name` (without domain) while it joins; `owner` is a UUID."""
    return StrangerService(
        kind=b"_k3s-join-lock._tcp",
        instance=f"k3s join lock {cluster}/{env}".encode(),
        port=49152,
        txt=(f"host={name}".encode(), f"owner={owner}".encode()),
    )


@dataclass(frozen=True)
class Script:
    """What the responder is told, as a file of JSON in its folder.

    Attributes:
        announce: whether they announce themselves at the start; if not, they only answer.
        repeat_s: seconds after which they announce themselves again, and again; 0: never.
    """

    hosts: tuple[StrangerHost, ...]
    announce: bool
    repeat_s: float

    def save(self, folder: Path) -> None:
        # Latin-1 has a character for every byte.
        text = json.dumps(asdict(self), default=lambda value: value.decode("latin-1"))
        (folder / "script.json").write_text(text)

    @classmethod
    def load(cls, folder: Path) -> Script:
        data = json.loads((folder / "script.json").read_text())
        return cls(tuple(_host(each) for each in data["hosts"]), data["announce"], data["repeat_s"])


def _host(data: dict[str, Any]) -> StrangerHost:
    banner = data["ssh_banner"]
    return StrangerHost(
        name=data["name"].encode("latin-1"),
        address=data["address"],
        services=tuple(_service(each) for each in data["services"]),
        ssh_banner=None if banner is None else banner.encode("latin-1"),
        api=data["api"],
    )


def _service(data: dict[str, Any]) -> StrangerService:
    return StrangerService(
        kind=data["kind"].encode("latin-1"),
        instance=data["instance"].encode("latin-1"),
        port=data["port"],
        txt=tuple(each.encode("latin-1") for each in data["txt"]),
        host=data["host"].encode("latin-1"),
    )


@dataclass(frozen=True)
class SshStats:
    """Connections to all port 22 of some strangers: now, at the same time at most, and ever."""

    open: int
    most: int
    total: int


@dataclass(frozen=True)
class ApiRequest:
    """What a client sent to a forged API once TLS was established.

    Attributes:
        address: the stranger's.
        client: the client's address.
        server_name: the name that the client asked for (SNI), if any.
        sent: all of it, head and body, each byte as a character; may be empty.
    """

    address: str
    client: str
    server_name: str | None
    sent: str


class Strangers:
    """Some strangers that share a cable, and with it a MAC address.  Make them with `Strangers.start`.

    They also end with the lab, and with this process.
    """

    _started: ClassVar[int] = 0

    def __init__(self, lab: PiLab, port: str, folder: Path, process: subprocess.Popen[str]) -> None:
        self._lab = lab
        self._port = port  # the bridge's end of their cable
        self._folder = folder  # what is in there stays until the lab ends
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self._last_stats: SshStats | None = None

    @classmethod
    def start(
        cls,
        lab: PiLab,
        hosts: Sequence[StrangerHost],
        *,
        mac: str = "",
        announce: bool = True,
        repeat_s: float = 0,
    ) -> Strangers:
        """Plug strangers in; return when they listen (and, with `announce`, have begun to announce).

        Args:
            mac: default: one that nobody else in the lab has.
            announce, repeat_s: see `Script`.
        """
        cls._started += 1
        port = f"stranger{cls._started}"
        mac = mac or f"02:73:74:72:{cls._started >> 8 & 255:02x}:{cls._started & 255:02x}"
        folder = lab.state / port
        folder.mkdir()
        Script(tuple(hosts), announce, repeat_s).save(folder)
        addresses = [f"address add {host.address}/24 dev eth0\n" for host in hosts]
        (folder / "addresses").write_text(f"link set lo up\n{''.join(addresses)}link set eth0 up\n")
        command: list[str | Path] = ["unshare", "--net", "--", "sh", "-ec", _PLUG_IN, "sh"]
        command += [port, mac, folder, sys.executable]
        with (folder / "log").open("w") as log:
            process = lab.popen(
                command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        strangers = cls(lab, port, folder, process)
        if strangers._line() != "ready":
            strangers.stop()
            raise LabError(f"the strangers did not start\n{(folder / 'log').read_text()}")
        return strangers

    def __enter__(self) -> Strangers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _line(self) -> str:
        """The next line that the responder says; empty when it has ended."""
        return self._stdout.readline().rstrip("\n")

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """They say goodbye and leave.  No matter if they have left."""
        self._end(signal.SIGTERM)
        self._unplug()

    def cut(self) -> None:
        """A power cut: they are gone without a word, and so are their connections."""
        # Off the wire first: the kernel closes a dead process's connections, for all to hear.
        self._unplug()
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._stdout.closed:  # done before
            return
        self._lab.kill(self._process, number)
        said, _ = self._process.communicate(timeout=STOPS_WITHIN_S)
        if said:
            self._last_stats = SshStats(**json.loads(said))

    def _unplug(self) -> None:
        """Remove the cable at once; the kernel would do it a little later."""
        with contextlib.suppress(PilabError):  # no lab any more, so no cable either
            self._lab.exec(["ip", "link", "delete", self._port])

    # -- what clients did

    def ssh_stats(self) -> SshStats:
        """Also after `stop`, but not after `cut`."""
        if self.running:
            self._stdin.write("stats\n")
            self._stdin.flush()
            self._last_stats = SshStats(**json.loads(self._line()))
        if self._last_stats is None:
            raise LabError("the strangers have not told before they ended")
        return self._last_stats

    def api_requests(self) -> list[ApiRequest]:
        """All connections to the forged APIs whose client has sent its request or left; after `stop`, all."""
        lines = (self._folder / "api.jsonl").read_text().splitlines()
        return [ApiRequest(**json.loads(line)) for line in lines]
