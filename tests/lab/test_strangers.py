"""Do strangers behave as hosts do?  Asked by python-zeroconf and avahi, from the lab's workstation."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from zeroconf import (
    DNSIncoming,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    IPVersion,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from tests.lab import mdns
from tests.lab.labtool import PROJECT, LabError, LabFactory, PiLab
from tests.lab.strangers import (
    SSH_BANNER,
    SshStats,
    StrangerHost,
    Strangers,
    StrangerService,
    join_lock,
    k3s_advert,
    ssh_advert,
    workstation,
)

WORKSTATION = "10.77.0.1"
SEEN_WITHIN_S = 15
SSH_TYPE = "_ssh._tcp.local."


@pytest.fixture(scope="module")
def lab(module_lab_factory: LabFactory) -> PiLab:
    return module_lab_factory(1, name="strangers")


def stranger(number: int, *services: StrangerService) -> StrangerHost:
    return StrangerHost(f"stranger{number}.local".encode(), f"10.77.0.{100 + number}", services)


def with_ssh(number: int) -> StrangerHost:
    return stranger(number, ssh_advert(f"stranger{number}"))


def on_workstation(call: str) -> list[str]:
    """The command that calls a function of this module there."""
    program = f"from tests.lab.test_strangers import *; {call}"
    return ["timeout", str(SEEN_WITHIN_S), sys.executable, "-c", program]


def watch(*kinds: str) -> None:
    """Tell of services that come (`+NAME ADDRESS`, once resolved) and go (`-NAME`), until killed."""

    async def resolve(zeroconf: Zeroconf, kind: str, name: str) -> None:
        info = AsyncServiceInfo(kind, name)
        await info.async_request(zeroconf, SEEN_WITHIN_S * 1000)
        print(f"+{name.removesuffix(f'.{kind}')} {' '.join(info.parsed_addresses())}", flush=True)

    def tell(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is ServiceStateChange.Added:
            tasks.add(asyncio.ensure_future(resolve(zeroconf, service_type, name)))
        elif state_change is ServiceStateChange.Removed:
            print(f"-{name.removesuffix(f'.{service_type}')}", flush=True)

    async def browse() -> None:
        zeroconf = AsyncZeroconf(interfaces=[WORKSTATION], ip_version=IPVersion.V4Only)
        AsyncServiceBrowser(zeroconf.zeroconf, list(kinds), handlers=[tell])
        await asyncio.Event().wait()

    tasks: set[asyncio.Future[None]] = set()
    asyncio.run(browse())


@contextlib.contextmanager
def watching(lab: PiLab, *kinds: str) -> Iterator[subprocess.Popen[str]]:
    command = on_workstation(f"watch(*{kinds!r})")
    with lab.popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def told(watcher: subprocess.Popen[str], *lines: str) -> list[str]:
    """Read what a watcher tells until it has told these."""
    assert watcher.stdout is not None
    seen: list[str] = []
    for line in watcher.stdout:
        seen.append(line.rstrip("\n"))
        if set(lines) <= set(seen):
            return seen
    raise AssertionError(f"not told: {set(lines) - set(seen)}")


def ask(packets: list[str], to: str, port: int) -> None:
    """Send a query (in hex) from this port; print who replies first, and what."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.bind((WORKSTATION, port))
        for packet in packets:
            client.sendto(bytes.fromhex(packet), (to, mdns.PORT))
        message, source = client.recvfrom(65536)
    print(source[0], message.hex())


def hear(address: str, count: int) -> None:
    """Return when this host has said so much to everybody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((mdns.GROUP, mdns.PORT))
        group = socket.inet_aton(mdns.GROUP) + socket.inet_aton(WORKSTATION)
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        while count:
            count -= listener.recvfrom(65536)[1][0] == address


def first_reply(lab: PiLab, query: DNSOutgoing, to: str = mdns.GROUP, port: int = 0) -> tuple[str, bytes]:
    """The first unicast reply to a query: from which address, and what."""
    packets = [packet.hex() for packet in query.packets()]
    done = lab.exec(on_workstation(f"ask({packets}, {to!r}, {port})"), cwd=PROJECT, check=True)
    source, message = done.stdout.split()
    return source, bytes.fromhex(message)


def simple_query(name: str, kind: int) -> DNSOutgoing:
    """As of a resolver that knows nothing of multicast DNS."""
    query = DNSOutgoing(0, multicast=False, id_=77)
    query.add_question(DNSQuestion(name, kind, mdns.INTERNET))
    return query


def things_in(lab: PiLab) -> list[str]:
    """Strangers' processes, interfaces and mounts of the whole lab."""
    script = (
        "grep -lszx tests.lab.responder /proc/[0-9]*/cmdline;"
        "ip -brief link | cut -d' ' -f1; cut -d' ' -f1-3 /proc/mounts"
    )
    return lab.exec(["sh", "-c", script]).stdout.splitlines()


