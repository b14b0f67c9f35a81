"""Cutting streams into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.ssh.lines import Head, Lines, Tail


def lines_of(*chunks: bytes) -> list[str]:
    seen: list[str] = []
    lines = Lines(lambda *new: seen.extend(new))
    for chunk in chunks:
        lines.feed(chunk)
    lines.finish()
    return seen


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    assert lines_of(*chunks) == lines_of(b"".join(chunks))


def test_characters_cut_in_two() -> None:
    assert lines_of("é".encode()[:1], "é".encode()[1:], b"\n\n", b"x") == ["é", "", "x"]


def test_an_endless_line_is_bounded() -> None:
    (line, after) = lines_of(*([b"x" * 10_000] * 50), b"\nafter")
    assert len(line) < 2_100
    assert f"(+{16_000 - 2_000} characters)" in line
    assert after == "after"


def test_progress_that_redraws_itself_shows_its_newest_state() -> None:
    chunks = [f"\r{percent:>5} %{' ' * 1000}".encode() for percent in range(200)]
    assert lines_of(*chunks, b"\n")[0].split() == ["199", "%"]


def test_head_and_tail() -> None:
    head, tail = Head(4), Tail(4)
    for chunk in (b"abc", b"def", b"ghijkl"):
        head.feed(chunk)
        tail.feed(chunk)
    assert (head.text(), head.dropped, tail.text()) == ("abcd", 8, "ijkl")
