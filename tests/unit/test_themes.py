"""Every text can be read on every background that it stands on, in every theme that says its colours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from sugarkube_tui.store.settings import ThemeName
from sugarkube_tui.tui.themes import THEMES, TINTED, variables_of

TEXTS = (
    "foreground",
    "muted",
    "text-primary",
    "text-accent",
    "text-success",
    "text-warning",
    "text-error",
    "footer-key-foreground",
)
BACKGROUNDS = ("background", "surface", "panel", "field", "selection")
LEAST = {ThemeName.DARK: 4.5, ThemeName.LIGHT: 4.5, ThemeName.HIGH_CONTRAST: 7.0}
"""WCAG 2.2: 4.5 is level AA, 7 is level AAA."""

LEAST_OF_256 = 3.0
"""Of the nearest ones of a terminal that has no more."""


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.normalized
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Color, other: Color) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest_of_256(colour: Color) -> Color:
    return Color(*colour.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor())


def texts_on_backgrounds(name: ThemeName) -> Iterator[tuple[str, Color, Color]]:
    """What stands on what, and both colours."""
    theme = THEMES[name]
    given = {**theme.to_color_system().generate(), **theme.variables}
    colours = {**variables_of(given), **given}
    tinted = [(f"text-{tint}", f"{tint}-tint") for tint in TINTED]
    chosen = [("input-selection-foreground", "input-selection-background")]
    for text, background in (*product(TEXTS, BACKGROUNDS), *tinted, *chosen):
        yield f"{text} on {background}", Color.parse(colours[text]), Color.parse(colours[background])


@pytest.mark.parametrize("name", LEAST)
def test_contrast(name: ThemeName) -> None:
    for what, text, background in texts_on_backgrounds(name):
        ratio = contrast(text, background)
        assert ratio >= LEAST[name], f"{what}: {ratio:.1f}"


@pytest.mark.parametrize("name", LEAST)
def test_contrast_in_256_colours(name: ThemeName) -> None:
    for what, text, background in texts_on_backgrounds(name):
        ratio = contrast(nearest_of_256(text), nearest_of_256(background))
        assert ratio >= LEAST_OF_256, f"{what}: {ratio:.1f}"


def test_only_the_terminals_own_colours_have_no_ratio() -> None:
    assert set(ThemeName) - set(LEAST) == {ThemeName.ANSI}
    # A border's colour stands behind its kind.
    assert all(value.split()[-1].startswith("ansi_") for value in THEMES[ThemeName.ANSI].variables.values())


@pytest.mark.parametrize("name", BUILTIN_THEMES)
def test_themes_of_textual_get_what_they_lack(name: str) -> None:
    given = {**BUILTIN_THEMES[name].to_color_system().generate(), **BUILTIN_THEMES[name].variables}
    assert {"muted", "rule", "focus-border", "field", "selection"} <= set(variables_of(given))