def networks_of(lab: PiLab, processes: str = "[0-9]*") -> set[str]:
    """Network namespaces of these processes of the lab, or of all."""
    return set(lab.exec(["sh", "-c", f"readlink /proc/{processes}/ns/net"]).stdout.split())


def test_services_are_seen_from_everywhere(lab: PiLab) -> None:
    hosts = [
        with_ssh(0),
        stranger(1, k3s_advert("stranger1", "10.77.0.101")),
        stranger(2, join_lock("stranger2")),
    ]
    kinds = [SSH_TYPE, "_k3s-sugar-dev._tcp.local.", "_k3s-join-lock._tcp.local."]
    with Strangers.start(lab, hosts), watching(lab, *kinds) as watcher:
        told(
            watcher,
            "+stranger0 10.77.0.100",
            "+k3s-sugar-dev@stranger1.local (server) 10.77.0.101",
            "+k3s join lock sugar/dev 10.77.0.102",
        )
        assert "10.77.0.102" in lab.ssh(lab.names[0], "getent hosts stranger2.local")
        assert "stranger1.local" in lab.exec(["avahi-resolve", "--address", "10.77.0.101"]).stdout
        browsed = lab.exec(["avahi-browse", "--all", "--resolve", "--terminate", "--parsable"]).stdout
        assert ";stranger1.local;10.77.0.101;6443;" in browsed
        assert '"leader=stranger1.local"' in browsed


def test_who_is_stopped_says_goodbye_and_a_power_cut_does_not(lab: PiLab) -> None:
    cut, stopped = Strangers.start(lab, [with_ssh(0)]), Strangers.start(lab, [with_ssh(1)])
    with cut, stopped, watching(lab, SSH_TYPE) as watcher:
        told(watcher, "+stranger0 10.77.0.100", "+stranger1 10.77.0.101")
        cut.cut()
        stopped.stop()
        assert "-stranger0" not in told(watcher, "-stranger1")


def test_who_does_not_announce_answers_all_the_same(lab: PiLab) -> None:
    with Strangers.start(lab, [with_ssh(0)], announce=False), watching(lab, SSH_TYPE) as watcher:
        told(watcher, "+stranger0 10.77.0.100")


def test_announcements_can_be_repeated(lab: PiLab) -> None:
    with Strangers.start(lab, [with_ssh(0)], repeat_s=0.1):
        lab.exec(on_workstation("hear('10.77.0.100', 4)"), cwd=PROJECT, check=True)


def test_ports(lab: PiLab) -> None:
    hosts = [
        StrangerHost(b"stranger0.local", "10.77.0.100", ssh_banner=SSH_BANNER),
        StrangerHost(b"stranger1.local", "10.77.0.101", ssh_banner=b"no ssh\x1b[2J\n"),
        StrangerHost(b"str\xff[b]\x1b.local", "10.77.0.102", api=True),
    ]
    greetings = (
        "from socket import create_connection as connect;"
        "both = [connect((address, 22)) for address in ('10.77.0.100', '10.77.0.101')];"
        "print(*(one.recv(99) for one in both))"
    )
    with Strangers.start(lab, hosts, mac="02:00:00:00:00:77") as strangers:
        greeted = lab.exec([sys.executable, "-c", greetings]).stdout
        assert greeted == f"{SSH_BANNER!r} {hosts[1].ssh_banner!r}\n"
        assert "02:00:00:00:00:77" in lab.exec(["ip", "neighbour", "show", "10.77.0.101"]).stdout
        curl = ["curl", "-sk", "--resolve", "api.local:6443:10.77.0.102", "-w", " %{http_code}"]
        fetched = lab.exec([*curl, "https://api.local:6443/cacerts"]).stdout
        assert "BEGIN CERTIFICATE" in fetched
        assert fetched.endswith(" 200")
        login = ["-u", "node:secret", "-d", "and=more"]
        assert lab.exec([*curl, *login, "https://10.77.0.102:6443/v1-k3s/config"]).stdout.endswith(" 401")
        assert lab.exec(["curl", "-s", "http://10.77.0.102:22"]).returncode == 7  # refused
    assert strangers.ssh_stats() == SshStats(open=0, most=2, total=2)
    first, second = strangers.api_requests()
    assert (first.address, first.client, first.server_name) == ("10.77.0.102", WORKSTATION, "api.local")
    assert "Authorization: Basic bm9kZTpzZWNyZXQ=\r\n" in second.sent
    assert second.sent.endswith("\r\n\r\nand=more")


