"""The wizard's colours.

Beside Textual's own variables there are: `muted` for what is not looked at first, `rule` for borders,
`focus-border` for the box that has the focus, `field` for what can be typed into, `selection` for the
highlighted row, and `success-tint` and the like behind text of that colour.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color
from textual.theme import Theme

from sugarkube_tui.store.settings import ThemeName

TINTED = ("primary", "accent", "success", "warning")
TINT = 0.2

THEMES: Mapping[ThemeName, Theme] = {
    ThemeName.DARK: Theme(
        name="sugarkube-dark",
        primary="#6cb6c9",
        secondary="#8aa0c8",
        accent="#d9a55b",
        success="#7fbf7f",
        warning="#e0b354",
        error="#e0706c",
        foreground="#d5dbe0",
        background="#14181c",
        surface="#191e23",
        panel="#222930",
        dark=True,
        variables={
            "muted": "#a5acb2",
            "rule": "#444a4f",
            "field": "#23282c",
            "selection": "#273a43",
            "input-selection-background": "#345a66",
        },
    ),
    ThemeName.LIGHT: Theme(
        name="sugarkube-light",
        primary="#0b6277",
        secondary="#3b4f80",
        accent="#7a4a00",
        success="#1d6b2a",
        warning="#7a4d00",
        error="#a81f1c",
        foreground="#1f262b",
        background="#fbfbf9",
        surface="#f3f4f2",
        panel="#e6e9e8",
        dark=False,
        variables={
            "muted": "#4f575d",
            "rule": "#a9b0b4",
            "field": "#eaedec",
            "selection": "#cfe5ea",
            "input-selection-background": "#a9d3dc",
            "text-primary": "#0b5365",
            "text-accent": "#6d4200",
            "text-success": "#1a5c25",
            "text-warning": "#6d4400",
            "text-error": "#991b18",
        },
    ),
    ThemeName.HIGH_CONTRAST: Theme(
        name="sugarkube-high-contrast",
        primary="#5fe3ff",
        secondary="#b9c8ff",
        accent="#ffd75f",
        success="#6dff8a",
        warning="#ffe14d",
        error="#ff9a94",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#1a1a1a",
        dark=True,
        variables={
            "muted": "#dddddd",
            "rule": "#ffffff",
            "field": "#262626",
            "selection": "#00344c",
            "input-selection-background": "#00566e",
            "text-primary": "#5fe3ff",
            "text-accent": "#ffd75f",
            "text-success": "#6dff8a",
            "text-warning": "#ffe14d",
            "text-error": "#ffb3ae",
        },
    ),
    # The terminal's own sixteen colours on its own background, which may be dark or light: a highlighted row
    # is reversed, the focus has a heavy border, and nothing is told by a shade. No text is blue: on black,
    # many terminals' blue cannot be read.
    ThemeName.ANSI: Theme(
        name="sugarkube-ansi",
        ansi=True,
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "muted": "ansi_default",
            "rule": "ansi_default",
            "field": "ansi_default",
            "selection": "ansi_default",
            **{f"{name}-tint": "ansi_default" for name in TINTED},
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "focus-border": "heavy ansi_default",
            "text-primary": "ansi_default",
            "border-blurred": "ansi_default",
            "scrollbar-background": "ansi_default",
            "footer-key-foreground": "ansi_default",
        },
    ),
}


def variables_of(colours: Mapping[str, str]) -> dict[str, str]:
    """Our own variables for a theme that does not give them itself, such as one of Textual's.

    Args:
        colours: the theme's variables by their names.
    """
    background = Color.parse(colours["background"])
    foreground, primary = Color.parse(colours["foreground"]), Color.parse(colours["primary"])
    return {
        "muted": background.blend(foreground, 0.7).hex,
        "rule": background.blend(foreground, 0.25).hex,
        "field": background.blend(foreground, 0.08).hex,
        "selection": background.blend(primary, 0.28).hex,
        "focus-border": f"round {primary.hex}",
        **{f"{name}-tint": background.blend(Color.parse(colours[name]), TINT).hex for name in TINTED},
    }
