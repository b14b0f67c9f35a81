"""What the operator prefers: a file that people write and the program only reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from sugarkube_tui.cluster.errors import InvalidInput, nearest
from sugarkube_tui.cluster.typed import parse_user
from sugarkube_tui.engine.ports import DEFAULT_USER


class ThemeName(StrEnum):
    """How the wizard is coloured."""

    DARK = "dark"
    LIGHT = "light"
    HIGH_CONTRAST = "high-contrast"
    ANSI = "ansi"


class Glyphs(StrEnum):
    """Which characters the wizard draws with."""

    AUTO = "auto"
    UNICODE = "unicode"
    ASCII = "ascii"


class Animations(StrEnum):
    """Whether scrolling and the like is animated."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Notify(StrEnum):
    """How it is told that a run has ended or asks something."""

    OFF = "off"
    BELL = "bell"
    DESKTOP = "desktop"


EXAMPLE = """\
theme = "dark"        # dark, light, high-contrast or ansi (the terminal's own colours)
glyphs = "auto"       # auto, unicode or ascii; auto: by locale and terminal
mouse = true          # false leaves the mouse to the terminal
animations = "auto"   # auto, on or off; auto: off over SSH
notify = "off"        # off, bell or desktop: when a run ends or asks something
user = "pi"           # whom to log in as, where neither --user nor ~/.ssh/config says

[keys]                # other keys for a binding; several are separated by commas
scan.rescan = "f5"
"""
"""A settings file with every setting in it; but for `keys`, these are the values without a file."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says, or else the default.

    Attributes:
        theme: None: `TEXTUAL_THEME` decides, else dark.
        user: whom to log in as.
        keys: name of a binding → its keys; which ones there are, the wizard knows.
    """

    theme: ThemeName | None = None
    glyphs: Glyphs = Glyphs.AUTO
    mouse: bool = True
    animations: Animations = Animations.AUTO
    notify: Notify = Notify.OFF
    user: str = DEFAULT_USER
    keys: Mapping[str, str] = field(default_factory=dict)


def read_settings(file: Path) -> Settings:
    """The settings in a file; without one, the defaults.

    Raises:
        InvalidInput: it cannot be read, has a key that there is not, or a value that cannot be.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    import tomllib  # the first frame need not wait for it where there is no file

    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(file, error) from error
    known = [field.name for field in fields(Settings)]
    for key in document:
        if key not in known:
            raise InvalidInput(
                f"there is no setting {key!r}",
                where=str(file),
                remedy=nearest(key, known, f"the settings are {', '.join(known)}"),
            )
    return Settings(**{key: _READERS[key](value, key, str(file)) for key, value in document.items()})


def _unreadable(file: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        "the settings cannot be read",
        where=str(file),
        why=str(error),
        remedy="mend the file, or remove it; sugarkube-tui paths --help shows an example",
    )


_Choice = TypeVar("_Choice", bound=StrEnum)


def _one_of(choices: type[_Choice]) -> Callable[[object, str, str], _Choice]:
    def read(value: object, key: str, where: str) -> _Choice:
        if not isinstance(value, str) or value not in set(choices):
            allowed = ", ".join(f'"{choice}"' for choice in choices)
            raise InvalidInput(f"{key} cannot be {value!r}", where=where, remedy=f"use one of {allowed}")
        return choices(value)

    return read


def _read_mouse(value: object, key: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{key} cannot be {value!r}", where=where, remedy="use true or false")
    return value


def _read_user(value: object, key: str, where: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{key} cannot be {value!r}", where=where, remedy='use a login name, such as "pi"')
    return parse_user(value, where)


def _read_keys(value: object, key: str, where: str) -> dict[str, str]:
    """Names with their keys; TOML makes tables of a name's dots where it is not quoted."""
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{key} cannot be {value!r}", where=where, remedy='use for example scan.rescan = "f5" in [keys]'
        )
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, str):
            found[name] = inner
        else:
            below = _read_keys(inner, f"{key}.{name}", where)
            found |= {f"{name}.{rest}": keys for rest, keys in below.items()}
    return found


_READERS: Mapping[str, Callable[[Any, str, str], Any]] = {
    "theme": _one_of(ThemeName),
    "glyphs": _one_of(Glyphs),
    "mouse": _read_mouse,
    "animations": _one_of(Animations),
    "notify": _one_of(Notify),
    "user": _read_user,
    "keys": _read_keys,
}