def test_nothing_is_left(lab: PiLab) -> None:
    before = things_in(lab)
    with Strangers.start(lab, [with_ssh(0)]):
        process, port = sorted(set(things_in(lab)) - set(before))
        [network] = networks_of(lab, process.split("/")[2])
        assert port.startswith("stranger")
    assert things_in(lab) == before
    assert network not in networks_of(lab)
    Strangers.start(lab, [with_ssh(0)]).cut()
    assert things_in(lab) == before
    with pytest.raises(LabError, match=r"10\.77\.0\.1000"):
        Strangers.start(lab, [StrangerHost(b"bad.local", "10.77.0.1000")])
    assert things_in(lab) == before


def test_they_end_with_the_lab(lab_factory: LabFactory) -> None:
    lab = lab_factory(1)
    strangers = Strangers.start(lab, [with_ssh(0)])
    lab.close()
    strangers.stop()
    assert not strangers.running


def test_a_hundred(lab: PiLab) -> None:
    macs = [f"2c:cf:67:00:00:{number:02x}" for number in range(100)]
    hosts = [stranger(number, workstation(f"stranger{number}", mac)) for number, mac in enumerate(macs)]
    with Strangers.start(lab, hosts), watching(lab, "_workstation._tcp.local.") as watcher:
        told(watcher, *(f"+stranger{n} [{mac}] 10.77.0.{100 + n}" for n, mac in enumerate(macs)))


def test_what_a_client_knows_is_not_repeated(lab: PiLab) -> None:
    query = DNSOutgoing(0)
    asked = DNSQuestion(SSH_TYPE, mdns.PTR, mdns.INTERNET)
    asked.unicast = True
    query.add_question(asked)
    for number in reversed(range(99)):
        known = DNSPointer(SSH_TYPE, mdns.PTR, mdns.INTERNET, 4000, f"stranger{number}.{SSH_TYPE}")
        query.add_answer_at_time(known, 0)
    assert len(query.packets()) > 1
    with Strangers.start(lab, [with_ssh(number) for number in range(100)]):
        source, message = first_reply(lab, query, port=mdns.PORT)
    assert source == "10.77.0.199"
    assert [(record.type, record.ttl, record.unique) for record in DNSIncoming(message).answers()] == [
        (mdns.PTR, 4500, False),
        (mdns.SRV, 120, True),
        (mdns.TXT, 4500, True),
        (mdns.A, 120, True),
    ]


@pytest.mark.parametrize("to", [mdns.GROUP, "10.77.0.100"])
def test_simple_resolvers_get_simple_replies(lab: PiLab, to: str) -> None:
    with Strangers.start(lab, [with_ssh(0)]):
        source, message = first_reply(lab, simple_query("stranger0.local.", mdns.A), to)
    reply = DNSIncoming(message)
    assert (source, reply.id, reply.num_questions) == ("10.77.0.100", 77, 1)
    [record] = reply.answers()
    assert (record.ttl, record.unique) == (10, False)


def test_names_and_texts_may_hold_anything(lab: PiLab) -> None:
    name, instance, txt = b"\xc3(\x07", b"[/red]\xff\x1b[2J.x", b"\0\xfe=[b]"
    long_txt = tuple(bytes([number]) * 255 for number in range(250))
    services = (
        StrangerService(b"_ssh._tcp", instance, 22, (txt,)),
        StrangerService(b"_x._tcp", b"long", 22, long_txt),
    )
    with Strangers.start(lab, [StrangerHost(name + b".local", "10.77.0.100", services)]):
        _, short = first_reply(lab, simple_query(SSH_TYPE, mdns.PTR))
        _, long = first_reply(lab, simple_query("long._x._tcp.local.", mdns.TXT))
    assert all(each in short for each in (name, instance, txt))
    assert b"".join(b"\xff" + each for each in long_txt) in long
