"""mDNS packets in words, whatever is in them."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from zeroconf import DNSAddress, DNSOutgoing, DNSPointer, DNSQuestion, DNSService, DNSText

from sugarkube_tui.lan.packets import LINE_LIMIT, LINES_PER_PACKET, LINES_PER_SECOND, _Lines, describe

KIND = "_k3s-sugar-dev._tcp"
INSTANCE = f"k3s-sugar-dev@pi7.local (server).{KIND}.local."
RESPONSE = 0x8400


def said(packet: DNSOutgoing) -> tuple[str, ...]:
    lines = [line for data in packet.packets() for line in describe(data, "10.0.0.7", [KIND])]
    assert all(line.startswith("10.0.0.7 → ") for line in lines)
    return tuple(line.removeprefix("10.0.0.7 → ") for line in lines)


def test_a_response() -> None:
    out = DNSOutgoing(RESPONSE)
    out.add_answer_at_time(DNSPointer(f"{KIND}.local.", 12, 1, 4500, INSTANCE), 0)
    out.add_answer_at_time(DNSService(INSTANCE, 33, 1, 120, 0, 0, 6443, "pi7.local."), 0)
    out.add_answer_at_time(DNSText(INSTANCE, 16, 1, 4500, b"\x05k3s=1\x04flag\x07x=\x1b[2J\x07"), 0)
    out.add_answer_at_time(DNSAddress("pi7.local.", 1, 1, 120, bytes([10, 0, 0, 7])), 0)
    out.add_answer_at_time(DNSPointer("7.0.0.10.in-addr.arpa.", 12, 1, 120, "pi7.local."), 0)
    out.add_answer_at_time(DNSPointer("_ipp._tcp.local.", 12, 1, 4500, "printer._ipp._tcp.local."), 0)
    assert said(out) == (
        f"response: PTR {KIND} = k3s-sugar-dev@pi7.local (server), ttl 4500",
        f"response: SRV k3s-sugar-dev@pi7.local (server).{KIND} = pi7.local:6443, ttl 120",
        f"response: TXT k3s-sugar-dev@pi7.local (server).{KIND} = k3s=1 flag x=, ttl 4500",
        "response: A pi7.local = 10.0.0.7, ttl 120",
        "response: PTR 7.0.0.10.in-addr.arpa = pi7.local, ttl 120",
    )


def test_a_question_with_known_answers() -> None:
    out = DNSOutgoing(0)
    question = DNSQuestion(f"{KIND}.local.", 12, 1)
    question.unicast = True
    out.add_question(question)
    out.add_question(DNSQuestion("PI7.local.", 28, 1))
    out.add_question(DNSQuestion("_services._dns-sd._udp.local.", 12, 1))
    out.add_question(DNSQuestion("_ipp._tcp.local.", 12, 1))
    out.add_question(DNSQuestion("pi7.lan.", 1, 1))
    out.add_answer_at_time(DNSPointer(f"{KIND}.local.", 12, 1, 4500, INSTANCE), 0)
    assert said(out) == (
        f"question: PTR {KIND} (unicast answer wanted)",
        "question: AAAA PI7.local",
        "question: PTR _services._dns-sd._udp",
        f"knows PTR {KIND} = k3s-sugar-dev@pi7.local (server), ttl 4500",
    )


def test_many_records_are_cut() -> None:
    out = DNSOutgoing(RESPONSE)
    for number in range(40):
        out.add_answer_at_time(DNSAddress("pi7.local.", 1, 1, 120, bytes([10, 0, 0, number])), 0)
    lines = said(out)
    assert len(lines) == LINES_PER_PACKET + 1
    assert lines[-1] == "and 24 more in this packet"


async def test_a_flood_is_counted() -> None:
    lines = _Lines()
    for number in range(3 * LINES_PER_SECOND):
        lines.add(f"line {number}")
    for number in range(LINES_PER_SECOND):
        assert lines.waiting.get_nowait().text == f"line {number}"
    lines._began -= 1.0  # a second later
    lines.add("later")
    line = lines.waiting.get_nowait()
    assert line.text == f"(after {2 * LINES_PER_SECOND} that were left out) later"
    assert line.vantage == "this workstation"


_NAME = st.lists(st.binary(max_size=63), max_size=6).map(
    lambda labels: b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
)
_KIND = b"\x0e_k3s-sugar-dev\x04_tcp\x05local\x00"
_RECORD = st.builds(
    lambda name, number, ttl, data: name + struct.pack(">HHIH", number, 1, ttl, len(data)) + data,
    st.one_of(_NAME, st.just(_KIND), _NAME.map(lambda name: name[:-1] + _KIND)),
    st.sampled_from([1, 12, 16, 28, 33, 47, 99]),
    st.integers(0, 2**32 - 1),
    st.one_of(st.binary(max_size=300), _NAME, _NAME.map(lambda name: b"\x00" * 6 + name)),
)


@given(
    st.one_of(
        st.binary(max_size=400),
        st.builds(
            lambda flags, records: struct.pack(">6H", 0, flags, 0, len(records), 0, 0) + b"".join(records),
            st.sampled_from([0, 0x8400]),
            st.lists(_RECORD, max_size=8),
        ),
    )
)
def test_no_packet_is_too_odd(packet: bytes) -> None:
    lines = describe(packet, "10.0.0.7", [KIND])
    assert len(lines) <= LINES_PER_PACKET + 1
    assert all("\x1b" not in line and "\n" not in line and len(line) < LINE_LIMIT + 40 for line in lines)
