"""`ZeroconfLan` on loopback, with services registered by the same library."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from sugarkube_tui.cluster.environment import Environment
from sugarkube_tui.cluster.errors import SugarkubeError
from sugarkube_tui.cluster.layers import Layer
from sugarkube_tui.cluster.sightings import (
    AdvertGone,
    AdvertSeen,
    EchoHeard,
    HostGone,
    HostSeen,
    Interface,
    LayerTold,
    Listening,
    LockGone,
    LockSeen,
    Sighting,
)
from sugarkube_tui.engine.ports import Given, Interest
from sugarkube_tui.lan import given, look, names
from sugarkube_tui.lan.discovery import ZeroconfLan

LOOPBACK = ["127.0.0.1"]
TXT = {"k3s": "1", "cluster": "sugar", "env": "dev", "role": "server"}
PATIENCE = 20.0
"""Seconds after which a test gives up on a sighting."""


@pytest.fixture
async def responder() -> AsyncIterator[AsyncZeroconf]:
    """Another mDNS stack, as a Pi has one."""
    zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
    yield zeroconf
    await zeroconf.async_close()


@pytest.fixture
def lan() -> ZeroconfLan:
    return ZeroconfLan(LOOPBACK)


def service(
    kind: str,
    instance: str = "k3s-sugar-dev@pi7.local (server)",
    txt: dict[str, str] | dict[bytes, bytes] = TXT,
    port: int = 6443,
) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        f"{kind}.local.",
        f"{instance}.{kind}.local.",
        port=port,
        properties=txt,
        server="pi7.local.",
        parsed_addresses=["127.0.0.1"],
    )


async def register(zeroconf: AsyncZeroconf, info: AsyncServiceInfo) -> None:
    # Service names over 15 characters work with Avahi, which is what Pis run.
    await (await zeroconf.async_register_service(info, cooperating_responders=True, strict=False))


async def until(sightings: AsyncIterator[Sighting], wanted: Callable[[Sighting], bool]) -> Sighting:
    async with asyncio.timeout(PATIENCE):
        async for sighting in sightings:
            if wanted(sighting):
                return sighting
    raise AssertionError("the look ended by itself")


def is_advert(role: str) -> Callable[[Sighting], bool]:
    return lambda s: isinstance(s, AdvertSeen) and s.advert.role == role


def is_host(sighting: Sighting) -> bool:
    """Seen by its name; this computer's own SSH server is no part of the test."""
    return isinstance(sighting, HostSeen) and bool(sighting.name)


