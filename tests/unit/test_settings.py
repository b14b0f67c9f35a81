"""The settings file: read, never written, and every mistake in it is told with its remedy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from screenshots.readme import README
from sugarkube_tui.cluster.errors import InvalidInput
from sugarkube_tui.store.settings import EXAMPLE, Glyphs, Notify, Settings, ThemeName, read_settings
from sugarkube_tui.tui.keymap import read_keymap


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "settings.toml") == Settings()
    assert list(tmp_path.iterdir()) == []


def test_the_example_names_every_setting_with_its_default(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, EXAMPLE))
    assert settings == replace(Settings(), theme=ThemeName.DARK, keys={"scan.rescan": "f5"})
    assert read_keymap(settings.keys, "settings.toml") == {"scan.rescan": "f5"}
    assert EXAMPLE in README.read_text(encoding="utf-8")


def test_the_mark_that_some_editors_write_first_does_no_harm(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "\ufeffmouse = false\n")) == Settings(mouse=False)


def test_settings_are_read(tmp_path: Path) -> None:
    text = 'theme = "high-contrast"\nglyphs = "ascii"\nmouse = false\nnotify = "bell"\nuser = "ops"\n'
    expected = Settings(ThemeName.HIGH_CONTRAST, Glyphs.ASCII, mouse=False, notify=Notify.BELL, user="ops")
    assert read_settings(written(tmp_path, text)) == expected


@pytest.mark.parametrize(
    "keys", ['"scan.rescan" = "x"\nrun.zoom = "Z"', 'scan = {rescan = "x"}\nrun.zoom = "Z"']
)
def test_names_of_bindings_may_be_quoted_or_not(tmp_path: Path, keys: str) -> None:
    assert read_settings(written(tmp_path, f"[keys]\n{keys}")).keys == {"scan.rescan": "x", "run.zoom": "Z"}


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        ('them = "dark"', "there is no setting 'them'", "did you mean 'theme'?"),
        ("xyz = 1", "there is no setting 'xyz'", "the settings are theme, glyphs, mouse"),
        (
            'theme = "drak"',
            "theme cannot be 'drak'",
            'use one of "dark", "light", "high-contrast", "ansi"',
        ),
        ("glyphs = true", "glyphs cannot be True", 'use one of "auto"'),
        ('mouse = "off"', "mouse cannot be 'off'", "use true or false"),
        ('user = "pi; rm"', "the user's name cannot be 'pi; rm'", "usually: pi"),
        ("user = 5", "user cannot be 5", "use a login name"),
        ('keys = "x"', "keys cannot be 'x'", "in [keys]"),
        ("[keys]\nscan.rescan = 5", "keys.scan.rescan cannot be 5", "in [keys]"),
        ("theme = ", "the settings cannot be read", "mend the file"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_remedy(
    tmp_path: Path, text: str, what: str, remedy: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(InvalidInput) as refused:
        read_settings(file)
    assert refused.value.where == str(file)
    assert refused.value.what == what
    assert remedy in refused.value.remedy


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_settings(tmp_path / "settings.toml")
