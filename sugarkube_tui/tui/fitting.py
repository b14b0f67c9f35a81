"""The program as the operator and the terminal want it: colours, signs, animations and keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter, NoColor

from sugarkube_tui.store.settings import Animations, Glyphs, Settings, ThemeName
from sugarkube_tui.tui.ascii import Ascii
from sugarkube_tui.tui.key import Keymap, written
from sugarkube_tui.tui.key_names import KeyNames
from sugarkube_tui.tui.terminal import Terminal
from sugarkube_tui.tui.themes import THEMES, variables_of


@dataclass(frozen=True, slots=True)
class Fit:
    """What the program has to fit.

    Attributes:
        settings: what the operator prefers.
        keymap: other keys than the built-in ones, as `read_keymap` gives them.
        terminal: where it runs.
    """

    settings: Settings
    keymap: Keymap
    terminal: Terminal


class FittedApp(App[int]):
    """An app that keeps to settings and terminal; it knows nothing of clusters."""

    _theme_is_chosen = False

    def __init__(self, fit: Fit) -> None:
        super().__init__()
        self.settings = settings = fit.settings
        self.keymap = fit.keymap
        self.key_names = KeyNames(fit.keymap)
        self.terminal = terminal = fit.terminal
        self.ascii_only = settings.glyphs is Glyphs.ASCII or (
            settings.glyphs is Glyphs.AUTO and not terminal.shows_signs
        )
        self._own_filters: list[LineFilter] = [
            *([NoColor()] if self.no_color else []),
            *([Ascii()] if self.ascii_only else []),
        ]
        for theme in THEMES.values():
            self.register_theme(theme)
        self._choose_theme()
        self._choose_animations()

    def _choose_theme(self) -> None:
        if self.no_color:
            self.use_theme(ThemeName.ANSI)
        elif self.settings.theme is not None:
            self.use_theme(self.settings.theme)
        elif "TEXTUAL_THEME" not in os.environ:
            # As dark as what Textual begins with: told as a change, it would have all styles parsed twice
            # before the first frame.
            self.set_reactive(App.theme, THEMES[ThemeName.DARK].name)
        self._theme_is_chosen = True
        self.stylesheet.set_variables(self.get_css_variables())

    def use_theme(self, name: ThemeName) -> None:
        self.theme = THEMES[name].name

    def _choose_animations(self) -> None:
        wanted = self.settings.animations
        if wanted is Animations.AUTO and self.terminal.remote and "TEXTUAL_ANIMATIONS" not in os.environ:
            wanted = Animations.OFF
        if wanted is not Animations.AUTO:
            self.animation_level = "full" if wanted is Animations.ON else "none"

    async def on_mount(self) -> None:
        self.set_keymap(self.keymap)
        self.send(self.terminal.save_title())

    async def on_unmount(self) -> None:
        self.send(self.terminal.restore_title())

    def send(self, sequence: str) -> None:
        """Write something to the terminal that is not on the screen."""
        if sequence and self._driver is not None:
            self._driver.write(sequence)

    # -- what Textual asks for

    def get_css_variables(self) -> dict[str, str]:
        # Textual asks as it begins, too, for a theme that is not the one: the first frame waits for that.
        if self._theme_is_chosen:
            colours = super().get_css_variables()
            self.theme_variables = {**variables_of(colours), **colours}
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's own way without colour still sends shades of grey.
        theirs = [] if self.no_color else super().get_line_filters()
        return [*theirs, *self._own_filters]

    def get_key_display(self, binding: Binding) -> str:
        shown = "" if binding.id in self.keymap else binding.key_display
        return shown or written((binding.key,))
