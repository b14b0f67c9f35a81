"""The registry of keys: complete, free of keys that terminals take, and changeable by the settings file."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from textual.binding import Binding

from screenshots.readme import README, with_keys
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.tui import keys, screens
from sugarkube_tui.tui.dialogs.base import Dialog
from sugarkube_tui.tui.key import key_id
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.key_tables import help_rows
from sugarkube_tui.tui.keymap import read_keymap
from sugarkube_tui.tui.stages import Stage
from sugarkube_tui.tui.topics import TOPICS, Topic

TAKEN = {f"ctrl+{letter}" for letter in "abcgjmoqsz"}
"""By tmux and screen, by flow and job control, or the same byte as Enter, Tab and the like."""


@pytest.mark.parametrize("group", keys.KEYS)
def test_every_binding_has_an_id_of_its_own_and_says_what_it_does(group: str) -> None:
    bindings = keys.bindings(group)
    ids = [binding.id for binding in bindings if isinstance(binding, Binding)]
    assert all(ids)
    assert len(ids) == len(set(ids)) == len(bindings)
    assert all(key.says for key in keys.KEYS[group])
    footer = [key for key in keys.KEYS[group] if key.shown and key.action not in ("again", "stop")]
    assert len(footer) <= 5


@pytest.mark.parametrize("group", keys.KEYS)
def test_no_action_needs_a_chord_that_terminals_take(group: str) -> None:
    for key in keys.KEYS[group]:
        assert not key.action or set(key.names) - TAKEN, key


@pytest.mark.parametrize("group", ["Table", "Grid", "Pane", "Log"])
def test_arrows_have_a_vim_key_beside_them(group: str) -> None:
    vim = {"up": "k", "down": "j", "left": "h", "right": "l", "home": "g", "end": "G"}
    if keys.WIDGETS_OF.get(group) == ("Field",):
        return  # letters are typed there
    for key in keys.KEYS[group]:
        for arrow in set(key.names) & set(vim):
            assert vim[arrow] in key.names, key


def test_no_name_begins_with_another_so_that_a_settings_file_can_hold_them_all() -> None:
    names = {key_id(group, key) for group, some in keys.KEYS.items() for key in some if key.action}
    assert not [name for name in names for other in names if name.startswith(f"{other}.")]


def test_every_screen_has_its_keys_and_its_widgets_listed() -> None:
    assert set(Stage) <= set(keys.WIDGETS_OF) <= set(keys.KEYS)
    assert {widget for widgets in keys.WIDGETS_OF.values() for widget in widgets} <= set(keys.KEYS)


def dialogs() -> list[type[Dialog[Any]]]:
    for module in iter_modules(screens.__path__):
        import_module(f"{screens.__name__}.{module.name}")
    found = [*Dialog.__subclasses__()]
    for kind in found:
        found += kind.__subclasses__()
    return found


@pytest.mark.parametrize("dialog", dialogs(), ids=lambda dialog: dialog.__name__)
def test_every_dialog_is_in_the_registry_and_has_help_and_a_way_out(dialog: type[Dialog[Any]]) -> None:
    group = dialog.KEY_GROUP
    assert group in keys.WIDGETS_OF
    assert any("escape" in key.names for key in keys.KEYS[group])
    if group != "Help":
        assert any(key.action == "help" for key in keys.KEYS[group])
        assert [name for name in TOPICS if name.partition("#")[0] == group], "no topic"


def test_every_topic_belongs_to_something() -> None:
    groups = {name.partition("#")[0] for name in TOPICS if "#" in name}
    assert groups <= set(keys.WIDGETS_OF)


def test_the_readme_shows_the_keys_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_keys(text), "run: make readme"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("R", "R"),
        ("!", "exclamation_mark"),
        ("F5", "f5"),
        (",", "comma"),
        ("ctrl+r, ;", "ctrl+r,semicolon"),
        ("ä", "ä"),
        ("shift+a", "A"),
        ("ctrl+;", "ctrl+semicolon"),
    ],
)
def test_keys_are_written_as_they_are_called_or_as_they_are_printed(given: str, names: str) -> None:
    assert read_keymap({"review.look": given}, "settings.toml") == {"review.look": names}


def test_two_bindings_can_change_places() -> None:
    wanted = {"scan.rescan": "s", "scan.sweep": "r"}
    assert read_keymap(wanted, "settings.toml") == wanted


def test_leaving_helping_and_going_back_keep_their_built_in_keys() -> None:
    keymap = read_keymap({"app.quit": "Q", "app.help": "H", "app.back": "B"}, "settings.toml")
    assert keymap["app.quit"] == "Q,q"
    assert keymap["app.help"] == "H,question_mark,f1"
    assert keymap["app.back"] == "B,escape"


@pytest.mark.parametrize(
    ("wanted", "what", "remedy"),
    [
        ({"scan.rescn": "x"}, "keys: there is no binding 'scan.rescn'", "did you mean 'scan.rescan'?"),
        ({"scan.rescan": "ctrl+foo"}, "keys.scan.rescan: 'ctrl+foo' is no key", "use a character"),
        ({"scan.rescan": ""}, "keys.scan.rescan: a key is missing", "use a character"),
        ({"scan.rescan": "x,"}, "keys.scan.rescan: a key is missing", "use a character"),
        (
            {"scan.rescan": "s"},
            "keys: 's' would do two things on Scan: scan.rescan (look again, from nothing), and scan.sweep "
            "(knock at port 22 of every address of the subnet; asks first)",
            "give one of them another key",
        ),
        ({"scan.rescan": "j"}, "'j' would do two things on Scan: scan.rescan", "another key"),
        ({"scan.rescan": "?"}, "'?' would do two things on Scan: scan.rescan", "another key"),
        ({"table.first": "q"}, "'q' would do two things on Scan: app.quit", "another key"),
        ({"run.again": "7"}, "'7' would do two things on Run: run.again", "another key"),
        ({"scan.rescan": "pgdn"}, "keys.scan.rescan: 'pgdn' is no key", "did you mean 'pagedown'?"),
        ({"scan.rescan": "esc"}, "keys.scan.rescan: 'esc' is no key", "did you mean 'escape'?"),
        ({"scan.rescan": "\x1b"}, "keys.scan.rescan: '\\x1b' is no key", "use a character"),
        ({"scan.rescan": "<any>"}, "keys.scan.rescan: '<any>' is no key", "use a character"),
        ({"scan.rescan": "ctrl+ctrl+x"}, "keys.scan.rescan: 'ctrl+ctrl+x' is no key", "use a character"),
        ({"scan.rescan": "ctrl+m"}, "keys.scan.rescan: terminals send Enter for Ctrl+m", "another key"),
        ({"scan.rescan": "ctrl+["}, "keys.scan.rescan: terminals send Esc for Ctrl+", "another key"),
        ({"scan.rescan": "tab"}, "keys.scan.rescan: Tab goes to the next field or pane", "another key"),
        ({"log.copy": "ctrl+c"}, "keys.log.copy: Ctrl+c copies what the mouse has selected", "another key"),
        ({"find.regex": "é"}, "keys.find.regex: é would be typed into the field", "another key"),
    ],
)
def test_a_keymap_that_cannot_be_is_refused_with_its_reason(
    wanted: dict[str, str], what: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_keymap(wanted, "settings.toml")
    assert refused.value.where == "settings.toml"
    assert what in refused.value.what
    assert remedy in refused.value.remedy


def test_a_panes_digit_can_be_another_key_but_not_one_that_means_something_else() -> None:
    assert read_keymap({"run.pane_3": "#"}, "settings.toml") == {"run.pane_3": "number_sign"}
    with pytest.raises(InvalidInput, match="'v' would do two things on Run"):
        read_keymap({"run.pane_3": "v"}, "settings.toml")


def test_sentences_name_the_keys_as_they_are() -> None:
    names = KeyNames({"scan.rescan": "f5,R"})
    assert (
        names.fill("{scan.rescan} looks again; {servers.move_up} {other} {}")
        == "F5 looks again; K {other} {}"
    )


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.title)
def test_every_key_in_a_topic_exists(topic: Topic) -> None:
    assert "{" not in KeyNames({}).fill(topic.text)


def test_the_help_tells_in_one_row_what_only_moves() -> None:
    rows = help_rows("Table", {"table.first": "f5"})
    assert rows == [("Up Down", "move; also k j F5 End G PgUp PgDn")]
    assert ("f", "follow the log's end, or stay where you read") in help_rows("Log", {})


def test_the_help_tells_in_one_row_what_is_the_same_for_one_pane_after_the_other() -> None:
    assert ("1 … F9", "that node's pane") in help_rows("Run", {"run.pane_9": "f9"})