async def test_advert_is_seen_changed_and_taken_back(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    async with aclosing(lan.watch(Interest((Environment(),)))) as sightings:
        info = service("_k3s-sugar-dev._tcp")
        await register(responder, info)
        seen = await until(sightings, is_advert("server"))
        assert isinstance(seen, AdvertSeen)
        assert (seen.advert.host, seen.advert.port) == ("pi7.local", 6443)
        assert seen.advert.addresses == ("127.0.0.1",)
        assert seen.advert.problems == ()
        changed = service("_k3s-sugar-dev._tcp", txt=TXT | {"role": "bootstrap"})
        await (await responder.async_update_service(changed))
        await until(sightings, is_advert("bootstrap"))
        await (await responder.async_unregister_service(changed))
        gone = await until(sightings, lambda s: isinstance(s, AdvertGone))
        assert gone == AdvertGone(seen.advert.instance, "_k3s-sugar-dev._tcp")


async def test_unknown_k3s_types_are_learned_even_long_ones(
    lan: ZeroconfLan, responder: AsyncZeroconf
) -> None:
    txt = TXT | {"cluster": "beet-field", "env": "staging"}
    await register(responder, service("_k3s-beet-field-staging._tcp", txt=txt))
    async with aclosing(lan.watch(Interest(()))) as sightings:
        seen = await until(sightings, is_advert("server"))
    assert isinstance(seen, AdvertSeen)
    assert seen.advert.environment == Environment("staging", "beet-field")


async def test_a_mangled_type_is_browsed_too(lan: ZeroconfLan) -> None:
    async with aclosing(lan.watch(Interest(()))) as sightings:
        await until(sightings, lambda s: isinstance(s, Listening))
        for packet in mangled_advert():
            multicast(packet)
        seen = await until(sightings, is_advert("server"))
    assert isinstance(seen, AdvertSeen)
    assert seen.advert.environment == Environment()
    assert (seen.advert.service_type, seen.advert.host) == ("_k3s-sugar-env=dev._tcp", "pi7.local")
    assert (seen.advert.addresses, seen.interface) == (("127.0.0.1",), "lo")


async def test_a_look_begins_with_where_and_hears_its_own_questions(lan: ZeroconfLan) -> None:
    async with aclosing(lan.watch(Interest((Environment(),)))) as sightings:
        first = await anext(sightings)
        assert isinstance(first, Listening)
        assert first.interfaces == (Interface("lo", "127.0.0.1", "127.0.0.0/8"),) == await lan.interfaces()
        echo = await until(sightings, lambda s: isinstance(s, EchoHeard))
        assert isinstance(echo, EchoHeard)
        assert echo.interface == "lo"


async def test_layers_that_are_not_wanted_ask_nothing(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    await register(responder, service("_ssh._tcp", "pi7", {}, 22))
    interest = Interest((), ("pi7.local",), layers=frozenset({Layer.NAMES}))
    told: set[Layer] = set()

    def answered(sighting: Sighting) -> bool:
        if isinstance(sighting, LayerTold):
            told.add(sighting.layer)
        return isinstance(sighting, LayerTold) and sighting.sent > 0

    async with aclosing(lan.watch(interest)) as sightings:
        cost = await until(sightings, answered)
    assert told == {Layer.NAMES}
    assert isinstance(cost, LayerTold)
    assert cost.unit == "questions"


async def test_a_join_lock_is_seen_and_taken_back(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    info = service("_k3s-join-lock._tcp", "k3s join lock sugar/dev", {"host": "Pi8.local"}, 50_000)
    await register(responder, info)
    async with aclosing(lan.watch(Interest(()))) as sightings:
        seen = await until(sightings, lambda s: isinstance(s, LockSeen))
        assert isinstance(seen, LockSeen)
        assert (seen.instance, seen.holder) == ("k3s join lock sugar/dev", "pi8.local")
        await (await responder.async_unregister_service(info))
        assert await until(sightings, lambda s: isinstance(s, LockGone)) == LockGone(seen.instance)


async def test_an_address_is_asked_for_its_name(lan: ZeroconfLan) -> None:
    by_hand = Interest(
        (), hosts=(Given("127.0.0.9", "127.0.0.9"),), layers=frozenset({Layer.GIVEN, Layer.REVERSE})
    )
    async with aclosing(lan.watch(by_hand)) as sightings:

        def asked(sighting: Sighting) -> bool:
            return isinstance(sighting, LayerTold) and sighting.layer is Layer.REVERSE and sighting.sent > 0

        await until(sightings, asked)
        multicast(reverse_pointer(b"8", b"Pi8"))  # nobody asked
        multicast(reverse_pointer(b"9", b"Pi9"))
        seen = await until(sightings, lambda s: isinstance(s, HostSeen) and s.layer is Layer.REVERSE)
    assert isinstance(seen, HostSeen)
    assert (seen.name, seen.addresses, seen.interface) == ("pi9.local", ("127.0.0.9",), "lo")


async def test_packets_are_told_in_words(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    lines: list[str] = []
    async with aclosing(lan.packets(["_k3s-sugar-dev._tcp"])) as packets:
        reading = asyncio.ensure_future(anext(packets))
        await asyncio.sleep(0)  # the tap is open
        await register(responder, service("_k3s-sugar-dev._tcp"))
        async with asyncio.timeout(PATIENCE):
            lines.append((await reading).text)
            while not any(": SRV" in line for line in lines):
                lines.append((await anext(packets)).text)
    pointer_line = (
        "127.0.0.1 → response: PTR _k3s-sugar-dev._tcp = k3s-sugar-dev@pi7.local (server), ttl 4500"
    )
    assert pointer_line in lines


async def test_hosts_are_seen_by_service_and_by_name(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    await register(responder, service("_workstation._tcp", "pi7 [2c:cf:67:00:00:07]", {}, 9))
    async with aclosing(lan.watch(Interest((), ("pi7.local", "pi8.local")))) as sightings:
        seen = [await until(sightings, is_host) for _ in range(2)]
        assert {(s.layer, s.what) for s in seen if isinstance(s, HostSeen)} == {
            (Layer.NAMES, "answers to its name"),
            (Layer.ADVERTS, "_workstation._tcp advert"),
        }
        assert {s.name for s in seen if isinstance(s, HostSeen)} == {"pi7.local"}
        assert {s.mac for s in seen if isinstance(s, HostSeen)} == {"", "2c:cf:67:00:00:07"}
        await responder.async_close()
        await until(
            sightings, lambda s: s == HostGone("pi7.local", Layer.ADVERTS, "_workstation._tcp advert")
        )


async def test_hosts_added_by_hand(
    lan: ZeroconfLan, responder: AsyncZeroconf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def system(name: str, timeout: float) -> tuple[str, ...]:
        return {"pi.example": ("10.0.0.9",)}.get(name, ())

    monkeypatch.setattr(given, "resolve_system", system)
    await register(responder, service("_ssh._tcp", "pi7", {}, 22))
    typed = ("10.0.0.5", "pi7.local", "pi.example", "nobody.example", "")
    alias = Given("work", "pi.example", "~/.ssh/config", ssh_alias=True)
    found: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}

    def complete(sighting: Sighting) -> bool:
        if isinstance(sighting, HostSeen) and sighting.layer is Layer.GIVEN:
            found[sighting.name] = sighting.addresses
            aliases[sighting.ssh_alias] = sighting.what
        return len([name for name in found if found[name]]) == 4 and "nobody.example" in found

    hosts = (*(Given(name, name) for name in typed), alias)
    async with aclosing(lan.watch(Interest((), (), hosts, frozenset({Layer.GIVEN})))) as sightings:
        await until(sightings, complete)
    assert found == {
        "10.0.0.5": ("10.0.0.5",),
        "pi7.local": ("127.0.0.1",),
        "pi.example": ("10.0.0.9",),
        "nobody.example": (),
        "work": ("10.0.0.9",),
    }
    assert aliases == {"": "added by hand", "work": "~/.ssh/config"}


async def test_hostile_records_are_dropped_or_cleaned(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    hostile = {b"k3s": b"1", b"cluster": b"sugar", b"env": b"dev", b"role": b"\xff\x1b[2J[/red]"}
    await register(responder, service("_https._tcp", "[red]evil\u202e[/nonsense]", hostile))
    await register(responder, service("_https._tcp", "printer", {"note": "x" * 200}, 443))
    await register(responder, service("_k3s-sugar-dev._tcp"))
    seen: list[AdvertSeen] = []

    def both(sighting: Sighting) -> bool:
        if isinstance(sighting, AdvertSeen):
            seen.append(sighting)
        return len(seen) == 2

    async with aclosing(lan.watch(Interest((Environment(),)))) as sightings:
        await until(sightings, both)
    texts = [text for s in seen for text in (s.advert.instance, s.advert.role)]
    assert sorted(texts) == [
        "[red]evil[/nonsense]",
        "k3s-sugar-dev@pi7.local (server)",
        "server",
        "\ufffd[/red]",
    ]


def wire_name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"


def record(name: bytes, number: int, data: bytes, ttl: int = 120) -> bytes:
    return name + struct.pack(">HHIH", number, 1, ttl, len(data)) + data


def response(*records: bytes) -> bytes:
    return struct.pack(">6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def pointer(name: bytes, target: bytes) -> bytes:
    return response(record(name, 12, target))


def reverse_pointer(last_byte: bytes, name: bytes) -> bytes:
    reverse = wire_name(last_byte, b"0", b"0", b"127", b"in-addr", b"arpa")
    return pointer(reverse, wire_name(name, b"local"))


def multicast(packet: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sender.sendto(packet, ("224.0.0.251", 5353))


def unspeakable_host() -> bytes:
    """A response whose SRV target is no UTF-8: decoded with replacements, it fits in no question."""
    kind = (b"_ssh", b"_tcp", b"local")
    target = struct.pack(">HHH", 0, 0, 22) + wire_name(b"\xff" * 63, b"local")
    return response(
        record(wire_name(*kind), 12, wire_name(b"evil", *kind)), record(wire_name(b"evil", *kind), 33, target)
    )


def mangled_advert() -> Iterator[bytes]:
    """What a server of the environment `env=dev` says when asked for types, and for its own."""
    kind = (b"_k3s-sugar-env=dev", b"_tcp", b"local")
    instance = wire_name(b"k3s-sugar-env=dev@pi7.local (server)", *kind)
    host = wire_name(b"pi7", b"local")
    txt = b"".join(bytes([len(text)]) + text for text in (b"k3s=1", b"cluster=sugar", b"env=env=dev"))
    yield pointer(wire_name(b"_services", b"_dns-sd", b"_udp", b"local"), wire_name(*kind))
    yield response(
        record(wire_name(*kind), 12, instance),
        record(instance, 33, struct.pack(">HHH", 0, 0, 6443) + host),
        record(instance, 16, txt),
        record(host, 1, bytes([127, 0, 0, 1])),
    )


async def test_garbage_on_the_wire_changes_nothing(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
    async with aclosing(lan.watch(Interest((Environment(),)))) as sightings:
        ahead = asyncio.create_task(until(sightings, is_advert("server")))
        async with asyncio.timeout(PATIENCE):
            while not any(task.get_name() == "Names" for task in asyncio.all_tasks()):
                await asyncio.sleep(0)
        loops = b"\x00\x00\x84\x00\x00\x00\xff\xff" + b"\xc0\x0c" * 700
        for junk in (b"", b"\x00" * 12, b"\xff" * 1400, loops, unspeakable_host()):
            multicast(junk)
        await register(responder, service("_k3s-sugar-dev._tcp"))
        await ahead
    gc.collect()  # a task that failed complains when it is collected
    assert complaints == []


async def test_closing_leaves_no_task_behind(lan: ZeroconfLan) -> None:
    before = asyncio.all_tasks()
    reading = asyncio.create_task(
        until(
            lan.watch(Interest((Environment(),), ("nobody.local",), (Given("10.0.0.5", "10.0.0.5"),))),
            lambda _: True,
        )
    )
    await reading
    sightings = lan.watch(Interest((Environment(),), ("nobody.local",)))
    waiting = asyncio.create_task(until(sightings, lambda _: False))
    async with asyncio.timeout(PATIENCE):
        while not any(task.get_name() == "Names" for task in asyncio.all_tasks()):
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await sightings.aclose()
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0)


async def test_resolve(lan: ZeroconfLan, responder: AsyncZeroconf) -> None:
    await register(responder, service("_ssh._tcp", "pi7", {}, 22))
    assert await lan.resolve("PI7.local.", PATIENCE) == ("127.0.0.1",)
    assert await lan.resolve("nobody.local", 0.05) == ()
    assert await lan.resolve("10.0.0.5", 0.05) == ("10.0.0.5",)
    assert "127.0.0.1" in await lan.resolve("localhost", PATIENCE)
    assert await lan.resolve("x" * 300, PATIENCE) == ()


async def test_a_silent_local_name_is_asked_of_the_system(
    lan: ZeroconfLan, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    async def system(name: str, timeout: float) -> tuple[str, ...]:
        given.append(timeout)
        return ("10.0.0.9",)

    monkeypatch.setattr(names, "resolve_system", system)
    assert await lan.resolve("nobody.local", 0.3) == ("10.0.0.9",)
    assert 0 < given[0] <= 0.1
    assert await ZeroconfLan(["192.0.2.1"]).resolve("nobody.local", 10.0) == ("10.0.0.9",)
    assert given[1] > 9


@pytest.mark.parametrize(
    ("later", "found"), [("10.0.0.5", ("10.0.0.5", "fd00::5")), ("", ("fd00::5",))], ids=["both", "one"]
)
async def test_ipv4_is_waited_for_a_moment(
    monkeypatch: pytest.MonkeyPatch, later: str, found: tuple[str, ...]
) -> None:
    told: list[tuple[str, ...]] = [("fd00::5",), ("10.0.0.5", "fd00::5")]

    class Listener:
        def __init__(self, names: list[str], links: object, heard: names.Heard) -> None:
            self._heard = heard

        def ask(self, zeroconf: object, cost: object, number: int) -> None:
            self._heard("pi7.local", told[0])
            if later:
                asyncio.get_running_loop().call_soon(self._heard, "pi7.local", told[1])

    class Silent:
        async def async_wait_for_start(self) -> None: ...
        def async_add_listener(self, *_: object) -> None: ...
        def async_remove_listener(self, *_: object) -> None: ...

    monkeypatch.setattr(names, "NameListener", Listener)
    began = asyncio.get_running_loop().time()
    assert await names.resolve_multicast(Silent(), "pi7.local", (), PATIENCE) == found  # type: ignore[arg-type]
    assert (asyncio.get_running_loop().time() - began < names.IPV4_GRACE) == bool(later)


async def test_hosts_added_by_hand_come_before_the_failure() -> None:
    seen: list[Sighting] = []
    with pytest.raises(SugarkubeError):
        async for sighting in ZeroconfLan(["192.0.2.1"]).watch(
            Interest((), (), tuple(Given(name, name) for name in ("10.0.0.5", "Pi7.local", "")))
        ):
            seen.append(sighting)
    assert [(s.name, s.addresses) for s in seen if isinstance(s, HostSeen)] == [
        ("10.0.0.5", ("10.0.0.5",)),
        ("pi7.local", ()),
    ]


async def test_busy_port_is_explained(lan: ZeroconfLan, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> AsyncZeroconf:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr(look, "Questioner", busy)
    with pytest.raises(SugarkubeError, match="5353") as caught:
        await anext(lan.watch(Interest(())))
    assert "disallow-other-stacks=no" in caught.value.remedy


async def test_missing_interface_is_explained() -> None:
    with pytest.raises(SugarkubeError, match=r"no address 192\.0\.2\.1"):
        await anext(ZeroconfLan(["192.0.2.1"]).watch(Interest(())))
