"""Text from the LAN and from nodes is made harmless, whatever it holds."""

from hypothesis import given
from hypothesis import strategies as st

from sugarkube_tui.cluster.text import LINE_LIMIT, clean_line, clean_text, decode


def test_terminal_sequences_are_dropped():
    assert clean_line("\x1b[31mred\x1b[0m \x1b]0;title\x07text\x1b[2J") == "red text"


def test_eight_bit_sequences_are_dropped():
    assert clean_line("a\x9b31mb\x9d0;title\x9cc") == "abc"


def test_only_the_last_state_of_a_redrawn_line_is_kept():
    assert clean_line("10 %\r50 %\r100 %\n") == "100 %"


def test_marks_that_reorder_text_are_dropped():
    assert clean_line("good\u202egnp.exe\u200b") == "goodgnp.exe"
    assert clean_line("a\u061cb\u2066c\U000e0041d") == "abcd"


def test_a_long_line_is_cut_and_says_so():
    line = clean_line("x" * (LINE_LIMIT + 7))
    assert line == "x" * LINE_LIMIT + "… (+7 characters)"


def test_what_is_not_utf8_is_replaced():
    assert decode(b"caf\xe9") == "caf\ufffd"


@given(st.text(max_size=500))
def test_no_control_character_survives(text):
    assert all(
        character.isprintable() or character == " " or ord(character) > 0x9F for character in clean_line(text)
    )


@given(st.text(max_size=500))
def test_cleaning_is_idempotent(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.binary(max_size=500))
def test_bytes_never_fail(raw):
    assert "\x1b" not in clean_text(decode(raw))
