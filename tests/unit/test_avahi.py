"""What `avahi-browse --parsable` prints, read back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.avahi import read_browse, read_txt, unescape
from sugarkube_tui.cluster.environment import Environment

INSTANCE = r"k3s-sugar-dev\064sugarkube0\.local\032\040server\041"
TXT = (
    '"ip6=fdd1::41" "ip4=192.168.86.41" "host=sugarkube0.local" "leader=sugarkube0.local" '
    '"phase=server" "role=server" "env=dev" "cluster=sugar" "k3s=1"'
)
FOUND = f"+;eth0;IPv4;{INSTANCE};_k3s-sugar-dev._tcp;local"
RESOLVED = (
    f"=;eth0;IPv4;{INSTANCE};_k3s-sugar-dev._tcp;local;sugarkube0.local;192.168.86.41;6443;{TXT}\n"
    f"=;eth0;IPv6;{INSTANCE};_k3s-sugar-dev._tcp;local;sugarkube0.local;fdd1::41;6443;{TXT}"
)


def test_records_as_upstreams_logs_show_them() -> None:
    (advert,) = read_browse(f"{FOUND}\n{FOUND.replace('IPv4', 'IPv6')}\n{RESOLVED}")
    assert advert.instance == "k3s-sugar-dev@sugarkube0.local (server)"
    assert (advert.host, advert.port, advert.role) == ("sugarkube0.local", 6443, "server")
    assert advert.addresses == ("192.168.86.41", "fdd1::41")
    assert advert.problems == ()


def test_what_was_found_and_not_resolved_still_names_its_host() -> None:
    (advert,) = read_browse(FOUND)
    assert (advert.host, advert.role, advert.environment) == ("sugarkube0.local", "server", Environment())


def test_odd_records_are_tolerated() -> None:
    lines = "\n".join(
        (
            "",
            "+",
            "=;eth0;IPv4;no;fields",
            f"-;eth0;IPv4;{INSTANCE};_k3s-sugar-dev._tcp;local",
            "=;eth0;IPv4;printer;_ipp._tcp;local;printer.local;10.0.0.9;631;",
            '=;eth0;IPv4;a;_k3s-sugar-dev._tcp;local;a.local.local;;port;"role=server"',
        )
    )
    (advert,) = read_browse(lines)
    assert (advert.host, advert.port, advert.addresses) == ("a.local", 6443, ())


def test_escapes() -> None:
    assert unescape(r"a\.b\032\195\188\\") == "a.b ü\\"
    assert unescape(r"\999\1") == r"\9991"
    assert unescape(r"\255") == "�"


def test_the_first_of_a_txt_key_counts_and_avahi_prints_it_last() -> None:
    assert read_txt(r'"role=forged" "note=a \"b\" c" "role=server"') == {
        "role": "server",
        "note": 'a "b" c',
    }


def escaped(text: str) -> str:
    """As Avahi escapes a label: dot and backslash by a backslash, other specials by decimal bytes."""
    return "".join(
        f"\\{chr(byte)}"
        if chr(byte) in ".\\"
        else chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-_")
        else f"\\{byte:03}"
        for byte in text.encode()
    )


@given(st.text(max_size=60))
def test_unescape_undoes_what_avahi_escapes(text: str) -> None:
    assert unescape(escaped(text)) == text


@given(st.text(alphabet=st.sampled_from(list('=+;"\\._k3s-tcp \x1b[/]\n01')), max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    for advert in read_browse(text):
        assert "\x1b" not in "".join(advert.record_lines)
