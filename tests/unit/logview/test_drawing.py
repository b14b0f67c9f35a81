"""Drawing rows: whatever is in a line, a row is as wide as its pane and holds no control character."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from sugarkube_tui.engine.log import Kind, LogEntry
from sugarkube_tui.tui.logview.drawing import Mark, Row, strip_of
from sugarkube_tui.tui.logview.rows import cells, cut, shown_text

PLAIN = Style()
RED = Style(color="red")

HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from("\x1b\x9b\x9d\x07\r\n\t\x00\u202e\u2066\ufeff\u200d\u0301\ufe0f漢字👩🚀❤[]"),
        st.sampled_from(["\x1b[31m", "\x1b]52;c;AAAA\x07", "[/red]", "[@click=app.quit]", "👩\u200d🚀"]),
    ),
    max_size=40,
).map("".join)


def row(text: str, skip: int = 0, marks: tuple[Mark, ...] = (), lead: str = "") -> Row:
    return Row(7, text, 0, len(text), skip, lead, PLAIN, PLAIN, marks)


@given(HOSTILE, st.integers(0, 150), st.integers(1, 60), st.integers(0, 130), st.integers(0, 130))
def test_hostile_text_fills_its_row_exactly_and_is_harmless(
    text: str, skip: int, width: int, start: int, end: int
) -> None:
    shown = shown_text(LogEntry(0.0, Kind.OUTPUT, "", text))
    strip = strip_of(row(shown, skip, (Mark(start, end, RED),)), width)
    assert strip.cell_length == width
    assert cells(strip.text) == width
    for character in strip.text:
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"), repr(character)
    assert not set(strip.text) & set(
        "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
    )


@given(HOSTILE, st.integers(1, 30))
def test_a_wrapped_line_is_shown_whole(text: str, width: int) -> None:
    shown = shown_text(LogEntry(0.0, Kind.OUTPUT, "", text))
    parts = [
        strip_of(Row(0, shown, start, end, 0, "", PLAIN, PLAIN, ()), width + 1).text
        for start, end in cut(shown, width + 1)
    ]
    assert "".join(parts).replace(" ", "") == shown.replace(" ", "")


def test_wide_characters_are_scrolled_out_by_halves() -> None:
    assert strip_of(row("漢字ab", skip=0), 6).text == "漢字ab"
    assert strip_of(row("漢字ab", skip=1), 6).text == " 字ab "
    assert strip_of(row("漢字ab", skip=2), 6).text == "字ab  "
    assert strip_of(row("漢字ab", skip=9), 6).text == "      "


def test_marks_are_laid_over_one_another_and_places_are_told_for_the_mouse() -> None:
    bold = Style(bold=True)
    strip = strip_of(row("abcdef", skip=1, marks=(Mark(0, 4, RED), Mark(2, 9, bold)), lead="12 "), 12)
    found = [
        (segment.text, segment.style.color is not None, bool(segment.style.bold), segment.style.meta)
        for segment in strip
        if segment.text.strip() and segment.style is not None
    ]
    assert found == [
        ("12 ", False, False, {}),
        ("b", True, False, {"offset": (1, 7)}),
        ("cd", True, True, {"offset": (2, 7)}),
        ("ef", False, True, {"offset": (4, 7)}),
    ]
