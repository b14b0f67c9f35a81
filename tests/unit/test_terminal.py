"""What is written to the terminal beside the screen, and what is known of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from sugarkube_tui.tui.ascii import Ascii, as_ascii
from sugarkube_tui.tui.terminal import Terminal

XTERM = {"TERM": "xterm-256color"}


def terminal(variables: dict[str, str], encoding: str = "utf-8") -> Terminal:
    return Terminal.of(variables, encoding)


@given(st.text())
def test_nothing_in_a_title_can_end_it_or_begin_another_sequence(text: str) -> None:
    written = terminal(XTERM).title(text)
    assert written.startswith("\x1b]0;") and written.endswith("\x07")
    assert not re.search("[\x00-\x1f\x7f-\x9f]", written[4:-1])


@given(st.text())
def test_nothing_in_a_notification_can_part_its_fields(text: str) -> None:
    written = terminal({**XTERM, "VTE_VERSION": "7600"}).notification(text)
    assert written.count(";") == 3
    assert not re.search("[\x00-\x1f\x7f-\x9f]", written[2:-1])


@pytest.mark.parametrize(
    ("variables", "sequence"),
    [
        (XTERM, "\x1b]9;sugarkube: done\x07"),
        ({"TERM": "foot"}, "\x1b]777;notify;sugarkube;done\x07"),
        ({"TERM": "tmux-256color"}, "\x1bPtmux;\x1b\x1b]9;sugarkube: done\x07\x1b\\"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/x"}, "\x1bPtmux;\x1b\x1b]9;sugarkube: done\x07\x1b\\"),
        ({"TERM": "screen", "STY": "1.pts"}, "\x1bP\x1b]9;sugarkube: done\x07\x1b\\"),
    ],
)
def test_one_kind_of_notification_is_sent_through_whatever_is_between(
    variables: dict[str, str], sequence: str
) -> None:
    assert terminal(variables).notification("done") == sequence


@pytest.mark.parametrize("name", ["dumb", "linux", ""])
def test_terminals_without_a_title_get_none(name: str) -> None:
    plain = terminal({"TERM": name})
    assert plain.title("x") == plain.save_title() == plain.restore_title() == ""


@pytest.mark.parametrize(
    ("variables", "encoding", "shows"),
    [
        (XTERM, "utf-8", True),
        ({**XTERM, "LANG": "de_DE.UTF-8"}, "UTF8", True),
        ({**XTERM, "LC_CTYPE": "UTF-8"}, "utf-8", True),
        ({**XTERM, "LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({**XTERM, "LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({**XTERM, "LANG": "de_DE.ISO-8859-1@euro"}, "utf-8", False),
        (XTERM, "iso-8859-1", False),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, "utf-8", False),
    ],
)
def test_signs_are_shown_where_locale_and_terminal_can(
    variables: dict[str, str], encoding: str, shows: bool
) -> None:
    assert terminal(variables, encoding).shows_signs is shows


def test_ssh_is_noticed() -> None:
    assert terminal({"SSH_CONNECTION": "192.168.3.2 5000 192.168.3.1 22"}).remote
    assert not terminal({}).remote


@given(st.text())
def test_text_becomes_ascii_of_as_many_cells(text: str) -> None:
    ascii_text = as_ascii(text)
    assert ascii_text.isascii()
    assert cell_len(ascii_text) == cell_len(text) or not text.isprintable()


def test_signs_that_stand_for_different_things_stay_different() -> None:
    for signs in ("✔✖▶▲◷·", "◆■□", "●○", "━─", "│─"):
        assert len(set(as_ascii(signs))) == len(signs)


def test_frames_stay_frames_and_letters_stay_readable() -> None:
    assert as_ascii("╭─ Küche ─╮│") == "+- Kuche -+|"
    assert as_ascii("日本…") == "????."


@pytest.mark.parametrize(
    ("text", "ascii_text"), [("sugark…", "sugar.."), ("asking …", "asking.."), ("…", ".")]
)
def test_what_is_cut_or_goes_on_does_not_look_like_a_sentences_end(text: str, ascii_text: str) -> None:
    assert as_ascii(text) == ascii_text


def test_the_filter_leaves_styles_alone() -> None:
    first, second = Segment("plain"), Segment("✔ yes")
    filtered = Ascii().apply([first, second], Color(0, 0, 0))
    assert filtered == [first, Segment("+ yes")]
